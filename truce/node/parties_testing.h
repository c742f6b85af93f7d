// SPDX-License-Identifier: Apache-2.0
//
// For tests and simulations: several parties, each with its node, in one file system. All people are invented. NOT for
// programs that anybody relies on: keys come from a seed.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "truce/base/clock.h"
#include "truce/base/memory_files.h"
#include "truce/mechanism/mechanism.h"
#include "truce/node/exchange.h"
#include "truce/node/founding.h"
#include "truce/node/node.h"

namespace truce::node {

// east, north, south guarantors; watch an observer; relief humanitarian, where asked for.
struct TestPartiesOptions {
  std::vector<std::string> ids = {"east", "north", "south", "watch"};
  std::uint64_t seed = 1;
};

class TestParties {
 public:
  explicit TestParties(TestPartiesOptions options = {});

  // Founds: keys, document, acceptance by all.
  [[nodiscard]] Status found();
  [[nodiscard]] std::string folder(const std::string& id) const { return "/" + id; }
  // A fresh look at a party's folder.
  [[nodiscard]] std::unique_ptr<Node> open(const std::string& id);
  // States one invented report, or any statement, in the party's own log.
  Result<StatementId> report(const std::string& id, int number);
  Result<StatementId> state(const std::string& id, Draft draft);
  // `to` takes in what lies in the folder of `from`.
  Result<ReceiveReport> pull(const std::string& to, const std::string& from, const ReceiveOptions& options = {});
  // Everybody from everybody, until nothing new is stated or received; at most `rounds` times.
  [[nodiscard]] Status settle(int rounds = 8);

  [[nodiscard]] const std::vector<std::string>& ids() const { return options_.ids; }
  [[nodiscard]] const std::string& founding() const { return founding_; }
  [[nodiscard]] World world() { return {&files_, &clock_, &random_}; }

  FixedClock& clock() { return clock_; }
  MemoryFileSystem& files() { return files_; }

 private:
  TestPartiesOptions options_;
  FixedClock clock_{Instant{1'800'000'000'000}};
  MemoryFileSystem files_{clock_};
  SeededRandom random_;
  std::string founding_;
};

// The body of a report that `number` makes its own.
[[nodiscard]] Json invented_report(int number, Instant at);

}  // namespace truce::node
