// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "truce/base/encoding.h"
#include "truce/server/channel.h"
#include "truce/server/compression.h"
#include "truce/server/http_message.h"
#include "truce/server/pace.h"

namespace truce::server {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
// A connection that was unused for longer is not used again: servers close at 60 s, and a request that meets that is
// lost.
constexpr std::int64_t kUnusedUsMax = 45'000'000;
// Interim responses (1xx) before the one that counts: stops a peer that sends nothing else.
constexpr int kInterimCountMax = 16;
// While bytes are on their way to the peer, how often their arrival is looked at.
constexpr std::int64_t kDeliveryUs = 200'000;
// Pauses before a lost request is sent again, times 4 each.
constexpr std::int64_t kFirstPauseMs = 20;

std::string errno_text(int error) {
  return std::system_category().message(error);
}

// Waits for `events`, at most until `until_us`. 0 when the time is over.
short wait_for(int fd, short events, std::int64_t until_us) {
  pollfd entry{fd, events, 0};
  const std::int64_t left_us = until_us - steady_us();
  const int timeout_ms = left_us <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left_us / 1000 + 1, 60'000));
  return ::poll(&entry, 1, timeout_ms) > 0 ? entry.revents : short{0};
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_target(std::string_view text) {
  return !text.empty() && text.front() == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

// What is asked for, one request after the other.
struct Batch {
  std::size_t count = 1;
  std::function<void(std::size_t i, std::string& out)> append;
  bool head = false;
  bool repeatable = true;
  std::uint64_t limit_bytes = 0;
  std::int64_t grace_ms = 0;
  std::function<Status(std::size_t i, HttpResponse response)> take;
};

enum class Ended {
  kFinished,  // every response is taken
  kClosed,    // in good order behind a response; more are missing
  kLost,      // error says how
  kFailed,    // error says why; asking again is of no use
};

struct Outcome {
  Ended ended = Ended::kFinished;
  Error error;
};

Outcome failed(Error error) {
  return {Ended::kFailed, std::move(error)};
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl(Url url, HttpClientOptions options) : url_(std::move(url)), options_(std::move(options)) {
    where_ = url_.to_string();
    const std::int64_t now_us = steady_us();
    up_ = TokenBucket(options_.max_rate_bytes_per_s, now_us);
    down_ = TokenBucket(options_.max_rate_bytes_per_s, now_us);
  }

  [[nodiscard]] Status run(const Batch& batch);
  [[nodiscard]] Status append_request(std::string& out, std::string_view method, std::string_view target,
                                      std::string_view body, std::string_view content_type,
                                      const HttpHeaders& headers) const;
  void disconnect();
  [[nodiscard]] const Url& url() const { return url_; }
  [[nodiscard]] const HttpClientOptions& options() const { return options_; }

 private:
  Status connect();
  Result<std::unique_ptr<Channel>> connect_socket(std::int64_t until_us);
  // Whether the peer still holds the connection and has said nothing unasked.
  bool is_fresh();
  // Asks for `done` and what follows; raises `done` with each response taken.
  Outcome exchange(const Batch& batch, std::size_t& done, std::size_t in_flight_max);
  // A whole response that is in `reader`.
  Status deliver(const Batch& batch, std::size_t i, MessageReader& reader);

  Url url_;
  HttpClientOptions options_;
  std::string where_;
  std::optional<TlsContext> tls_;
  std::unique_ptr<Channel> channel_;
  std::int64_t used_us_ = 0;
  TokenBucket up_;
  TokenBucket down_;
  std::string piece_ = std::string(kPieceBytes, '\0');
};

void HttpClient::Impl::disconnect() {
  channel_.reset();
}

bool HttpClient::Impl::is_fresh() {
  if (steady_us() - used_us_ > kUnusedUsMax) return false;
  char byte = 0;
  return channel_->read(&byte, 1).io == Io::kWantRead;
}

Result<std::unique_ptr<Channel>> HttpClient::Impl::connect_socket(std::int64_t until_us) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(url_.host.c_str(), std::to_string(url_.port).c_str(), &hints, &found);
  if (error != 0) {
    return fail(ErrorCode::kIo, std::string("the host is not found: ") + ::gai_strerror(error), where_);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  std::string why = "no address";
  std::int64_t count = 0;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) ++count;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next, --count) {
    const int fd = ::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      why = errno_text(errno);
      continue;
    }
    auto channel = std::make_unique<Channel>(fd);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int result = ::connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
    if (result == EINPROGRESS) {
      // Each address has its share of the time.
      const std::int64_t now_us = steady_us();
      const std::int64_t share_until_us = now_us + std::max<std::int64_t>(until_us - now_us, 0) / count;
      if (wait_for(fd, POLLOUT, share_until_us) == 0) {
        result = ETIMEDOUT;
      } else {
        socklen_t size = sizeof result;
        if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size) != 0) result = errno;
      }
    }
    if (result == 0) return channel;
    why = errno_text(result);
  }
  return fail(ErrorCode::kIo, "cannot connect: " + why, where_);
}

