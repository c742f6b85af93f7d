// SPDX-License-Identifier: Apache-2.0
//
// What HTTP/1.1 carries, as values: a request, a response, an answer that must wait, an address. NOT how it is carried:
// that is http_server.h and http_client.h. Values; any thread.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "truce/base/result.h"

namespace truce::server {

// Largest start line and headers of one message, ours and others': stops headers without an end.
inline constexpr std::size_t kHeaderBytesMax = 16 * 1024;
// Longest URL: what goes into every start line must leave room for the rest of it.
inline constexpr std::size_t kUrlBytesMax = 2048;

// Names in lower case, values without blanks around them. A name may come twice.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of that name (given in lower case); empty if there is none.
[[nodiscard]] std::string_view find_header(const HttpHeaders& headers, std::string_view name);

struct HttpRequest {
  std::string method;  // as sent; a server's handler sees GET for HEAD
  std::string target;  // path and query, as sent: still percent-encoded, not checked for ".."
  std::string body;
  HttpHeaders headers;

  [[nodiscard]] std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  HttpHeaders headers;
  std::string file;             // not empty: the first file_size bytes of this file are the body; streamed
  std::uint64_t file_size = 0;  // a file that is shorter is answered with 500

  [[nodiscard]] std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

// text/plain of one line; the line end is added.
[[nodiscard]] HttpResponse text_response(int status, std::string_view line);

// The answer of a long poll: `ready` is asked at once, every 100 ms and after HttpServer::notify(); the first response
// it gives is sent. After `timeout_ms` `late` is sent. `ready` must not block.
struct Waiting {
  std::int64_t timeout_ms = 0;
  std::function<std::optional<HttpResponse>()> ready;
  HttpResponse late;
};

using HttpAnswer = std::variant<HttpResponse, Waiting>;

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Called by one thread at a time and holds up every connection of its server while it runs. May throw: that is
  // answered with 500.
  [[nodiscard]] virtual HttpAnswer handle(const HttpRequest& request) = 0;
};

// Where a peer is: http://host[:port][/path] or https://. Without user, query and fragment.
struct Url {
  bool tls = false;
  std::string host;        // lower case; an IPv6 address without its brackets, in its shortest form
  std::uint16_t port = 0;  // never 0 after parse()
  std::string path;        // empty, or begins with '/' and ends with none: targets are put behind it

  // Fails with kInvalidArgument (which says what is not taken), kLimit. Refused: other schemes, user info, queries,
  // fragments, blanks and control characters, letters beyond ASCII (write xn--), host names that look like numbers but
  // are no IPv4 address, empty, "." and ".." parts of the path. to_string() of the result parses to the same.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  // The port only where it is not that of the scheme.
  [[nodiscard]] std::string to_string() const;
  // As the Host header has it: brackets around IPv6, the port only where it is not that of the scheme.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] bool host_is_address() const;

  friend bool operator==(const Url&, const Url&) = default;
};

}  // namespace truce::server
