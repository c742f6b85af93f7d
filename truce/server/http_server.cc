// SPDX-License-Identifier: Apache-2.0

#include "truce/server/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "truce/server/channel.h"
#include "truce/server/compression.h"
#include "truce/server/file_descriptor.h"
#include "truce/server/http_message.h"
#include "truce/server/http_response.h"
#include "truce/server/pace.h"

namespace truce::server {
namespace {

// How often long polls are asked and time limits are looked at.
constexpr std::int64_t kTickUs = 100'000;
// What is read at once, and of a file sent at once.
constexpr std::size_t kPieceBytes = 64 * 1024;
// Responses that are gathered before they are sent; stops a pipeline of requests from filling the memory.
constexpr std::size_t kGatherBytes = 64 * 1024;
// Requests of one connection that are answered before the others have their turn.
constexpr int kTurnRequestCount = 64;
// After its last response a connection is read from for so long, so that the response is not lost to a reset.
constexpr std::int64_t kLingerUs = 2'000'000;
constexpr std::uint64_t kLingerBytesMax = std::uint64_t{8} << 20;
// Connections above the limit that are told so; further ones are closed without a word.
constexpr std::size_t kRefusedCountMax = 32;

constexpr std::uint64_t kListenerId = 0;
constexpr std::uint64_t kWakeId = 1;
constexpr std::uint64_t kFirstSessionId = 2;

std::string errno_text() {
  return std::system_category().message(errno);
}

enum class Stage {
  kHandshake,
  kServing,  // reads, answers, writes
  kWaiting,  // a long poll
  kLinger,   // has been told all; waits for the peer to close
};

struct Session {
  std::unique_ptr<Channel> channel;
  Stage stage = Stage::kServing;
  bool refused = false;      // one too many: is told so
  bool close_after = false;  // when `out` and the file are sent

  std::string in;
  std::size_t in_used = 0;
  MessageReader reader{MessageReader::Kind::kRequest};
  bool reading = false;  // some of a request has come
  std::uint64_t body_counted = 0;
  ResponseForm form;

  std::string out;
  std::size_t out_sent = 0;
  FileDescriptor file;
  std::uint64_t file_offset = 0;
  std::uint64_t file_left = 0;

  std::int64_t idle_until_us = 0;
  Allowance request_time;
  Allowance send_time;
  bool sending = false;  // send_time runs
  std::uint64_t delivered = 0;
  Waiting waiting;
  bool ask = false;  // waiting.ready is due
  std::int64_t wait_until_us = 0;
  std::int64_t linger_until_us = 0;
  std::uint64_t lingered = 0;
  std::uint32_t events = 0;

  [[nodiscard]] bool waits_full() const { return stage == Stage::kWaiting && in.size() - in_used >= kPieceBytes; }
  [[nodiscard]] bool has_output() const { return out_sent < out.size() || file_left > 0; }
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions o, HttpHandler& h) : options_(std::move(o)), handler_(h) {}
  ~Impl() { stop(); }

  Status start();
  void stop();
  void notify();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connection_count() const { return count_.load(); }

 private:
  enum class Step { kAgain, kBlocked, kClose };

  Status listen();
  Status watch(int fd, std::uint64_t id, std::uint32_t events, int operation);
  void run();
  void accept_all(std::int64_t now_us);
  void open_session(int fd, std::int64_t now_us);
  void serve(std::uint64_t id, bool broken = false);
  void tick(std::int64_t now_us);
  [[nodiscard]] bool in_time(Session& s, std::int64_t now_us);

  // Each does what it can without blocking.
  Step advance(Session& s);
  Step handshake(Session& s);
  Step flush(Session& s);
  Step receive(Session& s);
  Step linger(Session& s);
  // Answers what requests stand whole in `in`. True if it got on.
  bool take_requests(Session& s);
  bool fill_from_file(Session& s);
  void on_head(Session& s);
  void on_request(Session& s);
  void ask_waiting(Session& s, std::int64_t now_us);
  void respond(Session& s, HttpResponse response);
  void refuse(Session& s, int status, std::string_view why);
  void end_request(Session& s);
  [[nodiscard]] std::uint32_t wanted_events(const Session& s) const;

  HttpServerOptions options_;
  HttpHandler& handler_;
  std::optional<TlsContext> tls_;
  FileDescriptor listener_;
  FileDescriptor wake_;
  FileDescriptor epoll_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> notified_ = false;
  std::atomic<std::size_t> count_ = 0;

