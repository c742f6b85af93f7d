// SPDX-License-Identifier: Apache-2.0
//
// Reports over a bad line (slow_line.h): 64 kbit/s, 800 ms there and back, 5 per cent of the segments lost, connections
// reset every minute. Two real `truce serve`: one holds the reports, the other, beyond the line, follows it. First all
// at once; then one a second while the line is up; then the other way round, pushed by `truce sync --push`. Everything
// must arrive and `truce fsck` find it good. Prints the bytes of the wire for each report, headers of TCP and IP and
// what was sent again included: name value unit peer peer_value ratio; the peer is the statements' own bytes in the
// log. Usage: line_bench [REPORTS [LIVE_REPORTS [ROUND_TRIP_MS]]]   (default 1,000, 60 and 800; files under TMPDIR or
// /tmp)

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "bench/parties.h"
#include "bench/slow_line.h"

namespace truce::bench {
namespace {

constexpr double kPatienceS = 1'800;
const LogId kEast{"east", "main"}, kNorth{"north", "main"};

void wait_for(const std::string& folder, const LogId& log, std::uint64_t size) {
  for (const double end = seconds_now() + kPatienceS; seconds_now() < end;) {
    if (size_held(folder, log) >= size) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  die(fmt::format("only {} of {} statements came", size_held(folder, log), size));
}

// Bytes of a log's last statements.
double own_bytes(const node::Node& node, const LogId& log, std::uint64_t count) {
  auto reader = must(node.reader(log));
  std::uint64_t bytes = 0;
  must(reader.visit(reader.head().size - count, reader.head().size,
                    [&](std::uint64_t, std::string_view entry, const Hash&) {
                      bytes += entry.size();
                      return Status();
                    }));
  return static_cast<double>(bytes);
}

class Bench {
 public:
  explicit Bench(double delay_s) : truce_(program("truce")) {
    options_.delay_s = delay_s;
    in_child([&] { parties_.settle(); });
  }

  // All at once, then one by one.
  void follow(std::int64_t reports, std::int64_t live) {
    in_child([&] { Reports().state(*parties_.open("east"), reports); });
    const std::uint16_t port = free_ports(1)[0];
    const Running server(
        {truce_, "-C", parties_.folder("east"), "serve", "--listen", "127.0.0.1:" + std::to_string(port)});
    wait_for_port(port);
    const SlowLine slow(port, options_);
    const Running follower({truce_, "-C", parties_.folder("north"), "serve", "--peer", url_of(slow.port())});
    measured("line.all_at_once", slow, reports, [&] { arrive(kEast); });
    if (live > 0) {
      Reports more;
      measured("line.one_a_second", slow, live, [&] {
        for (std::int64_t i = 0; i < live; ++i) {
          const double next = seconds_now() + 1;
          more.state(*parties_.open("east"), 1);
          std::this_thread::sleep_for(std::chrono::duration<double>(std::max(0.0, next - seconds_now())));
        }
        arrive(kEast);
      });
    }
  }

  void push(std::int64_t reports) {
    in_child([&] { Reports().state(*parties_.open("north"), reports); });
    const std::uint16_t port = free_ports(1)[0];
    const Running server(
        {truce_, "-C", parties_.folder("east"), "serve", "--listen", "127.0.0.1:" + std::to_string(port)});
    wait_for_port(port);
    const SlowLine slow(port, options_);
    measured("line.pushed", slow, reports, [&] {
      while (run({truce_, "-C", parties_.folder("north"), "sync", "--push", url_of(slow.port())}).status != 0) {
      }
      wait_for(parties_.folder("east"), kNorth, size_held(parties_.folder("north"), kNorth));
    });
  }

  // Good at both ends.
  void check() const {
    for (const char* id : {"east", "north"}) run_well({truce_, "-C", parties_.folder(id), "fsck"});
  }

 private:
  void arrive(const LogId& log) const {
    wait_for(parties_.folder("north"), log, size_held(parties_.folder("east"), log));
  }
  template <typename Work>
  void measured(const std::string& name, const SlowLine& slow, std::int64_t reports, const Work& work) {
    const SlowLineCounts& c = slow.counts();
    const std::int64_t wire = c.wire_bytes, payload = c.payload_bytes, lost = c.lost_segments, resets = c.resets;
    const double begin = seconds_now();
    work();
    const double n = static_cast<double>(reports), took = seconds_now() - begin;
    const LogId& log = name == "line.pushed" ? kNorth : kEast;
    const double own = own_bytes(*parties_.open(log.party), log, static_cast<std::uint64_t>(reports));
    line(name, static_cast<double>(c.wire_bytes - wire) / n, "bytes/report", "in-the-log", own / n);
    line(name + ".payload", static_cast<double>(c.payload_bytes - payload) / n, "bytes/report", "in-the-log", own / n);
    line(name + ".time", took, "s", "reports", n);
    line(name + ".lost_segments", static_cast<double>(c.lost_segments - lost), "segments");
    line(name + ".resets", static_cast<double>(c.resets - resets), "connections");
  }

  Parties parties_{{"east", "north"}};
  std::string truce_;
  SlowLineOptions options_;
};

}  // namespace
}  // namespace truce::bench

int main(int argc, char** argv) {
  using truce::bench::argument;
  const std::int64_t reports = std::max<std::int64_t>(1, argument(argc, argv, 1, 1'000));
  truce::bench::Bench bench(static_cast<double>(argument(argc, argv, 3, 800)) / 2'000);
  bench.follow(reports, argument(argc, argv, 2, 60));
  bench.push(reports);
  bench.check();
  return 0;
}
