// SPDX-License-Identifier: Apache-2.0

#include "truce/base/seed_testing.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace truce {

std::uint64_t logged_seed() {
  const char* given = std::getenv("TRUCE_SEED");
  const std::uint64_t seed = given == nullptr ? 20170504 : std::strtoull(given, nullptr, 10);
  testing::Test::RecordProperty("seed", std::to_string(seed));
  return seed;
}

std::uint64_t SeededNumbers::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::string SeededNumbers::text(std::size_t size, std::string_view alphabet) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += alphabet[below(alphabet.size())];
  return out;
}

}  // namespace truce