  // The thread's own.
  std::unordered_map<std::uint64_t, Session> sessions_;
  std::unordered_set<std::uint64_t> unfinished_;  // had their turn with requests left
  std::uint64_t next_id_ = kFirstSessionId;
  std::size_t refused_count_ = 0;
  std::uint64_t bodies_bytes_ = 0;
  bool accepting_ = true;
  std::uint32_t extra_events_ = 0;
  std::string piece_ = std::string(kPieceBytes, '\0');
};

Status HttpServer::Impl::listen() {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(options_.address.c_str(), std::to_string(options_.port).c_str(), &hints, &found);
  if (error != 0) {
    return fail(ErrorCode::kInvalidArgument, "not an IPv4 or IPv6 address of this machine", options_.address);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, ::freeaddrinfo);
  const std::string where = fmt::format("{} port {}", options_.address, options_.port);
  listener_.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (listener_.get() < 0) return fail(ErrorCode::kIo, "no socket: " + errno_text(), where);
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener_.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(listener_.get(), 512) != 0) {
    const ErrorCode code = errno == EADDRINUSE ? ErrorCode::kBusy : ErrorCode::kIo;
    return fail(code, "cannot listen: " + errno_text(), where);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return fail(ErrorCode::kIo, "cannot listen: " + errno_text(), where);
  }
  port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                            : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  return {};
}

Status HttpServer::Impl::watch(int fd, std::uint64_t id, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) return fail(ErrorCode::kIo, "epoll: " + errno_text());
  return {};
}

Status HttpServer::Impl::start() {
  if (options_.tls_certificate.empty() != options_.tls_key.empty()) {
    return fail(ErrorCode::kInvalidArgument, "TLS needs both a certificate and its key");
  }
  if (!options_.tls_certificate.empty()) {
    TRUCE_TRY(tls_, TlsContext::server(options_.tls_certificate, options_.tls_key));
  }
  TRUCE_CHECK(listen());
  wake_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (wake_.get() < 0 || epoll_.get() < 0) return fail(ErrorCode::kIo, "no event loop: " + errno_text());
  TRUCE_CHECK(watch(listener_.get(), kListenerId, EPOLLIN, EPOLL_CTL_ADD));
  TRUCE_CHECK(watch(wake_.get(), kWakeId, EPOLLIN, EPOLL_CTL_ADD));
  // Signals are for the program's own threads.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Status started;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    started = fail(ErrorCode::kIo, std::string("no thread: ") + error.what());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

void HttpServer::Impl::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  notify();
  thread_.join();
  listener_.reset();
}

void HttpServer::Impl::notify() {
  notified_ = true;
  const std::uint64_t one = 1;
  // Fails only when it is full of wakes that were not seen yet.
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

void HttpServer::Impl::run() {
  std::array<epoll_event, 64> events;
  std::int64_t next_tick_us = steady_us() + kTickUs;
  while (!stopping_) {
    int timeout_ms = -1;
    if (!unfinished_.empty()) {
      timeout_ms = 0;
    } else if (!sessions_.empty() || !accepting_) {
      timeout_ms = static_cast<int>(std::max<std::int64_t>(next_tick_us - steady_us(), 0) / 1000 + 1);
    }
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
    const std::unordered_set<std::uint64_t> unfinished = std::exchange(unfinished_, {});
    for (int i = 0; i < n; ++i) {
      const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == kListenerId) {
        accept_all(steady_us());
      } else if (id == kWakeId) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t read = ::read(wake_.get(), &count, sizeof count);
      } else {
        serve(id, (events[static_cast<std::size_t>(i)].events & (EPOLLERR | EPOLLHUP)) != 0);
      }
    }
    for (const std::uint64_t id : unfinished) serve(id);
    const std::int64_t now_us = steady_us();
    if (notified_.exchange(false) || now_us >= next_tick_us) {
      next_tick_us = now_us + kTickUs;
      tick(now_us);
    }
  }
  sessions_.clear();
  count_ = 0;
}

void HttpServer::Impl::accept_all(std::int64_t now_us) {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && watch(listener_.get(), kListenerId, 0, EPOLL_CTL_MOD)) {
        accepting_ = false;  // no descriptors left: again at the next tick
      }
      return;
    }
    const std::size_t serving = sessions_.size() - refused_count_;
    if (serving >= options_.connection_count_max && refused_count_ >= kRefusedCountMax) {
      ::close(fd);
      continue;
    }
    try {
      open_session(fd, now_us);
    } catch (const std::exception&) {
      // Out of memory: its channel has closed it.
    }
  }
}

