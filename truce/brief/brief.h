// SPDX-License-Identifier: Apache-2.0
//
// The brief of a day, a week or a month: brief.json is computed from the picture's tables, everything else is a view of
// it (docs/format/brief.md). Same cut, same request, same bytes: no clock, no locale, no place of files goes in. Pure;
// any thread, one reader at a time.
//
// It is NOT a finding: it counts what was reported and says by whom, and what a zone in force forbids. It holds no
// sealed part. Cost: time and memory linear in the incidents of the days, about 2 KB each.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"
#include "truce/brief/border_layer.h"
#include "truce/brief/edition.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/tables.h"

namespace truce::brief {

// Longest span: a month. A longer one would be a table that nobody reads and a file that nobody opens.
inline constexpr int kBriefDaysMax = 31;
// Most rows of the table of incidents in index.html, and of a brief of more than a week; brief.json and the CSV hold
// all. A month must still be read by somebody.
inline constexpr std::size_t kHtmlRowsMax = 500, kHtmlRowsLongMax = 200;
inline constexpr std::string_view kVerifyCommand = "truce verify-brief DIR";

struct BriefRequest {
  Date first_day;
  Date last_day;     // inclusive
  std::string zone;  // id of a ring zone; empty: all
  Edition edition = Edition::kParties;
  std::string lang = "en";  // see languages()
};

// What the picture was made from; printed so that anybody can make it again.
struct PictureFacts {
  Hash mechanism;
  Json cut;  // picture::Cut::to_json()
  std::int64_t rules_version = 0;
  Instant as_of;
  Hash digest;  // root of the picture's digests
};

// A required blob by its hash: geometry of zones, named places.
using BlobSource = std::function<Result<std::string>(const Hash&)>;

struct Brief {
  Json json;
  Hash digest;  // SHA-256 of the canonical brief.json
  // Names (without folder) and bytes: index.html, brief.json, incidents.csv, incidents.geojson, map.svg; of an exercise
  // with EXERCISE- in front.
  std::map<std::string, std::string> files;
};

// Languages that the views speak: "en".
[[nodiscard]] const std::vector<std::string>& languages();

// "brief.json" or "EXERCISE-brief.json".
[[nodiscard]] std::string brief_file_name(std::string_view name, bool exercise);
// The key in `files` under which brief.json stands, either name; empty for none.
[[nodiscard]] std::string find_brief_json(const std::map<std::string, std::string>& files);

// REQUIRES: `tables` holds the picture that `facts` names. `borders` may be nullptr: the map says that it shows no
// borders. Fails with kInvalidArgument (days in the wrong order or too many, a language or zone that does not fit),
// kNotFound (no such zone), kMissingBlob and the reader's own errors.
[[nodiscard]] Result<Brief> make_brief(const BriefRequest& request, const PictureFacts& facts,
                                       const mechanism::Mechanism& mechanism, picture::TableReader& tables,
                                       const BlobSource& blobs, const BorderLayer* borders);

// What a brief.json asks for, to make it again.
struct BriefAsked {
  BriefRequest request;
  PictureFacts facts;
  BorderLayer borders;  // named only; an empty id: none was used
};
// kSyntax, kNotCanonical, kInvalidArgument for bytes that are no brief.json of version 1.
[[nodiscard]] Result<BriefAsked> read_brief(std::string_view brief_json);

struct BriefDifferences {
  std::vector<std::string>
      differences;  // "brief.json differs at counts.all.incidents: 12, computed 13", "index.html is missing"
  std::vector<std::string> notes;  // what could not be compared and why
};
// Compares a brief made again with the files found on disk (names as in Brief::files; other files are listed as
// strangers). Where `made` only names its border layer the lines are left out of the comparison, with a note.
[[nodiscard]] BriefDifferences compare(const Brief& made, const std::map<std::string, std::string>& on_disk);

}  // namespace truce::brief
