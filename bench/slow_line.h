// SPDX-License-Identifier: Apache-2.0
//
// SlowLine: a line between a port of loopback and another, as bad as it is told to be, for machines whose kernel has no
// tc netem. It carries TCP connections in segments: each direction has a rate and a delay; a lost segment is sent again
// once its loss is noticed, and what comes after it waits, as TCP does it; a window of segments in flight grows with
// what arrives and halves with each loss; and connections are reset now and then. NOT a simulation of any one TCP.

#pragma once

#include <atomic>
#include <cstdint>

#include "bench/parties.h"

namespace truce::bench {

struct SlowLineOptions {
  double bytes_per_s = 8'000;  // each way: 64 kbit/s
  double delay_s = 0.4;        // one way
  double loss = 0.05;          // of segments, each way
  double reset_every_s = 60;   // the oldest connection is reset; 0: never
  std::uint64_t seed = 1;      // of what is lost
};

// What went over the line, both ways together. Wire bytes are those of IP: 40 bytes of headers a segment, an
// acknowledgement for every second one, what was sent again, the opening of connections.
struct SlowLineCounts {
  std::atomic<std::int64_t> payload_bytes = 0, wire_bytes = 0, lost_segments = 0, connections = 0, resets = 0;
};

// In a process of its own, until it goes away.
class SlowLine {
 public:
  SlowLine(std::uint16_t target_port, const SlowLineOptions& options);
  ~SlowLine();
  SlowLine(const SlowLine&) = delete;
  SlowLine& operator=(const SlowLine&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const SlowLineCounts& counts() const { return *counts_; }

 private:
  std::uint16_t port_;
  SlowLineCounts* counts_;
  Running process_;
};

}  // namespace truce::bench