void HttpServer::Impl::open_session(int fd, std::int64_t now_us) {
  Session s;
  s.channel = std::make_unique<Channel>(fd);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls_ && !s.channel->use_tls_server(*tls_)) return;
  s.stage = tls_ ? Stage::kHandshake : Stage::kServing;
  s.refused = sessions_.size() - refused_count_ >= options_.connection_count_max;
  if (s.refused) refuse(s, 503, "too many connections");
  s.idle_until_us = now_us + (s.refused ? kLingerUs : options_.request_timeout_ms * 1000);
  s.events = EPOLLIN;
  const std::uint64_t id = next_id_++;
  if (!watch(fd, id, s.events, EPOLL_CTL_ADD)) return;
  if (s.refused) ++refused_count_;
  sessions_.emplace(id, std::move(s));
  count_ = sessions_.size();
  serve(id);
}

void HttpServer::Impl::serve(std::uint64_t id, bool broken) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& s = found->second;
  // A long poll does not look at its socket otherwise.
  Step step = broken && s.stage == Stage::kWaiting ? Step::kClose : Step::kAgain;
  try {
    for (int turns = 0; step == Step::kAgain && turns < kTurnRequestCount; ++turns) step = advance(s);
  } catch (...) {
    step = Step::kClose;  // out of memory, or the options' function threw
  }
  if (step == Step::kAgain) unfinished_.insert(id);
  if (step != Step::kClose) {
    const std::uint32_t events = wanted_events(s);
    if (events != s.events) {
      s.events = events;
      if (!watch(s.channel->fd(), id, events, EPOLL_CTL_MOD)) step = Step::kClose;
    }
  }
  if (step == Step::kClose) {
    bodies_bytes_ -= s.body_counted;
    if (s.refused) --refused_count_;
    sessions_.erase(found);
    count_ = sessions_.size();
  }
}

std::uint32_t HttpServer::Impl::wanted_events(const Session& s) const {
  std::uint32_t events = extra_events_;
  const bool sends = s.has_output() && s.stage != Stage::kHandshake && s.stage != Stage::kLinger;
  // Whoever does not read, or sends on and on behind a long poll, is not read from either.
  if (sends) return events | EPOLLOUT;
  return s.waits_full() ? events : events | EPOLLIN;
}

void HttpServer::Impl::tick(std::int64_t now_us) {
  if (!accepting_) accepting_ = static_cast<bool>(watch(listener_.get(), kListenerId, EPOLLIN, EPOLL_CTL_MOD));
  std::vector<std::uint64_t> due;
  for (auto& [id, s] : sessions_) {
    if (s.stage == Stage::kWaiting) s.ask = true;
    if (s.ask || !in_time(s, now_us)) due.push_back(id);
  }
  for (const std::uint64_t id : due) serve(id);
}

// False: has something to do or is to be closed, which serve() does.
bool HttpServer::Impl::in_time(Session& s, std::int64_t now_us) {
  switch (s.stage) {
    case Stage::kHandshake: return now_us < s.idle_until_us;
    case Stage::kLinger: return now_us < s.linger_until_us;
    case Stage::kWaiting:
    case Stage::kServing: break;
  }
  if (s.has_output()) {
    if (!s.sending) return true;
    const std::uint64_t delivered = s.channel->delivered_bytes();
    s.send_time.add(delivered - s.delivered, now_us);
    s.delivered = delivered;
    return !s.send_time.expired(now_us);
  }
  if (s.stage == Stage::kWaiting) return true;
  if (!s.reading) return now_us < s.idle_until_us;
  return !s.request_time.expired(now_us);
}

HttpServer::Impl::Step HttpServer::Impl::advance(Session& s) {
  extra_events_ = 0;
  const std::int64_t now_us = steady_us();
  if (s.stage == Stage::kLinger) return now_us < s.linger_until_us ? linger(s) : Step::kClose;
  if (s.stage == Stage::kHandshake) return now_us < s.idle_until_us ? handshake(s) : Step::kClose;
  if (s.has_output()) {
    const Step step = flush(s);
    if (step == Step::kClose || s.has_output()) {
      return step == Step::kBlocked && !in_time(s, now_us) ? Step::kClose : step;
    }
  }
  if (s.close_after && s.stage == Stage::kServing) {
    s.channel->end_sending();
    s.stage = Stage::kLinger;
    s.linger_until_us = now_us + kLingerUs;
    return Step::kAgain;
  }
  if (s.stage == Stage::kWaiting && std::exchange(s.ask, false)) {
    ask_waiting(s, now_us);
    if (s.stage != Stage::kWaiting) return Step::kAgain;
  }
  if (s.stage == Stage::kServing && take_requests(s)) return Step::kAgain;
  const Step step = receive(s);
  if (step != Step::kBlocked || in_time(s, now_us)) return step;
  if (!s.reading) return Step::kClose;
  refuse(s, 408, "the request did not arrive in time");
  return Step::kAgain;
}