Status HttpClient::Impl::connect() {
  const std::int64_t until_us = steady_us() + options_.connect_timeout_ms * 1000;
  if (url_.tls && !tls_) {
    TRUCE_TRY(tls_, TlsContext::client(options_.ca_file));
  }
  TRUCE_TRY(auto channel, connect_socket(until_us));
  if (url_.tls) {
    TRUCE_CHECK(channel->use_tls_client(*tls_, url_.host, url_.host_is_address()));
    for (;;) {
      const Io io = channel->handshake().io;
      if (io == Io::kDone) break;
      if (io != Io::kWantRead && io != Io::kWantWrite) {
        return fail(ErrorCode::kIo, "no TLS connection: " + channel->what(), where_);
      }
      if (steady_us() >= until_us) return fail(ErrorCode::kIo, "no TLS connection: the peer is too slow", where_);
      wait_for(channel->fd(), io == Io::kWantRead ? POLLIN : POLLOUT, until_us);
    }
  }
  channel_ = std::move(channel);
  used_us_ = steady_us();
  return {};
}

Status HttpClient::Impl::append_request(std::string& out, std::string_view method, std::string_view target,
                                        std::string_view body, std::string_view content_type,
                                        const HttpHeaders& headers) const {
  if (!is_token(method)) return fail(ErrorCode::kInvalidArgument, "not a method of HTTP", quoted(method));
  if (!is_target(target)) return fail(ErrorCode::kInvalidArgument, "not a path to ask a server for", quoted(target));
  out.append(method).append(" ").append(url_.path).append(target).append(" HTTP/1.1\r\nhost: ");
  out.append(url_.authority()).append("\r\nuser-agent: truce\r\naccept-encoding: zstd\r\n");
  const auto append = [&out](std::string_view name, std::string_view value) -> Status {
    if (!is_token(name)) return fail(ErrorCode::kInvalidArgument, "not a header name", quoted(name));
    if (!is_header_value(value)) return fail(ErrorCode::kInvalidArgument, "not a header value", quoted(value));
    out.append(name).append(": ").append(value).append("\r\n");
    return {};
  };
  if (!content_type.empty()) TRUCE_CHECK(append("content-type", content_type));
  for (const auto& [name, value] : headers) TRUCE_CHECK(append(name, value));
  if (!body.empty() || (method != "GET" && method != "HEAD")) {
    TRUCE_CHECK(append("content-length", std::to_string(body.size())));
  }
  out.append("\r\n").append(body);
  return {};
}

Status HttpClient::Impl::deliver(const Batch& batch, std::size_t i, MessageReader& reader) {
  HttpResponse response;
  response.status = reader.status();
  response.headers = reader.headers();
  response.content_type = response.header("content-type");
  response.body = reader.take_body();
  const std::string_view encoding = response.header("content-encoding");
  if (!encoding.empty() && encoding != "identity" && !response.body.empty()) {
    if (encoding != "zstd") {
      return fail(ErrorCode::kIo, "a response in an encoding that was not asked for: " + quoted(encoding), where_);
    }
    auto body = zstd_decompress(response.body, batch.limit_bytes);
    if (!body && body.error().code == ErrorCode::kLimit) {
      return fail(ErrorCode::kLimit, fmt::format("a response of more than {} bytes", batch.limit_bytes), where_);
    }
    if (!body) return fail(ErrorCode::kIo, body.error().message, where_);
    response.body = std::move(*body);
  }
  return batch.take(i, std::move(response));
}

