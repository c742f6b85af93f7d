// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/import_ged.h"

#include <algorithm>
#include <array>

#include "truce/base/csv.h"
#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/trimmed.h"
#include "truce/monitor/import_common.h"

namespace truce::monitor {
namespace {

constexpr std::int64_t kDayS = 86'400;
constexpr std::size_t kMissing = static_cast<std::size_t>(-1);

enum Col : std::uint8_t {
  kId,
  kLatitude,
  kLongitude,
  kWherePrec,
  kDatePrec,
  kDateStart,
  kDateEnd,
  kBest,
  kLow,
  kHigh,
  kNeededCount,
  kDeathsCivilians = kNeededCount,
  kColCount,
};
constexpr std::array<std::string_view, kColCount> kNames = {"id",        "latitude",   "longitude",       "where_prec",
                                                            "date_prec", "date_start", "date_end",        "best",
                                                            "low",       "high",       "deaths_civilians"};
// Names of the same columns in older layouts.
constexpr std::pair<std::string_view, Col> kOldNames[] = {{"best_est", kBest}, {"low_est", kLow}, {"high_est", kHigh}};

// Columns that are kept under `coded`; whole numbers as numbers, the rest as text.
constexpr std::string_view kCodes[] = {"active_year",
                                       "adm_1",
                                       "adm_2",
                                       "code_status",
                                       "conflict_dset_id",
                                       "conflict_name",
                                       "conflict_new_id",
                                       "country",
                                       "country_id",
                                       "date_prec",
                                       "deaths_a",
                                       "deaths_b",
                                       "deaths_civilians",
                                       "deaths_unknown",
                                       "dyad_dset_id",
                                       "dyad_name",
                                       "dyad_new_id",
                                       "event_clarity",
                                       "gwnoa",
                                       "gwnob",
                                       "number_of_sources",
                                       "priogrid_gid",
                                       "region",
                                       "relid",
                                       "side_a",
                                       "side_a_dset_id",
                                       "side_a_new_id",
                                       "side_b",
                                       "side_b_dset_id",
                                       "side_b_new_id",
                                       "type_of_violence",
                                       "where_coordinates",
                                       "where_description",
                                       "where_prec"};
// Columns of the layouts that are not kept: texts of sources, and what stands elsewhere in the report.
constexpr std::string_view kDropped[] = {"year",        "geom_wkt",        "source_article", "source_office",
                                         "source_date", "source_headline", "source_original"};

// Text as a number only where the number is written back as the same text.
Json code_value(std::string text) {
  if (const auto n = parse_integer(text);
      n && std::to_string(*n) == text && *n >= -Json::kIntegerMax && *n <= Json::kIntegerMax)
    return Json(*n);
  return Json(std::move(text));
}

}  // namespace

std::optional<std::int64_t> ged_radius_m(std::int64_t where_prec) {
  constexpr std::int64_t kRadius[] = {1'000, 25'000, 40'000, 100'000, 100'000, 500'000, 500'000};
  if (where_prec < 1 || where_prec > 7) return std::nullopt;
  return kRadius[where_prec - 1];
}

std::optional<std::int64_t> ged_precision_s(std::int64_t date_prec) {
  constexpr std::int64_t kDays[] = {0, 3, 7, 31, 366};
  if (date_prec < 1 || date_prec > 5) return std::nullopt;
  return kDays[date_prec - 1] * kDayS;
}

struct GedReader::Impl {
  std::shared_ptr<const std::string> text;
  CsvReader csv;
  std::string_view header;
  std::vector<std::string> ignored;
  std::array<std::size_t, kColCount> at{};
  std::vector<std::pair<std::string_view, std::size_t>>
      codes;  // in canonical key order: the names are ASCII and sorted

  explicit Impl(CsvReader reader) : csv(std::move(reader)) {}

  ImportStep next();
  std::string_view cell(const std::vector<std::string_view>& fields, Col c) const {
    return at[c] == kMissing ? std::string_view() : trimmed(fields[at[c]]);
  }
};

GedReader::GedReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GedReader::GedReader(GedReader&&) noexcept = default;
GedReader& GedReader::operator=(GedReader&&) noexcept = default;
GedReader::~GedReader() = default;

Result<GedReader> GedReader::open(std::string_view bytes, std::string_view encoding) {
  TRUCE_TRY(std::string decoded, decode_text(bytes, encoding));
  const auto text = std::make_shared<const std::string>(std::move(decoded));
  TRUCE_TRY(CsvReader csv, CsvReader::open(*text));
  auto impl = std::make_unique<Impl>(std::move(csv));
  impl->text = text;
  impl->header = header_line(*text, impl->csv.offset());
  impl->at.fill(kMissing);
  const std::vector<std::string>& names = impl->csv.header();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = lower_ascii(trimmed(names[i]));
    bool known = false;
    for (std::size_t c = 0; c < kColCount; ++c) {
      if (kNames[c] == name) impl->at[c] = i, known = true;
    }
    for (const auto& [old, c] : kOldNames) {
      if (old == name) known = true;
      if (old == name && impl->at[c] == kMissing) impl->at[c] = i;
    }
    const auto* code = std::ranges::find(kCodes, name);
    if (code != std::end(kCodes)) impl->codes.emplace_back(*code, i), known = true;
    if (std::ranges::find(kDropped, name) != std::end(kDropped)) known = true;
    if (!known) impl->ignored.push_back(names[i]);
  }
  std::ranges::sort(impl->codes);
  std::string missing;
  for (std::size_t c = 0; c < kNeededCount; ++c) {
    if (impl->at[c] == kMissing) missing += (missing.empty() ? "" : ", ") + std::string(kNames[c]);
  }
  if (!missing.empty())
    return fail(ErrorCode::kInvalidImport, "not in the layout of UCDP GED: columns missing: " + missing, "line 1");
  return GedReader(std::move(impl));
}

ImportStep GedReader::Impl::next() {
  const auto row = csv.next();
  if (!row) return unreadable_row(csv.line(), csv.raw(), row.error());
  if (*row == nullptr) return std::monostate();
  const std::vector<std::string_view>& fields = **row;
  const auto refuse = [&](Col c, std::string reason) {
    return RefusedRow{csv.line(),        csv.raw(), std::string(csv.header()[at[c]]), std::string(cell(fields, c)),
                      std::move(reason), true};
  };

  ImportedReport out;
  out.line = csv.line();
  out.raw = csv.raw();
  Report& r = out.report;
  r.kind = Kind::kWeaponUse;

  auto id = import_text(cell(fields, kId));
  if (!id) return refuse(kId, id.error().message);
  if (id->empty() || id->size() > kCodeBytesMax) return refuse(kId, "is not a text of 1 to 200 bytes");
  r.key = SourceKey{std::string(kGedSource), std::move(*id), std::nullopt, 0};
  std::int64_t degrees_e7[2] = {};
  for (const Col c : {kLatitude, kLongitude}) {
    const auto v = parse_decimal(cell(fields, c), 7);
    if (!v) return refuse(c, v.error().message);
    degrees_e7[c == kLongitude ? 1 : 0] = *v;
  }
  const auto point = geo::LatLng::checked(degrees_e7[0], degrees_e7[1]);
  if (!point) return refuse(kLatitude, point.error().message);
  r.place.at = *point;

  Instant dates[2];
  for (const Col c : {kDateStart, kDateEnd}) {
    std::string_view day_text = cell(fields, c);
    // Some layouts write the day with a clock that says midnight.
    if (const std::size_t end = day_text.find_first_of(" T"); end != std::string_view::npos) {
      const std::string_view rest = day_text.substr(end + 1);
      if (rest.find_first_not_of("0:.") != std::string_view::npos) return refuse(c, "is not a day");
      day_text = day_text.substr(0, end);
    }
    const auto day = Date::parse(day_text);
    if (!day) return refuse(c, day.error().message);
    const Instant t = day->start_utc();
    if (!is_input_time(t)) return refuse(c, std::string(kInputYears));
    dates[c == kDateEnd ? 1 : 0] = t;
  }
  if (dates[1] < dates[0]) return refuse(kDateEnd, "ends before it begins");
  r.from = dates[0];
  r.to = Instant{dates[1].ms + kDayS * 1000};

  const auto where_prec = parse_integer(cell(fields, kWherePrec));
  const auto radius_m = where_prec ? ged_radius_m(*where_prec) : std::nullopt;
  if (!radius_m) return refuse(kWherePrec, "is not a precision of 1 to 7");
  r.place.radius_m = *radius_m;
  const auto date_prec = parse_integer(cell(fields, kDatePrec));
  const auto precision_s = date_prec ? ged_precision_s(*date_prec) : std::nullopt;
  if (!precision_s) return refuse(kDatePrec, "is not a precision of 1 to 5");
  r.precision_s = *precision_s;

  std::int64_t deaths[3] = {};
  constexpr Col kDeaths[3] = {kLow, kBest, kHigh};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto n = parse_integer(cell(fields, kDeaths[i]));
    if (!n) return refuse(kDeaths[i], n.error().message);
    if (*n < 0 || *n > kCountMax) return refuse(kDeaths[i], "is not within 0 and 1000000");
    deaths[i] = *n;
  }
  Json kept = Json::object();
  for (const auto& [name, column] : codes) {
    const std::string_view value = trimmed(fields[column]);
    if (value.empty()) continue;
    auto text_value = import_text(value);
    if (!text_value) {
      return RefusedRow{csv.line(), csv.raw(), std::string(name), std::string(value), text_value.error().message, true};
    }
    if (text_value->size() > kCodeBytesMax) out.warnings.push_back(std::string(name) + " is cut to 200 bytes");
    kept.as_object().emplace_back(name, code_value(cut_text(std::move(*text_value), kCodeBytesMax)));
  }
  Range killed{deaths[0], deaths[1], deaths[2]};
  if (killed.low > killed.best || killed.best > killed.high) {
    out.warnings.push_back("low, best and high do not ascend (" + std::to_string(deaths[0]) + ", " +
                           std::to_string(deaths[1]) + ", " + std::to_string(deaths[2]) +
                           "): best is kept, low and high are widened to hold it");
    killed.low = std::min({deaths[0], deaths[1], deaths[2]});
    killed.high = std::max({deaths[0], deaths[1], deaths[2]});
    kept.set("best", deaths[1]);
    kept.set("high", deaths[2]);
    kept.set("low", deaths[0]);
  }
  r.killed.all = killed;
  if (const std::string_view civilians = cell(fields, kDeathsCivilians); !civilians.empty()) {
    const auto n = parse_integer(civilians);
    if (!n) return refuse(kDeathsCivilians, n.error().message);
    if (*n < 0 || *n > kCountMax) return refuse(kDeathsCivilians, "is not within 0 and 1000000");
    r.killed.civilian = Range::of(*n);
  }
  r.coded = Json::object({{"codes", std::move(kept)}, {"scheme", kGedSource}});
  if (const auto ok = r.check(); !ok) return refuse(kId, ok.error().to_string());
  return out;
}

ImportStep GedReader::next() {
  return impl_->next();
}
std::string_view GedReader::header() const {
  return impl_->header;
}
const std::vector<std::string>& GedReader::ignored_columns() const {
  return impl_->ignored;
}
std::shared_ptr<const std::string> GedReader::text() const {
  return impl_->text;
}
std::size_t GedReader::offset() const {
  return impl_->csv.offset();
}

Result<ImportedFile> read_ged(std::string_view bytes, std::string_view encoding) {
  TRUCE_TRY(GedReader reader, GedReader::open(bytes, encoding));
  ImportedFile file{reader.text(), reader.header(), reader.ignored_columns(), {}, {}};
  while (true) {
    ImportStep step = reader.next();
    if (auto* row = std::get_if<ImportedReport>(&step)) {
      file.rows.push_back(std::move(*row));
    } else if (auto* bad = std::get_if<RefusedRow>(&step)) {
      file.refused.push_back(std::move(*bad));
    } else {
      return file;
    }
  }
}

}  // namespace truce::monitor