HttpServer::Impl::Step HttpServer::Impl::handshake(Session& s) {
  switch (s.channel->handshake().io) {
    case Io::kDone: s.stage = Stage::kServing; return Step::kAgain;
    case Io::kWantRead: return Step::kBlocked;
    case Io::kWantWrite: extra_events_ = EPOLLOUT; return Step::kBlocked;
    default: return Step::kClose;
  }
}

bool HttpServer::Impl::fill_from_file(Session& s) {
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, s.file_left));
  const ssize_t n = ::pread(s.file.get(), piece_.data(), wanted, static_cast<off_t>(s.file_offset));
  if (n <= 0) return false;  // shorter than it was, or the disk fails: the length is promised, so the connection ends
  s.out.append(piece_.data(), static_cast<std::size_t>(n));
  s.file_offset += static_cast<std::uint64_t>(n);
  s.file_left -= static_cast<std::uint64_t>(n);
  if (s.file_left == 0) s.file.reset();
  return true;
}

HttpServer::Impl::Step HttpServer::Impl::flush(Session& s) {
  if (!s.sending) {
    s.sending = true;
    s.delivered = s.channel->delivered_bytes();
    s.send_time = Allowance(steady_us(), options_.send_timeout_ms, options_.send_bytes_per_s_min);
  }
  // A few pieces, then it is the others' turn.
  for (int pieces = 0; pieces < 8; ++pieces) {
    if (s.out_sent == s.out.size()) {
      s.out.clear();
      s.out_sent = 0;
      if (s.out.capacity() > 4 * kGatherBytes) s.out.shrink_to_fit();
    }
    if (s.file_left > 0 && s.out.size() - s.out_sent < kPieceBytes && !fill_from_file(s)) return Step::kClose;
    if (s.out.empty()) {
      s.sending = false;
      s.idle_until_us = steady_us() + options_.idle_timeout_ms * 1000;
      return Step::kAgain;
    }
    const IoResult result = s.channel->write(std::string_view(s.out).substr(s.out_sent));
    switch (result.io) {
      case Io::kDone: s.out_sent += result.bytes; break;
      case Io::kWantWrite: return Step::kBlocked;
      case Io::kWantRead: extra_events_ = EPOLLIN; return Step::kBlocked;
      default: return Step::kClose;
    }
  }
  return Step::kAgain;
}

HttpServer::Impl::Step HttpServer::Impl::receive(Session& s) {
  if (s.waits_full()) return Step::kBlocked;
  const IoResult result = s.channel->read(piece_.data(), piece_.size());
  switch (result.io) {
    case Io::kDone: break;
    case Io::kWantRead: return Step::kBlocked;
    case Io::kWantWrite: extra_events_ = EPOLLOUT; return Step::kBlocked;
    default: return Step::kClose;  // whole requests have been answered; of a long poll the peer is gone
  }
  if (s.in_used > 0) {
    s.in.erase(0, s.in_used);
    s.in_used = 0;
  }
  s.in.append(piece_.data(), result.bytes);
  if (!s.reading && s.stage == Stage::kServing) {
    s.reading = true;
    s.request_time = Allowance(steady_us(), options_.request_timeout_ms, options_.request_bytes_per_s_min);
  }
  return Step::kAgain;
}

HttpServer::Impl::Step HttpServer::Impl::linger(Session& s) {
  const IoResult result = s.channel->read(piece_.data(), piece_.size());
  if (result.io == Io::kWantRead) return Step::kBlocked;
  if (result.io != Io::kDone) return Step::kClose;
  s.lingered += result.bytes;
  return s.lingered > kLingerBytesMax ? Step::kClose : Step::kAgain;
}

bool HttpServer::Impl::take_requests(Session& s) {
  bool got_on = false;
  for (int turns = 0; turns < kTurnRequestCount && s.stage == Stage::kServing; ++turns) {
    if (s.in_used == s.in.size() || s.close_after || s.file_left > 0 || s.out.size() >= kGatherBytes) break;
    if (!s.reading) {
      s.reading = true;
      s.request_time = Allowance(steady_us(), options_.request_timeout_ms, options_.request_bytes_per_s_min);
    }
    const bool had_head = s.reader.head_done();
    const Result<std::size_t> used = s.reader.put(std::string_view(s.in).substr(s.in_used));
    if (!used) {
      if (used.error().code != ErrorCode::kLimit) {
        refuse(s, 400, used.error().message);
      } else {
        refuse(s, s.reader.head_done() ? 413 : 431, used.error().message);
      }
      return true;
    }
    s.in_used += *used;
    if (s.in_used == s.in.size()) {
      s.in.clear();
      s.in_used = 0;
    }
    if (*used == 0) break;
    got_on = true;
    if (!had_head && s.reader.head_done()) on_head(s);
    if (s.close_after) break;
    const std::uint64_t more = s.reader.body_bytes() - s.body_counted;
    bodies_bytes_ += more;
    s.body_counted += more;
    s.request_time.add(more, steady_us());
    if (bodies_bytes_ > options_.bodies_bytes_max) {
      refuse(s, 503, "too much is being received at once");
      break;
    }
    if (s.reader.done()) on_request(s);
  }
  return got_on;
}

