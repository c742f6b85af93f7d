// SPDX-License-Identifier: Apache-2.0
//
// Tables of a calibration: whatever is taken can be written and read again, and groups reports without a crash.

#include <cstdint>
#include <cstdlib>

#include "truce/monitor/calibration_statement.h"
#include "truce/monitor/fusion.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce;
  using namespace truce::monitor;
  constexpr std::size_t kSizeMax = 1 << 16;
  if (size > kSizeMax) return 0;
  const auto model = model_from_blob({reinterpret_cast<const char*>(data), size});
  if (!model) return 0;
  const auto blob = model_to_blob(*model);
  if (!blob || !model_from_blob(*blob)) std::abort();

  const std::vector<std::string> parties = {"north", "watch"};
  const std::vector<std::string> reporters = {"", "watch/op-1", "watch/op-2"};
  std::vector<FusionReport> reports(4);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    FusionReport& r = reports[i];
    r.from_ms = r.to_ms = 1'700'000'000'000 + static_cast<std::int64_t>(i) * 30'000;
    r.precision_s = 60;
    r.at = geo::LatLng::from_e7(380'100'000, -79'900'000);
    r.radius_m = 500;
    r.kind = Kind::kShelling;
    r.means = Means::kHeard;
    r.count = 3, r.killed = 1, r.injured = 0;
    if (i < 2) continue;
    r.form = Place::Form::kBearing;
    r.distance_m = 2'000;
    r.party = 1;
    r.reporter = static_cast<std::uint32_t>(i) - 1;
  }
  const Scorer scorer(reports, *model, parties, reporters);
  const Grouping grouping = fuse(scorer);
  if (grouping.score <= kForbidden) std::abort();
  for (const FusedReport& r : grouping.reports) {
    if (r.cluster >= reports.size() || r.other >= reports.size() || r.certainty_ppm < 0 || r.certainty_ppm > 1'000'000)
      std::abort();
  }
  return 0;
}
