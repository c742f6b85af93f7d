// SPDX-License-Identifier: Apache-2.0
//
// run(): one simulated record from one seed: parties, crashes, restores, liars, then healing, then checks
// (docs/reliability.md). The same seed gives the same steps to the byte, alone or among others.
//
// For tests and the program truce-sim alone. One thread of a process at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace truce::sim {

struct Options {
  std::uint64_t seed = 1;
  bool silence = false;                         // a run of silence, as every fourth is without it
  std::string broken;                           // a name of broken_ways(): the node is broken on purpose; empty: not
  std::function<void(std::string_view)> trace;  // a line each step; may be empty
};

struct Counts {
  std::uint64_t seeds = 0, steps = 0, statements = 0;  // statements: acknowledged
  std::uint64_t exchanges = 0, cut_short = 0, bundles = 0, imports = 0;
  std::uint64_t crashes = 0, failed_writes = 0, restores_told = 0, restores_untold = 0, twins = 0;
  std::uint64_t forks_made = 0, forks_caught = 0;  // logs; caught: by every honest party
  std::uint64_t lies = 0, witness_asked = 0;
  std::uint64_t amendments = 0, in_force = 0, refused_for_good = 0,
                by_silence = 0;  // by_silence: parties counted as silent, in final pictures
  std::uint64_t with_disk = 0;   // acknowledged, given to nobody, and gone with a disk that a backup replaced
  std::uint64_t withheld = 0;    // nodes that could not recover, as liars alone held their newest statements
  std::uint64_t settled_checked = 0, pictures = 0;
  std::uint64_t compared = 0;  // nodes whose documents in force were held against the fold's and the verifier's
  std::uint64_t lost = 0;

  void add(const Counts& other);
  // Canonical JSON.
  [[nodiscard]] std::string to_json() const;
};

struct Violation {
  std::uint64_t step = 0;
  std::string check;  // acknowledged, own-fork, mirror, receipt, picture, fork-caught, accused, consent, settled,
                      // cosigned, stuck
  std::string what;
};

struct Outcome {
  Counts counts;
  std::optional<Violation> violation;
};

[[nodiscard]] Outcome run(const Options& options);

// Ways to break a node on purpose, each of which a check must find.
struct BrokenWay {
  std::string_view name, what, checks;  // which of the checks may be the first to find it
  std::uint64_t within_seeds;
};
[[nodiscard]] const std::vector<BrokenWay>& broken_ways();

}  // namespace truce::sim
