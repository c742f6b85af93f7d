// SPDX-License-Identifier: Apache-2.0
//
// For tests only: a seed that a failing test tells, and numbers drawn from it. NOT for anything that a node does
// (clock.h).

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace truce {

// TRUCE_SEED from the environment, else 20170504; recorded with the running test. Put it into the failure messages.
[[nodiscard]] std::uint64_t logged_seed();

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
class SeededNumbers {
 public:
  explicit SeededNumbers(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next();
  // In [0, bound). REQUIRES: bound > 0. Slightly uneven, which tests do not mind.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  // In [low, high], both ends. REQUIRES: low <= high.
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  // In [0, 1), 53 bits.
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  [[nodiscard]] bool chance(std::uint64_t one_in) { return below(one_in) == 0; }
  // `size` characters out of `alphabet`. REQUIRES: it is not empty.
  [[nodiscard]] std::string text(std::size_t size, std::string_view alphabet);

 private:
  std::uint64_t state_;
};

}  // namespace truce
