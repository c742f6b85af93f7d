// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/draws.h"

#include <algorithm>

#include "truce/base/math.h"

namespace truce::exercise {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;

// Finaliser of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Draws::Draws(std::uint64_t seed, std::uint64_t stream, std::uint64_t a, std::uint64_t b)
    : key_(mix(mix(mix(mix(seed + kGolden) + stream * kGolden) + a * kGolden) + b * kGolden)) {}

std::uint64_t Draws::next() {
  return mix(key_ + ++counter_ * kGolden);
}

double Draws::unit() {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}

double Draws::between(double low, double high) {
  return low + (high - low) * unit();
}

std::size_t Draws::below(std::size_t n) {
  return static_cast<std::size_t>(((next() >> 32) * static_cast<std::uint64_t>(n)) >> 32);
}

std::int64_t Draws::integer(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(below(static_cast<std::size_t>(high - low) + 1));
}

double Draws::normal() {
  const double u = 1.0 - unit();  // (0, 1]
  const double angle = 2 * math::kPi * unit();
  constexpr double kFarthest = 6;
  return std::clamp(math::sqrt(-2 * math::log(u)) * math::cos(angle), -kFarthest, kFarthest);
}

double Draws::log_normal(double sigma) {
  return math::exp(sigma * normal());
}

double Draws::radial(double sigma) {
  return sigma * math::sqrt(-2 * math::log(1.0 - unit()));
}

std::int64_t Draws::poisson(double mean) {
  constexpr double kExactBelow = 60;
  if (mean >= kExactBelow) return std::max<std::int64_t>(0, math::round_to_integer(mean + math::sqrt(mean) * normal()));
  const double end = math::exp(-mean);
  std::int64_t n = 0;
  for (double product = unit(); product > end; product *= unit()) ++n;
  return n;
}

std::int64_t Draws::geometric(double mean, std::int64_t limit) {
  const double again = mean / (1 + mean);
  std::int64_t n = 0;
  while (n < limit && chance(again)) ++n;
  return n;
}

std::size_t Draws::weighted(std::span<const double> ascending) {
  const double at = unit() * ascending.back();
  const auto it = std::ranges::upper_bound(ascending, at);
  return std::min(static_cast<std::size_t>(it - ascending.begin()), ascending.size() - 1);
}

void accumulate_weights(std::span<double> weights) {
  double sum = 0;
  for (double& w : weights) {
    sum += w;
    w = sum;
  }
}

}  // namespace truce::exercise
