// SPDX-License-Identifier: Apache-2.0
//
// Clock and Random: the only ways to the time of day and to chance. Passed in, so that a whole run replays from a seed;
// nothing else in truce reads either.

#pragma once

#include <cstdint>
#include <string>

#include "truce/base/time.h"

namespace truce {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  // `size` bytes that nobody can guess (system) or that repeat from a seed (tests).
  [[nodiscard]] virtual std::string bytes(std::size_t size) = 0;
};

// The machine's clock and the kernel's randomness. Any thread.
[[nodiscard]] Clock& system_clock();
[[nodiscard]] Random& system_random();

// Stands at a given time until told otherwise.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Instant t) : now_(t) {}
  [[nodiscard]] Instant now() override { return now_; }
  void set(Instant t) { now_ = t; }

 private:
  Instant now_;
};

// SHA-256 in counter mode over the seed: the same bytes on every machine. NOT for keys of a real node.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  [[nodiscard]] std::string bytes(std::size_t size) override;

 private:
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

}  // namespace truce
