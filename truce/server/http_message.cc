// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http_message.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "truce/base/trimmed.h"

namespace truce::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// Longest line within a chunked body that is waited for: stops chunk extensions and trailers without an end.
constexpr std::size_t kChunkLineBytesMax = 16 * 1024;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

class MessageReader::Impl {
 public:
  virtual ~Impl() = default;
  virtual std::size_t put(std::string_view bytes, beast::error_code& ec) = 0;
  virtual void put_eof(beast::error_code& ec) = 0;
  virtual void after_head(std::uint64_t bytes_max) = 0;
  [[nodiscard]] virtual bool got_some() const = 0;
  [[nodiscard]] virtual bool done() const = 0;
  [[nodiscard]] virtual bool keep_alive() const = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> content_length() const = 0;

  std::size_t header_bytes_max = 0;
  std::size_t header_bytes = 0;
  bool head_done = false;
  int version = 0;
  int status = 0;
  std::uint64_t body_bytes = 0;
  HttpRequest message;  // method and target of a request only
};

template <bool kIsRequest>
class MessageReader::Parser final : public MessageReader::Impl, private http::basic_parser<kIsRequest> {
  using Base = http::basic_parser<kIsRequest>;

 public:
  Parser(std::size_t limit, bool without_body) {
    header_bytes_max = limit;
    // One more: whoever is at the limit is told so by this class, not by a syntax error.
    Base::header_limit(static_cast<std::uint32_t>(limit + 1));
    Base::body_limit(boost::none);
    if (without_body) Base::skip(true);
  }

  std::size_t put(std::string_view bytes, beast::error_code& ec) override {
    return Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  }
  void put_eof(beast::error_code& ec) override { Base::put_eof(ec); }
  void after_head(std::uint64_t bytes_max) override {
    Base::body_limit(bytes_max);
    Base::eager(true);
  }
  bool got_some() const override { return Base::got_some(); }
  bool done() const override { return Base::is_done(); }
  bool keep_alive() const override { return Base::keep_alive(); }
  std::optional<std::uint64_t> content_length() const override {
    const auto length = Base::content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  }

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int v,
                       beast::error_code&) override {
    message.method = view(method);
    message.target = view(target);
    version = v;
  }
  void on_response_impl(int code, beast::string_view, int v, beast::error_code&) override {
    status = code;
    version = v;
  }
  void on_field_impl(http::field, beast::string_view name, beast::string_view value, beast::error_code&) override {
    if (head_done) return;  // a trailer: nothing of ours has a meaning there
    std::string lower(view(name));
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    message.headers.emplace_back(std::move(lower), trimmed(view(value)));
  }
  void on_header_impl(beast::error_code&) override { head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, beast::error_code&) override { return keep(body); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, beast::error_code&) override {
    return keep(body);
  }
  void on_finish_impl(beast::error_code&) override {}

  std::size_t keep(beast::string_view body) {
    message.body.append(body.data(), body.size());
    body_bytes += body.size();
    return body.size();
  }
};

MessageReader::MessageReader(Kind kind, std::size_t header_bytes_max, bool without_body) {
  if (kind == Kind::kRequest) {
    impl_ = std::make_unique<Parser<true>>(header_bytes_max, without_body);
  } else {
    impl_ = std::make_unique<Parser<false>>(header_bytes_max, without_body);
  }
}
MessageReader::~MessageReader() = default;
MessageReader::MessageReader(MessageReader&&) noexcept = default;
MessageReader& MessageReader::operator=(MessageReader&&) noexcept = default;

Result<std::size_t> MessageReader::put(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !impl_->done()) {
    const bool was_head = !impl_->head_done;
    beast::error_code ec;
    const std::size_t n = impl_->put(bytes.substr(used), ec);
    used += n;
    if (was_head) {
      impl_->header_bytes += n;
      const std::size_t waiting = impl_->head_done ? 0 : bytes.size() - used;
      if (impl_->header_bytes + waiting > impl_->header_bytes_max || ec == http::error::header_limit) {
        return fail(ErrorCode::kLimit, "headers longer than the limit");
      }
    }
    if (ec == http::error::need_more) {
      if (!was_head && bytes.size() - used > kChunkLineBytesMax) {
        return fail(ErrorCode::kLimit, "a line in a chunked body longer than the limit");
      }
      return used;
    }
    if (ec == http::error::body_limit) return fail(ErrorCode::kLimit, "a body longer than the limit");
    if (ec) return fail(ErrorCode::kSyntax, "not HTTP: " + ec.message());
    if (was_head && impl_->head_done) return used;
  }
  return used;
}

Status MessageReader::put_end() {
  if (impl_->done()) return {};
  beast::error_code ec = http::error::partial_message;
  if (impl_->got_some()) impl_->put_eof(ec);
  if (ec) return fail(ErrorCode::kIo, "the connection ended in the middle of a message");
  return {};
}

bool MessageReader::head_done() const {
  return impl_->head_done;
}
bool MessageReader::done() const {
  return impl_->done();
}

Status MessageReader::set_body_limit(std::uint64_t bytes_max) {
  if (!impl_->done() && impl_->content_length().value_or(0) > bytes_max) {
    return fail(ErrorCode::kLimit, "a body longer than the limit");
  }
  impl_->after_head(bytes_max);
  return {};
}

std::optional<std::uint64_t> MessageReader::content_length() const {
  return impl_->content_length();
}
bool MessageReader::keep_alive() const {
  return impl_->keep_alive();
}
bool MessageReader::is_http_1_0() const {
  return impl_->version == 10;
}
int MessageReader::status() const {
  return impl_->status;
}
const HttpRequest& MessageReader::request() const {
  return impl_->message;
}
const HttpHeaders& MessageReader::headers() const {
  return impl_->message.headers;
}
std::uint64_t MessageReader::body_bytes() const {
  return impl_->body_bytes;
}
std::string MessageReader::take_body() {
  return std::move(impl_->message.body);
}
HttpRequest MessageReader::take_request() {
  return std::move(impl_->message);
}

}  // namespace truce::server
