// SPDX-License-Identifier: Apache-2.0
//
// For benchmarks of several nodes: parties founded in folders of a real disk, the real programs run as processes, and
// one line a figure. NOT for programs. One thread, but for what says otherwise.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "truce/base/result.h"
#include "truce/exercise/scenario.h"
#include "truce/node/node.h"

namespace truce::bench {

// Says what failed and ends the benchmark with status 1.
[[noreturn]] void die(const std::string& words);
template <typename T>
T must(Result<T> r) {
  if (!r) die(r.error().to_string());
  return std::move(r).value();
}
inline void must(const Status& s) {
  if (!s) die(s.error().to_string());
}

// Of a clock that only goes forward.
[[nodiscard]] double seconds_now();

// name value unit peer peer_value ratio; without a peer three dashes.
void line(const std::string& name, double value, const std::string& unit, const std::string& peer, double peer_value);
void line(const std::string& name, double value, const std::string& unit);
// The smallest value that `part` of all are not above: 0.5, 0.99, 1. REQUIRES: !values.empty().
[[nodiscard]] double quantile(std::vector<double> values, double part);

// The n-th number of the command line (from 1 on), or what it is otherwise.
[[nodiscard]] std::int64_t argument(int argc, char** argv, int n, std::int64_t otherwise);

// A program of this build: "truce". The benchmark lies in BUILD/bench.
[[nodiscard]] std::string program(const std::string& name);

// What a process was, once it has ended.
struct Ended {
  int status = 0;  // exit status; -1: a signal
  double seconds = 0;
  double memory_mib = 0;  // the most that was resident
  std::string out;        // what it printed
};
// Runs a program to its end; its standard error is thrown away where it ends with 0.
[[nodiscard]] Ended run(const std::vector<std::string>& words);
// The same; any status but 0 ends the benchmark.
Ended run_well(const std::vector<std::string>& words);

// Does work in a child process, so that its memory is not this one's. Ends the benchmark where it fails.
void in_child(const std::function<void()>& work);

// A process that runs until this goes away (SIGTERM).
class Running {
 public:
  explicit Running(const std::vector<std::string>& words);
  // A child of this process that does `work`, which never returns.
  explicit Running(const std::function<void()>& work);
  ~Running() { stop(); }
  Running(Running&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Running& operator=(Running&&) = delete;
  // Most that was resident, in MiB.
  double stop();

 private:
  pid_t pid_ = -1;
};

// Ports of loopback that nobody uses now.
[[nodiscard]] std::vector<std::uint16_t> free_ports(std::size_t count);
// Waits until somebody listens there; ends the benchmark after 10 s.
void wait_for_port(std::uint16_t port);
[[nodiscard]] std::string url_of(std::uint16_t port);

// A folder under TMPDIR or /tmp that goes away with this; with a node for each party, all in one mechanism, which
// everybody has accepted. Ids that begin with "watch" are observers, the others guarantors. A finding is agreed by two.
class Parties {
 public:
  explicit Parties(std::vector<std::string> ids);
  ~Parties();
  Parties(const Parties&) = delete;
  Parties& operator=(const Parties&) = delete;

  [[nodiscard]] std::string folder(const std::string& id) const { return root_ + '/' + id; }
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }
  [[nodiscard]] std::unique_ptr<node::Node> open(const std::string& id) const;
  // Everybody takes in what the others hold, from folder to folder, until nobody has anything new.
  void settle() const;

 private:
  std::vector<std::string> ids_;
  std::string root_;
  pid_t owner_;
};

// Reports of an exercise, day by day, 1,000 a day: as varied as real ones.
class Reports {
 public:
  Reports();
  // States the next `count` in the node's log, at most ten thousand to a batch.
  void state(node::Node& node, std::int64_t count);
  // States the rest of the current day, at most `count`; how many there were.
  std::int64_t state_day(node::Node& node, std::int64_t count);

 private:
  [[nodiscard]] bool has_more();
  [[nodiscard]] node::Draft next();

  exercise::Scenario scenario_;
  exercise::Day day_;
  std::size_t at_ = 0;  // in the day
};
// The number of statements that a node holds of a log; 0 without one.
[[nodiscard]] std::uint64_t size_held(const std::string& folder, const LogId& log);

}  // namespace truce::bench