void HttpServer::Impl::on_head(Session& s) {
  const HttpRequest& request = s.reader.request();
  s.form.head = request.method == "HEAD";
  s.form.http_1_0 = s.reader.is_http_1_0();
  s.form.zstd = accepts_zstd(request.header("accept-encoding"));
  std::uint64_t bytes_max = options_.request_body_bytes_max;
  if (options_.request_body_bytes_max_of) {
    bytes_max = options_.request_body_bytes_max_of(request.method, request.target);
  }
  if (const Status allowed = s.reader.set_body_limit(bytes_max); !allowed) {
    refuse(s, 413, allowed.error().message);
    return;
  }
  if (request.header("expect") == "100-continue" && !s.reader.done() && !s.form.http_1_0) {
    s.out += "HTTP/1.1 100 Continue\r\n\r\n";
  }
}

void HttpServer::Impl::on_request(Session& s) {
  HttpRequest request = s.reader.take_request();
  if (s.form.head) request.method = "GET";
  if (!s.reader.keep_alive()) s.close_after = true;
  // From here on the connection waits for us.
  bodies_bytes_ -= std::exchange(s.body_counted, 0);
  s.reading = false;
  HttpAnswer answer;
  try {
    answer = handler_.handle(request);
  } catch (...) {
    answer = text_response(500, "the server failed at this request");
  }
  if (auto* response = std::get_if<HttpResponse>(&answer)) {
    respond(s, std::move(*response));
    return;
  }
  s.waiting = std::move(std::get<Waiting>(answer));
  const std::int64_t now_us = steady_us();
  s.wait_until_us = now_us + std::max<std::int64_t>(s.waiting.timeout_ms, 0) * 1000;
  s.stage = Stage::kWaiting;
  ask_waiting(s, now_us);
}

void HttpServer::Impl::ask_waiting(Session& s, std::int64_t now_us) {
  std::optional<HttpResponse> response;
  try {
    if (s.waiting.ready) response = s.waiting.ready();
  } catch (...) {
    response = text_response(500, "the server failed at this request");
  }
  if (!response && now_us >= s.wait_until_us) response = std::move(s.waiting.late);
  if (!response) return;
  s.stage = Stage::kServing;
  s.waiting = {};
  respond(s, std::move(*response));
}

void HttpServer::Impl::respond(Session& s, HttpResponse response) {
  if (response.status < 200 || response.status > 599)
    response = text_response(500, "the server made no valid response");
  FileDescriptor file;
  if (!response.file.empty()) {
    file.reset(::open(response.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        static_cast<std::uint64_t>(status.st_size) < response.file_size) {
      response = text_response(500, "a file cannot be read");
    }
  }
  if (!response.file.empty() && response.file_size > 0 && !s.form.head) {
    s.file = std::move(file);
    s.file_offset = 0;
    s.file_left = response.file_size;
  }
  s.form.close = s.close_after;
  append_response(s.out, std::move(response), s.form);
  end_request(s);
}

void HttpServer::Impl::refuse(Session& s, int status, std::string_view why) {
  s.close_after = true;
  respond(s, text_response(status, why));
}

void HttpServer::Impl::end_request(Session& s) {
  bodies_bytes_ -= std::exchange(s.body_counted, 0);
  s.reader = MessageReader(MessageReader::Kind::kRequest);
  s.reading = false;
  s.form = {};
  s.idle_until_us = steady_us() + options_.idle_timeout_ms * 1000;
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options, HttpHandler& handler) {
  auto impl = std::make_unique<Impl>(options, handler);
  TRUCE_CHECK(impl->start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

void HttpServer::stop() {
  impl_->stop();
}
void HttpServer::notify() {
  impl_->notify();
}
std::uint16_t HttpServer::port() const {
  return impl_->port();
}
std::size_t HttpServer::connection_count() const {
  return impl_->connection_count();
}

}  // namespace truce::server
