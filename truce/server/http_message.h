// SPDX-License-Identifier: Apache-2.0
//
// MessageReader takes one message of HTTP/1.1 from bytes as they come, in parts of any size. Within this module only:
// the one place that parses HTTP (Boost.Beast behind it). NOT a connection: it neither reads nor waits. One thread.
//
//   MessageReader reader(MessageReader::Kind::kResponse);
//   TRUCE_TRY(const std::size_t used, reader.put(buffer));   // once with the whole head, later with any bytes
//   if (reader.head_done()) TRUCE_CHECK(reader.set_body_limit(limit));
//
// put() takes nothing of a line that is not whole: keep what it left and put it again with more behind it.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/result.h"
#include "truce/server/http.h"

namespace truce::server {

class MessageReader {
 public:
  enum class Kind { kRequest, kResponse };

  // `without_body`: a response to HEAD. `header_bytes_max`: of start line and headers together.
  explicit MessageReader(Kind kind, std::size_t header_bytes_max = kHeaderBytesMax, bool without_body = false);
  ~MessageReader();
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;

  // How many bytes it took, which may be none. Stops behind the head once, and behind the message. Fails with kSyntax
  // (not HTTP/1.x) and kLimit (headers before head_done(), the body after it); the reader is of no use then.
  // REQUIRES: not done().
  [[nodiscard]] Result<std::size_t> put(std::string_view bytes);
  // The stream has ended. Ok: the message ended with it, done(). Fails with kIo in the middle of a message.
  [[nodiscard]] Status put_end();

  [[nodiscard]] bool head_done() const;
  [[nodiscard]] bool done() const;

  // kLimit at once if the head states a longer body. REQUIRES: head_done(). Default: no body is taken but none.
  [[nodiscard]] Status set_body_limit(std::uint64_t bytes_max);

  // REQUIRES: head_done() for all that follow.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const;
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool is_http_1_0() const;
  [[nodiscard]] int status() const;                  // of a response
  [[nodiscard]] const HttpRequest& request() const;  // of a request; the body as far as it came
  [[nodiscard]] const HttpHeaders& headers() const;  // of both
  [[nodiscard]] std::uint64_t body_bytes() const;    // taken so far
  [[nodiscard]] std::string take_body();
  [[nodiscard]] HttpRequest take_request();

 private:
  class Impl;
  template <bool kIsRequest>
  class Parser;
  std::unique_ptr<Impl> impl_;
};

}  // namespace truce::server