Outcome HttpClient::Impl::exchange(const Batch& batch, std::size_t& done, std::size_t in_flight_max) {
  const auto new_reader = [&batch] {
    return MessageReader(MessageReader::Kind::kResponse, kHeaderBytesMax, batch.head);
  };
  const auto error = [this](ErrorCode code, std::string message) { return Error{code, std::move(message), where_}; };
  std::uint64_t rate_min = options_.rate_bytes_per_s_min;
  if (options_.max_rate_bytes_per_s != 0) rate_min = std::min(rate_min, options_.max_rate_bytes_per_s / 2);

  Channel& channel = *channel_;
  std::string out;
  std::size_t out_sent = 0;
  bool can_send = true;
  std::string in;
  std::size_t asked = done;
  MessageReader reader = new_reader();
  bool limited = false;  // the reader knows how much it may take
  int interim_count = 0;
  Allowance allowance(steady_us(), batch.grace_ms, rate_min);
  std::uint64_t moved = channel.received_bytes() + channel.delivered_bytes();

  // Reads what is in `in`. An outcome if that is the end.
  const auto parse = [&]() -> std::optional<Outcome> {
    std::size_t used = 0;
    while (used < in.size()) {
      if (done == asked) return failed(error(ErrorCode::kIo, "the peer sent what was not asked for"));
      const Result<std::size_t> n = reader.put(std::string_view(in).substr(used));
      if (!n && n.error().code == ErrorCode::kLimit && reader.head_done()) {
        return failed(error(ErrorCode::kLimit, fmt::format("a response of more than {} bytes", batch.limit_bytes)));
      }
      if (!n && n.error().code == ErrorCode::kLimit) return failed(error(ErrorCode::kLimit, n.error().message));
      if (!n) return failed(error(ErrorCode::kIo, n.error().message));
      if (*n == 0) break;
      used += *n;
      if (!reader.head_done()) continue;
      if (reader.status() >= 300 && reader.status() < 400 && reader.status() != 304) {
        return failed(error(ErrorCode::kIo, fmt::format("the peer answered {}, elsewhere: {}", reader.status(),
                                                        quoted(find_header(reader.headers(), "location")))));
      }
      if (!std::exchange(limited, true) && !reader.set_body_limit(batch.limit_bytes)) {
        return failed(error(ErrorCode::kLimit, fmt::format("a response of more than {} bytes", batch.limit_bytes)));
      }
      if (!reader.done()) continue;
      if (reader.status() < 200) {
        if (reader.status() == 101 || ++interim_count > kInterimCountMax) {
          return failed(error(ErrorCode::kIo, "the peer does not come to its response"));
        }
      } else {
        const bool keep = reader.keep_alive();
        const std::int64_t before_us = steady_us();
        if (const Status taken = deliver(batch, done, reader); !taken) return failed(taken.error());
        allowance.excuse(steady_us() - before_us);
        interim_count = 0;
        ++done;
        if (done == batch.count) {
          // A server that has not read all, or says more, is of no further use.
          if (!keep || out_sent < out.size() || used < in.size()) disconnect();
          return Outcome{};
        }
        if (!keep) return Outcome{Ended::kClosed, {}};
      }
      reader = new_reader();
      limited = false;
    }
    in.erase(0, used);
    return std::nullopt;
  };

  for (;;) {
    while (asked < batch.count && asked - done < in_flight_max) batch.append(asked++, out);
    bool progress = false;
    short events = 0;
    std::int64_t now_us = steady_us();
    std::int64_t until_us = allowance.deadline_us();

    if (out_sent < out.size() && can_send) {
      const std::size_t allowed =
          static_cast<std::size_t>(std::min<std::uint64_t>(up_.available(now_us), out.size() - out_sent));
      if (allowed == 0) {
        until_us = std::min(until_us, now_us + up_.wait_us(now_us));
      } else {
        const IoResult result = channel.write(std::string_view(out).substr(out_sent, allowed));
        switch (result.io) {
          case Io::kDone:
            out_sent += result.bytes;
            up_.take(result.bytes);
            progress = true;
            break;
          case Io::kWantRead: events |= POLLIN; break;
          case Io::kWantWrite: events |= POLLOUT; break;
          default: can_send = false; break;  // perhaps it has answered before it closed
        }
      }
      if (out_sent == out.size()) {
        out.clear();
        out_sent = 0;
      }
    }

    const std::size_t allowed =
        static_cast<std::size_t>(std::min<std::uint64_t>(down_.available(now_us), piece_.size()));
    if (allowed == 0) {
      until_us = std::min(until_us, now_us + down_.wait_us(now_us));
    } else {
      const IoResult result = channel.read(piece_.data(), allowed);
      switch (result.io) {
        case Io::kDone:
          down_.take(result.bytes);
          in.append(piece_.data(), result.bytes);
          progress = true;
          break;
        case Io::kWantRead: events |= POLLIN; break;
        case Io::kWantWrite: events |= POLLOUT; break;
        case Io::kClosed:
          // Some bodies end with the connection.
          if (reader.head_done() && !reader.done() && reader.put_end()) {
            if (const Status taken = deliver(batch, done, reader); !taken) return failed(taken.error());
            ++done;
            if (done < batch.count) return {Ended::kClosed, {}};
            disconnect();
            return {};
          }
          return {Ended::kLost, error(ErrorCode::kIo, "the peer closed the connection before its response was whole")};
        case Io::kLost: return {Ended::kLost, error(ErrorCode::kIo, "the connection was lost: " + channel.what())};
      }
    }
    if (!in.empty() && progress) {
      if (auto end = parse()) return std::move(*end);
    }
    now_us = steady_us();
    if (progress && !allowance.expired(now_us)) continue;

    const std::uint64_t moved_now = channel.received_bytes() + channel.delivered_bytes();
    allowance.add(moved_now - moved, now_us);
    moved = moved_now;
    if (allowance.expired(now_us)) {
      return failed(error(ErrorCode::kIo, fmt::format("the peer is too slow: less than {} bytes a second after {} ms",
                                                      rate_min, batch.grace_ms)));
    }
    if (progress) continue;
    if (options_.cancel != nullptr && *options_.cancel)
      return failed(error(ErrorCode::kBusy, "given up: this program is ending"));
    wait_for(channel.fd(), events, std::min(until_us, now_us + kDeliveryUs));
  }
}

