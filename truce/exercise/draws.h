// SPDX-License-Identifier: Apache-2.0
//
// Draws: random numbers by counter, the same on every machine and compiler (base/math.h, no libm). Each stream is named
// by (seed, stream, a, b): what happens to one incident never depends on how many numbers another one took. One draw an
// expression: in which order compilers evaluate the arguments of a call, or two operands, is theirs to choose. NOT for
// keys, and NOT for anything that decides a picture.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace truce::exercise {

class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t stream, std::uint64_t a = 0, std::uint64_t b = 0);

  // 64 bits: a mix (SplitMix64's) of the stream's key and a counter.
  [[nodiscard]] std::uint64_t next();
  // In [0, 1), 53 bits.
  [[nodiscard]] double unit();
  // In [low, high).
  [[nodiscard]] double between(double low, double high);
  // In [0, n). REQUIRES: 0 < n < 2^32.
  [[nodiscard]] std::size_t below(std::size_t n);
  // In [low, high], both ends. REQUIRES: low <= high, less than 2^32 apart.
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high);
  [[nodiscard]] bool chance(double p) { return unit() < p; }
  // Standard normal (Box and Muller), cut at 6.
  [[nodiscard]] double normal();
  // exp(sigma z): median 1.
  [[nodiscard]] double log_normal(double sigma);
  // How far off a point is whose two coordinates are normal with this sigma.
  [[nodiscard]] double radial(double sigma);
  // REQUIRES: 0 <= mean <= 1e7. Exact below 60, rounded normal above.
  [[nodiscard]] std::int64_t poisson(double mean);
  // How many successes before the first failure, for a mean of `mean`, at most `limit`.
  [[nodiscard]] std::int64_t geometric(double mean, std::int64_t limit);
  // An index by weight. REQUIRES: `ascending` holds running sums, not empty, the last above 0.
  [[nodiscard]] std::size_t weighted(std::span<const double> ascending);

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

// Puts running sums in place of weights.
void accumulate_weights(std::span<double> weights);

}  // namespace truce::exercise
