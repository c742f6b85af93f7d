// SPDX-License-Identifier: Apache-2.0

#include "truce/record/tile_path.h"

#include <gtest/gtest.h>

#include "truce/base/encoding.h"

namespace truce::record {
namespace {

TEST(TilePathTest, SpecificationsExamples) {
  const std::pair<TilePath, const char*> cases[] = {
      {{0, 0, 256}, "tile/0/000"},
      {{0, 999, 256}, "tile/0/999"},
      {{0, 1000, 256}, "tile/0/x001/000"},
      {{3, 1'234'067, 256}, "tile/3/x001/x234/067"},
      {{0, 1'234'067, 1}, "tile/0/x001/x234/067.p/1"},
      {{kEntriesLevel, 5, 255}, "tile/entries/005.p/255"},
      {{63, kTileIndexMax, 256}, "tile/63/x035/x184/x372/x088/831"},
  };
  for (const auto& [tile, path] : cases) {
    EXPECT_EQ(tile.to_string(), path);
    ASSERT_TRUE(TilePath::parse(path)) << path;
    EXPECT_EQ(*TilePath::parse(path), tile);
  }
}

TEST(TilePathTest, EveryIndexAroundGroupsComesBack) {
  for (std::uint64_t power = 1; power <= kTileIndexMax; power *= 10) {
    for (const std::uint64_t index : {power - 1, power, power + 1}) {
      if (index > kTileIndexMax) continue;
      for (const std::uint32_t width : {1U, 9U, 10U, 99U, 100U, 255U, 256U}) {
        const TilePath tile{kEntriesLevel, index, width};
        ASSERT_EQ(TilePath::parse(tile.to_string()).value(), tile);
      }
    }
  }
}

TEST(TilePathTest, OtherSpellingsAreRefused) {
  const char* bad[] = {
      "",
      "tile",
      "tile/",
      "tile/0",
      "tile/0/",
      "tile/0/00",
      "tile/0/0000",
      "tile/0/x001",
      "tile/0/x001/",
      "tile/0/x000/001",
      "tile/0/001/001",
      "tile/00/000",
      "tile/64/000",
      "tile/-1/000",
      "tile/999/000",
      "tile/entry/000",
      "tile/0/000.p",
      "tile/0/000.p/",
      "tile/0/000.p/0",
      "tile/0/000.p/01",
      "tile/0/000.p/256",
      "tile/0/000.p/1/",
      "tile/0/000.p/1 ",
      "tile/0/000 ",
      "/tile/0/000",
      "tile//000",
      "tile/0/../000",
      "Tile/0/000",
      "tile/0/x1/000",
      "tile/0/x001x/000",
      "tile/0/x999/x999/x999/x999/x999/999",
      "tile/0/x035/x184/x372/x088/832",
      "checkpoint",
      "tile/0/000.q/1",
  };
  for (const char* path : bad) EXPECT_FALSE(TilePath::parse(path)) << path;
  EXPECT_FALSE(TilePath::parse(std::string_view("tile/0/000\0", 11)));
  EXPECT_FALSE(TilePath::parse("tile/0/" + std::string(1000, 'x')));
}

}  // namespace
}  // namespace truce::record
