// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/digest_statement.h"

#include <algorithm>
#include <tuple>

#include "truce/base/decimal.h"
#include "truce/base/json_fields.h"

namespace truce::picture {
namespace {

constexpr std::string_view kNoDay = "-";

}  // namespace

Json DigestStatement::to_body() const {
  return Json::object(
      {{"as_of", as_of.ms}, {"cut", cut.to_json()}, {"list", list.base64url()}, {"picture", picture.base64url()}});
}

Result<DigestStatement> DigestStatement::from_body(const Json& body) {
  JsonFields f(body, "digest");
  DigestStatement out;
  out.as_of = Instant{f.integer("as_of", Instant::kMin, Instant::kMax)};
  out.list = f.hash("list");
  out.picture = f.hash("picture");
  if (const Json* cut = f.required("cut")) {
    auto parsed = Cut::from_json(*cut);
    if (parsed) {
      out.cut = std::move(parsed).value();
    } else {
      f.fault("cut", parsed.error().to_string());
    }
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

std::string digest_list(const std::vector<DayDigest>& digests) {
  std::string out;
  for (const DayDigest& d : digests) {
    out += d.table + ' ' + (d.day.empty() ? std::string(kNoDay) : d.day) + ' ' + std::to_string(d.rows) + ' ' +
           d.hash.hex() + '\n';
  }
  return out;
}

Result<std::vector<DayDigest>> parse_digest_list(std::string_view text) {
  std::vector<DayDigest> out;
  while (!text.empty()) {
    const auto bad = [&](const char* what) {
      return fail(ErrorCode::kSyntax, what, "line " + std::to_string(out.size() + 1));
    };
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return bad("has no end");
    if (out.size() == kDigestLineCountMax) return fail(ErrorCode::kLimit, "too many lines");
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    std::vector<std::string> parts;
    for (std::size_t space = line.find(' '); space != std::string_view::npos; space = line.find(' ')) {
      parts.emplace_back(line.substr(0, space));
      line.remove_prefix(space + 1);
    }
    parts.emplace_back(line);
    if (parts.size() != 4 || parts[0].empty() || parts[1].empty()) return bad("is not: table day rows hash");
    const auto rows = parse_integer(parts[2]);
    const auto hash = Hash::from_hex(parts[3]);
    if (!rows || *rows < 0 || std::to_string(*rows) != parts[2] || !hash) return bad("is not: table day rows hash");
    DayDigest d{parts[0], parts[1] == kNoDay ? "" : parts[1], *rows, *hash};
    if (!out.empty() && std::tie(d.table, d.day) <= std::tie(out.back().table, out.back().day))
      return bad("repeats or does not ascend");
    out.push_back(std::move(d));
  }
  return out;
}

std::vector<std::string> differing(const std::vector<DayDigest>& ours, const std::vector<DayDigest>& theirs) {
  std::vector<std::string> out;
  const auto key = [](const DayDigest& d) { return std::tie(d.table, d.day); };
  const auto name = [](const DayDigest& d) { return d.table + (d.day.empty() ? "" : ' ' + d.day); };
  std::size_t i = 0, j = 0;
  while (i < ours.size() || j < theirs.size()) {
    if (j == theirs.size() || (i < ours.size() && key(ours[i]) < key(theirs[j]))) {
      out.push_back(name(ours[i++]));
    } else if (i == ours.size() || key(theirs[j]) < key(ours[i])) {
      out.push_back(name(theirs[j++]));
    } else {
      if (ours[i].hash != theirs[j].hash) out.push_back(name(ours[i]));
      ++i, ++j;
    }
  }
  return out;
}

}  // namespace truce::picture
