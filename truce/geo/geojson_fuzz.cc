// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as GeoJSON: no crash, and what is accepted is canonical, survives its blob, and comes back from its own
// text.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "truce/geo/geojson.h"
#include "truce/geo/geometry_blob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce::geo;
  if (size > 65'536) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)parse_blob(bytes);
  const auto file = parse_geojson(bytes);
  if (!file) return 0;
  for (const GeoJsonFeature& f : file->features) {
    if (!check_canonical(f.geometry)) std::abort();
    const auto blob = parse_blob(to_blob(f.geometry));
    if (!blob || *blob != f.geometry) std::abort();
    const auto again =
        parse_geojson("{\"type\":\"Feature\",\"properties\":{},\"geometry\":" + to_geojson(f.geometry) + "}");
    if (!again || again->features[0].geometry != f.geometry) std::abort();
  }
  return 0;
}
