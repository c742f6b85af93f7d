// SPDX-License-Identifier: Apache-2.0
//
// UCDP GED: whatever comes in, every report that is taken can be stated and read back.

#include <cstdint>
#include <cstdlib>

#include "truce/monitor/import_ged.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce;
  constexpr std::size_t kSizeMax = 1 << 16;
  if (size > kSizeMax) return 0;
  const auto file = monitor::read_ged({reinterpret_cast<const char*>(data), size});
  if (!file) return 0;
  for (const monitor::ImportedReport& row : file->rows) {
    const auto canonical = row.report.to_body().checked_canonical();
    if (!canonical) std::abort();
    const auto again = monitor::Report::from_body(Json::parse_canonical(*canonical).value());
    if (!again || !(*again == row.report)) std::abort();
  }
  static_cast<void>(monitor::write_rejects(file->header, file->refused));
  return 0;
}
