// SPDX-License-Identifier: Apache-2.0
//
// Report CSV: whatever comes in, every report that is taken can be stated and read back; refused rows can be written
// out and read again without a crash. The first byte chooses options.

#include <cstdint>
#include <cstdlib>

#include "truce/monitor/import_reports.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truce;
  constexpr std::size_t kSizeMax = 1 << 16;
  if (size == 0 || size > kSizeMax) return 0;
  monitor::ReportImportOptions options;
  options.me = "un";
  options.seal_observers = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) options.default_radius_m = 5000;
  if ((data[0] & 4) != 0) options.map.utc_offset_minutes = 180;
  options.map.decimal_comma = (data[0] & 8) != 0;
  if ((data[0] & 16) != 0) options.encoding = "windows-1251";
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto file = monitor::read_reports(bytes, options);
  if (!file) return 0;
  for (const monitor::ImportedReport& row : file->rows) {
    const Json body = row.report.to_body();
    const auto canonical = body.checked_canonical();
    if (!canonical) std::abort();
    const auto again = monitor::Report::from_body(Json::parse_canonical(*canonical).value());
    if (!again || !(*again == row.report)) std::abort();
    if (!row.report.key) std::abort();
    if (!row.sealed.is_null() && !row.sealed.checked_canonical()) std::abort();
    if (options.seal_observers && row.report.place.form == monitor::Place::Form::kBearing) std::abort();
  }
  const std::string rejects = monitor::write_rejects(file->header, file->refused);
  options.encoding.clear();
  const auto again = monitor::read_reports(rejects, options);
  if (again && again->rows.size() + again->refused.size() < file->refused.size()) std::abort();
  return 0;
}
