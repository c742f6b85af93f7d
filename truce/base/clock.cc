// SPDX-License-Identifier: Apache-2.0

#include "truce/base/clock.h"

#include <sodium.h>

#include <chrono>

#include "truce/base/sha256.h"

namespace truce {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return Instant{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
  }
};

class SystemRandom final : public Random {
 public:
  std::string bytes(std::size_t size) override {
    std::string out(size, '\0');
    randombytes_buf(out.data(), out.size());
    return out;
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

Random& system_random() {
  static const bool ready = sodium_init() >= 0;
  static_cast<void>(ready);
  static SystemRandom random;
  return random;
}

std::string SeededRandom::bytes(std::size_t size) {
  std::string out;
  while (out.size() < size) {
    const Hash h = sha256("truce seeded random " + std::to_string(seed_) + " " + std::to_string(counter_++));
    out.append(h.view().substr(0, std::min<std::size_t>(32, size - out.size())));
  }
  return out;
}

}  // namespace truce
