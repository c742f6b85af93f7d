// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/import_rows.h"

#include <algorithm>

#include "truce/base/csv.h"
#include "truce/base/encoding.h"
#include "truce/base/unicode.h"
#include "truce/monitor/import_common.h"

namespace truce::monitor {
namespace {

constexpr std::string_view kReasonColumn = "reason";
constexpr std::size_t kSwapRowsMin = 5;

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// A field as the separator at hand needs it.
void append_field(std::string& out, std::string_view value, char separator) {
  const bool plain = value.find_first_of("\"\r\n") == std::string_view::npos &&
                     value.find(separator) == std::string_view::npos &&
                     (value.empty() || (value.front() != ' ' && value.back() != ' '));
  if (plain) {
    out += value;
  } else {
    append_quoted(out, value);
  }
}

}  // namespace

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() < b.size() ? b.size() - a.size() : a.size() - b.size();
  if (gap > limit) return limit + 1;
  std::vector<std::size_t> before, last, now;
  last.resize(b.size() + 1);
  now.resize(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
      least = std::min(least, now[j]);
    }
    if (least > limit + 1) return limit + 1;
    before = last;
    std::swap(last, now);
  }
  return std::min(last[b.size()], limit + 1);
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known) {
  const std::string typed = lower_ascii(name.substr(0, 64));
  std::string_view best;
  std::size_t best_edits = typed.size() / 3 + 1;  // one more than is near enough
  for (const std::string_view k : known) {
    // A name that begins with another, or the other way round ("latitude", "lat"), is nearer than its edits tell.
    const bool begins = k.size() >= 3 && typed.size() >= 3 && (typed.starts_with(k) || k.starts_with(typed));
    const std::size_t edits = begins ? 1 : edit_distance(typed, k, best_edits);
    if (edits < best_edits || (begins && best.empty())) {
      best = k;
      best_edits = edits;
    }
  }
  return best;
}

std::string_view header_line(std::string_view text, std::size_t offset) {
  std::string_view header = text.substr(0, offset);
  if (header.starts_with("\xEF\xBB\xBF")) header.remove_prefix(3);
  while (!header.empty() && (header.back() == '\n' || header.back() == '\r')) header.remove_suffix(1);
  while (!header.empty() && (header.front() == '\n' || header.front() == '\r')) header.remove_prefix(1);
  return header;
}

RefusedRow unreadable_row(std::uint64_t line, std::string_view raw, const Error& error) {
  // The reader says "line N" or "line N: column".
  const std::size_t colon = error.where.find(": ");
  return {line, raw,           colon == std::string::npos ? std::string() : error.where.substr(colon + 2),
          {},   error.message, false};
}

Result<std::string> import_text(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\0'; }))
    return std::string(text);
  return to_nfc(text);
}

std::string cut_text(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

bool is_input_time(Instant t) {
  static const Instant kFrom = Date::from_civil(1900, 1, 1).start_utc();
  static const Instant kTo = Date::from_civil(2101, 1, 1).start_utc();
  return kFrom <= t && t < kTo;
}

std::string RefusedRow::to_string() const {
  std::string out = "line " + std::to_string(line) + ": ";
  if (!column.empty()) out += column + ": ";
  const std::string shown = quoted(value);
  if (!value.empty() && reason.find(shown) == std::string::npos) out += shown + ' ';
  return out + reason;
}

std::string write_rejects(std::string_view header, std::span<const RefusedRow> refused) {
  // The header tells the separator and whether the file has been through this before.
  auto reader = CsvReader::open(header);
  const char separator = reader ? reader->separator() : ',';
  const std::size_t columns = reader ? reader->header().size() : 1;
  const auto reason_at = reader ? reader->column(kReasonColumn) : std::nullopt;
  const auto append_without_reason = [&](std::string& out, std::span<const std::string_view> fields) {
    bool first = true;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (reason_at == i) continue;
      if (!first) out += separator;
      append_field(out, fields[i], separator);
      first = false;
    }
  };

  std::string out;
  if (reason_at) {
    const std::vector<std::string_view> names(reader->header().begin(), reader->header().end());
    append_without_reason(out, names);
  } else {
    out += header;
  }
  out += separator;
  out += kReasonColumn;
  out += '\n';
  for (const RefusedRow& row : refused) {
    const std::string why = row.column.empty() ? row.reason : row.column + ": " + row.reason;
    bool written = false;
    if (row.is_readable && !reason_at) {
      out += row.raw;
      written = true;
    } else if (row.is_readable) {
      const std::string pair = std::string(header) + '\n' + std::string(row.raw) + '\n';
      if (auto again = CsvReader::open(pair)) {
        if (const auto fields = again->next(); fields && *fields != nullptr) {
          append_without_reason(out, **fields);
          written = true;
        }
      }
    }
    if (!written) {
      append_quoted(out, row.raw);
      const std::size_t kept = columns - (reason_at ? 1 : 0);
      if (kept > 1) out.append(kept - 1, separator);
    }
    out += separator;
    append_quoted(out, why);
    out += '\n';
  }
  return out;
}

void warn_swapped(std::span<ImportedReport> rows) {
  std::vector<std::int32_t> lats, lngs;
  for (const ImportedReport& row : rows) {
    if (row.report.place.form != Place::Form::kPoint) continue;
    lats.push_back(row.report.place.at.lat_e7);
    lngs.push_back(row.report.place.at.lng_e7);
  }
  if (lats.size() < kSwapRowsMin) return;
  const auto middle = [](std::vector<std::int32_t>& v, std::int64_t& low, std::int64_t& high) {
    const auto tenth = static_cast<std::ptrdiff_t>(v.size() / 10);
    std::ranges::nth_element(v, v.begin() + tenth);
    low = v[static_cast<std::size_t>(tenth)];
    std::ranges::nth_element(v, v.end() - 1 - tenth);
    high = v[v.size() - 1 - static_cast<std::size_t>(tenth)];
    const std::int64_t margin = high - low + geo::kDegreeE7;
    low -= margin;
    high += margin;
  };
  std::int64_t south = 0, north = 0, west = 0, east = 0;
  middle(lats, south, north);
  middle(lngs, west, east);
  const auto holds = [&](std::int64_t lat, std::int64_t lng) {
    return south <= lat && lat <= north && west <= lng && lng <= east;
  };
  for (ImportedReport& row : rows) {
    const Place& p = row.report.place;
    if (p.form != Place::Form::kPoint || holds(p.at.lat_e7, p.at.lng_e7) || !holds(p.at.lng_e7, p.at.lat_e7)) continue;
    row.warnings.push_back("latitude and longitude look swapped: " + p.at.to_string() +
                           " lies far from the other rows, exchanged it does not");
  }
}

}  // namespace truce::monitor
