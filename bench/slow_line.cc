// SPDX-License-Identifier: Apache-2.0

#include "bench/slow_line.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <list>
#include <new>
#include <random>
#include <string>

namespace truce::bench {
namespace {

constexpr std::size_t kSegmentBytes = 1448;
constexpr std::int64_t kHeaderBytes = 40;
// Congestion: the first window, and the smallest that a loss is noticed in without a timeout (RFC 5681, RFC 6298).
constexpr double kWindowBegin = 10, kWindowMin = 2;
constexpr std::size_t kNoticedFrom = 4;
constexpr double kTimeoutMinS = 1;
constexpr int kTickMs = 2;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(port);
  return out;
}

// One direction of the line: who sends next.
struct Link {
  double free_at = 0;
};

class Carrier {
 public:
  Carrier(const SlowLineOptions& options, SlowLineCounts& counts)
      : options_(options), counts_(counts), random_(options.seed) {}
  [[noreturn]] void run(int listener, std::uint16_t target_port);

 private:
  struct Segment {
    double at = 0;  // when it arrives
    std::string bytes;
  };
  // One direction of one connection.
  struct Flow {
    int from = -1, to = -1;
    Link* link = nullptr;
    double earliest = 0;              // the connection is open
    double window = kWindowBegin;     // segments
    double last_arrival = 0;          // in order, always
    std::deque<Segment> under_way;    // sent, not arrived
    std::deque<double> acknowledged;  // when the sender hears of them
    bool ended = false, passed_on_end = false;
  };
  struct Connection {
    int client = -1, server = -1;
    Flow up, down;
    double since = 0;
    bool lost = false;
  };

  void accept_one(int listener, std::uint16_t target_port);
  void take(Connection& connection, Flow& flow);
  void give(Connection& connection, Flow& flow);
  double arrival_of(Flow& flow, std::size_t size, double now);
  void close(Connection& connection, bool reset);

  SlowLineOptions options_;
  SlowLineCounts& counts_;
  std::mt19937_64 random_;
  std::list<Connection> connections_;
  Link up_, down_;
};

void Carrier::accept_one(int listener, std::uint16_t target_port) {
  Connection c;
  c.client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (c.client < 0) return;
  c.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // What waits in the kernel is not on the line.
  const int size = 8 * 1024;
  ::setsockopt(c.client, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  ::setsockopt(c.server, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  const sockaddr_in at = loopback(target_port);
  if (::connect(c.server, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    close(c, true);
    return;
  }
  c.since = seconds_now();
  c.up.earliest = c.down.earliest = c.since + 2 * options_.delay_s;
  c.up.from = c.down.to = c.client;
  c.up.to = c.down.from = c.server;
  c.up.link = &up_;
  c.down.link = &down_;
  ++counts_.connections;
  counts_.wire_bytes += 7 * kHeaderBytes;  // three to open, four to close
  connections_.push_back(std::move(c));
}

void Carrier::close(Connection& connection, bool reset) {
  const linger now{1, 0};
  for (const int fd : {connection.client, connection.server}) {
    if (fd < 0) continue;
    if (reset) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd);
  }
}

// Sends a segment, again and again until it is not lost. When its bytes can be read.
double Carrier::arrival_of(Flow& flow, std::size_t size, double now) {
  const auto wire = static_cast<std::int64_t>(size) + kHeaderBytes;
  const double takes_s = static_cast<double>(wire) / options_.bytes_per_s;
  double timeout_s = std::max(kTimeoutMinS, 3 * options_.delay_s), ready = now;
  while (true) {
    const double start = std::max(ready, flow.link->free_at);
    flow.link->free_at = std::max(flow.link->free_at, now) + takes_s;
    counts_.wire_bytes += wire + kHeaderBytes / 2;
    const double arrives = start + takes_s + options_.delay_s;
    if (std::uniform_real_distribution<double>(0, 1)(random_) >= options_.loss) {
      flow.last_arrival = std::max(flow.last_arrival, arrives);
      return flow.last_arrival;
    }
    ++counts_.lost_segments;
    if (flow.acknowledged.size() >= kNoticedFrom) {
      ready = arrives + options_.delay_s;
    } else {
      ready = start + timeout_s;
      timeout_s *= 2;
    }
    flow.window = std::max(kWindowMin, flow.window / 2);
  }
}

void Carrier::take(Connection& connection, Flow& flow) {
  const double now = seconds_now();
  while (!flow.acknowledged.empty() && flow.acknowledged.front() <= now) {
    flow.acknowledged.pop_front();
    flow.window += 1 / flow.window;
  }
  while (!flow.ended && now >= flow.earliest && static_cast<double>(flow.acknowledged.size()) < flow.window) {
    char buffer[kSegmentBytes];
    const ssize_t n = ::recv(flow.from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) connection.lost = true;
    if (n <= 0) flow.ended = true;
    if (n <= 0) return;
    counts_.payload_bytes += n;
    const double at = arrival_of(flow, static_cast<std::size_t>(n), now);
    flow.under_way.push_back({at, std::string(buffer, static_cast<std::size_t>(n))});
    flow.acknowledged.push_back(at + options_.delay_s);
  }
}

void Carrier::give(Connection& connection, Flow& flow) {
  while (!flow.under_way.empty() && flow.under_way.front().at <= seconds_now()) {
    std::string& bytes = flow.under_way.front().bytes;
    const ssize_t n = ::send(flow.to, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) connection.lost = true;
    if (n < 0) return;
    bytes.erase(0, static_cast<std::size_t>(n));
    if (bytes.empty()) flow.under_way.pop_front();
  }
  if (flow.ended && flow.under_way.empty() && !flow.passed_on_end) {
    ::shutdown(flow.to, SHUT_WR);
    flow.passed_on_end = true;
  }
}

void Carrier::run(int listener, std::uint16_t target_port) {
  double reset_at = seconds_now() + options_.reset_every_s;
  while (true) {
    pollfd waits{listener, POLLIN, 0};
    if (::poll(&waits, 1, kTickMs) > 0) accept_one(listener, target_port);
    if (options_.reset_every_s > 0 && seconds_now() > reset_at) {
      reset_at = seconds_now() + options_.reset_every_s;
      if (!connections_.empty()) {
        connections_.front().lost = true;
        ++counts_.resets;
      }
    }
    for (auto c = connections_.begin(); c != connections_.end();) {
      for (Flow* flow : {&c->up, &c->down}) {
        take(*c, *flow);
        give(*c, *flow);
      }
      const bool done = c->up.passed_on_end && c->down.passed_on_end;
      if (done || c->lost) {
        close(*c, c->lost);
        c = connections_.erase(c);
      } else {
        ++c;
      }
    }
  }
}

SlowLineCounts* shared_counts() {
  void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("no memory to share");
  return new (memory) SlowLineCounts;
}

void carry(std::uint16_t port, std::uint16_t target_port, const SlowLineOptions& options, SlowLineCounts& counts) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in at = loopback(port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(listener, 16) != 0)
    die("the line cannot listen");
  Carrier(options, counts).run(listener, target_port);
}

}  // namespace

SlowLine::SlowLine(std::uint16_t target_port, const SlowLineOptions& options)
    : port_(free_ports(1)[0]),
      counts_(shared_counts()),
      process_([this, target_port, options] { carry(port_, target_port, options, *counts_); }) {
  wait_for_port(port_);
}

SlowLine::~SlowLine() {
  process_.stop();
  ::munmap(counts_, 4096);
}

}  // namespace truce::bench
