// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "truce/picture/fold.h"
#include "truce/picture/random_history_testing.h"

namespace truce::picture {
namespace {

// The digest of a fixed log: every change of it is a change of rules version (docs/architecture.md). While the version
// is 0 it may change with a line in CHANGELOG.md.
TEST(GoldenLogTest, DigestIsPinned) {
  mechanism::Mechanism m = two_parties();
  m.parties.resize(1);
  World w(m);
  RandomHistory history(w, 20170504);
  for (int i = 0; i < 400; ++i) history.step();
  std::vector<Hash> blobs;
  Json zone = square_zone(w, "box", blobs);
  w.say(kNorth, "zone", zone, {}, blobs);
  MemoryTables t;
  EXPECT_EQ(w.fold_all(t).digest.hex(), "7d3d17ab8e9981f933db6414c7ac5b3da49836298e09c8a8b66575856ba02f36");
}

}  // namespace
}  // namespace truce::picture
