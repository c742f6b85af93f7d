// SPDX-License-Identifier: Apache-2.0
//
// Tile paths from any bytes: no crash; one spelling for one tile.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "truce/record/tile_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 256) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tile = truce::record::TilePath::parse(bytes);
  if (tile && tile->to_string() != bytes) std::abort();
  return 0;
}
