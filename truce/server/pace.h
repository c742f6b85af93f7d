// SPDX-License-Identifier: Apache-2.0
//
// How long a peer may take (Allowance) and how fast we may go (TokenBucket). NOT clocks: times are passed in, as
// microseconds of any steady clock. Values; within this module only.

#pragma once

#include <algorithm>
#include <cstdint>

namespace truce::server {

// A peer has `grace_ms` to begin with; each byte that moves gives it 1/bytes_per_s_min seconds more, but never more
// than the grace from now on. So whoever keeps the rate is never cut, whoever sends a byte a minute is cut soon after
// the grace, and whoever sends much and then stops, too.
class Allowance {
 public:
  Allowance() = default;
  // bytes_per_s_min 0: any byte gives the whole grace again.
  Allowance(std::int64_t now_us, std::int64_t grace_ms, std::uint64_t bytes_per_s_min)
      : grace_us_(grace_ms * 1000), bytes_per_s_min_(bytes_per_s_min), deadline_us_(now_us + grace_us_) {}

  void add(std::uint64_t bytes, std::int64_t now_us) {
    if (bytes == 0) return;
    const auto counted = static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, std::uint64_t{1} << 40));
    const std::int64_t more_us =
        bytes_per_s_min_ == 0 ? grace_us_ : counted * 1'000'000 / static_cast<std::int64_t>(bytes_per_s_min_);
    deadline_us_ = std::max(deadline_us_, std::min(deadline_us_ + more_us, now_us + grace_us_));
  }
  // Time that was ours, not the peer's.
  void excuse(std::int64_t us) { deadline_us_ += us; }
  [[nodiscard]] bool expired(std::int64_t now_us) const { return now_us >= deadline_us_; }
  [[nodiscard]] std::int64_t deadline_us() const { return deadline_us_; }

 private:
  std::int64_t grace_us_ = 0;
  std::uint64_t bytes_per_s_min_ = 0;
  std::int64_t deadline_us_ = 0;
};

// At most `bytes_per_s` on average, with bursts of a tenth of a second. 0: no limit.
class TokenBucket {
 public:
  TokenBucket() = default;
  TokenBucket(std::uint64_t bytes_per_s, std::int64_t now_us)
      : bytes_per_s_(std::min<std::uint64_t>(bytes_per_s, std::uint64_t{1} << 32)), last_us_(now_us) {}

  // Bytes that may move now.
  [[nodiscard]] std::uint64_t available(std::int64_t now_us) {
    if (bytes_per_s_ == 0) return kNoLimit;
    // In millionths of a byte, so that nothing is lost to rounding.
    const std::int64_t elapsed_us = std::clamp<std::int64_t>(now_us - last_us_, 0, 1'000'000);
    last_us_ = now_us;
    micro_tokens_ = std::min(micro_tokens_ + bytes_per_s_ * static_cast<std::uint64_t>(elapsed_us), burst_micro());
    return micro_tokens_ / 1'000'000;
  }
  // REQUIRES: bytes <= available().
  void take(std::uint64_t bytes) {
    if (bytes_per_s_ != 0) micro_tokens_ -= bytes * 1'000'000;
  }
  // How long until a useful piece may move, half a burst. 0: now.
  [[nodiscard]] std::int64_t wait_us(std::int64_t now_us) {
    if (available(now_us) > 0 || bytes_per_s_ == 0) return 0;
    return static_cast<std::int64_t>((burst_micro() / 2 - std::min(micro_tokens_, burst_micro() / 2)) / bytes_per_s_) +
           1;
  }

 private:
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
  [[nodiscard]] std::uint64_t burst_micro() const { return std::max<std::uint64_t>(bytes_per_s_ / 10, 2) * 1'000'000; }

  std::uint64_t bytes_per_s_ = 0;
  std::uint64_t micro_tokens_ = 0;  // starts empty: a new bucket is no burst
  std::int64_t last_us_ = 0;
};

}  // namespace truce::server