Status HttpClient::Impl::run(const Batch& batch) {
  std::size_t done = 0;
  std::size_t in_flight_max = kInFlightCountMax;
  int losses = 0;
  while (done < batch.count) {
    if (channel_ && !is_fresh()) disconnect();
    if (!channel_) TRUCE_CHECK(connect());
    const std::size_t before = done;
    Outcome outcome;
    try {
      outcome = exchange(batch, done, in_flight_max);
    } catch (...) {
      disconnect();
      throw;
    }
    used_us_ = steady_us();
    if (outcome.ended == Ended::kFinished) return {};
    disconnect();
    if (outcome.ended == Ended::kFailed) return fail(std::move(outcome.error));
    if (done > before) {
      losses = 0;
      // A server that closes after so many responses is not asked for more at once.
      in_flight_max = std::min(kInFlightCountMax, std::max<std::size_t>(done - before, 1));
      if (outcome.ended == Ended::kClosed) continue;
    }
    if (!batch.repeatable) return fail(std::move(outcome.error));
    if (++losses > options_.retries_max) {
      outcome.error.message += fmt::format(" ({} times)", losses);
      return fail(std::move(outcome.error));
    }
    std::int64_t pause_ms = kFirstPauseMs;
    for (int i = 1; i < losses && pause_ms < 1000; ++i) pause_ms *= 4;
    const std::int64_t until_us = steady_us() + pause_ms * 1000;
    while (steady_us() < until_us) wait_for(-1, 0, until_us);
  }
  return {};
}

HttpClient::HttpClient(Url peer, HttpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(peer), std::move(options))) {}
HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::request(std::string_view method, std::string_view target, std::string_view body,
                                         std::string_view content_type, std::uint64_t limit_bytes,
                                         const HttpRequestOptions& options) {
  std::string text;
  TRUCE_CHECK(impl_->append_request(text, method, target, body, content_type, options.headers));
  HttpResponse response;
  Batch batch;
  batch.append = [&text](std::size_t, std::string& out) { out += text; };
  batch.head = method == "HEAD";
  batch.repeatable = method == "GET" || method == "HEAD";
  batch.limit_bytes = limit_bytes;
  batch.grace_ms = options.grace_ms > 0 ? options.grace_ms : impl_->options().grace_ms;
  batch.take = [&response](std::size_t, HttpResponse r) -> Status {
    response = std::move(r);
    return {};
  };
  TRUCE_CHECK(impl_->run(batch));
  return response;
}

Status HttpClient::get_all(std::span<const std::string> targets, std::uint64_t limit_bytes,
                           const std::function<Status(std::size_t i, HttpResponse response)>& take) {
  std::string scratch;
  for (const std::string& target : targets) {
    scratch.clear();
    TRUCE_CHECK(impl_->append_request(scratch, "GET", target, {}, {}, {}));
  }
  Batch batch;
  batch.count = targets.size();
  batch.append = [&](std::size_t i, std::string& out) {
    static_cast<void>(impl_->append_request(out, "GET", targets[i], {}, {}, {}));  // has been tried above
  };
  batch.limit_bytes = limit_bytes;
  batch.grace_ms = impl_->options().grace_ms;
  batch.take = take;
  return impl_->run(batch);
}

void HttpClient::disconnect() {
  impl_->disconnect();
}
const Url& HttpClient::url() const {
  return impl_->url();
}

}  // namespace truce::server
