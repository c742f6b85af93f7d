// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/brief.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/brief/content.h"
#include "truce/brief/html.h"
#include "truce/brief/incident_export.h"
#include "truce/brief/map.h"
#include "truce/brief/text.h"

namespace truce::brief {
namespace {

constexpr std::string_view kBriefJson = "brief.json";
constexpr std::string_view kExercisePrefix = "EXERCISE-";
constexpr std::size_t kDifferenceCountMax = 20;

// First differences of two values, by path.
void list_differences(const Json& made, const Json& found, const std::string& path, std::vector<std::string>& out) {
  if (out.size() >= kDifferenceCountMax || made == found) return;
  const auto shown = [](const Json& j) {
    const std::string text = j.to_canonical();
    return text.size() <= 80 ? text : text.substr(0, text.find_last_not_of("\x80\xBF", 77)) + "...";
  };
  if (made.is_object() && found.is_object()) {
    for (const auto& [name, value] : made.as_object()) {
      const std::string inner = path.empty() ? name : path + '.' + name;
      if (const Json* other = found.find(name)) {
        list_differences(value, *other, inner, out);
      } else {
        out.push_back("brief.json has no " + inner);
      }
    }
    for (const auto& [name, value] : found.as_object()) {
      if (made.find(name) == nullptr)
        out.push_back("brief.json has " + (path.empty() ? name : path + '.' + name) + ", which was not computed");
    }
    return;
  }
  if (made.is_array() && found.is_array() && made.as_array().size() == found.as_array().size()) {
    for (std::size_t i = 0; i < made.as_array().size(); ++i) {
      list_differences(made.as_array()[i], found.as_array()[i], path + '[' + std::to_string(i) + ']', out);
    }
    return;
  }
  if (made.is_array() && found.is_array()) {
    out.push_back("brief.json differs at " + path + ": " + std::to_string(found.as_array().size()) +
                  " members, computed " + std::to_string(made.as_array().size()));
    return;
  }
  out.push_back("brief.json differs at " + path + ": " + shown(found) + ", computed " + shown(made));
}

}  // namespace

std::string brief_file_name(std::string_view name, bool exercise) {
  return (exercise ? std::string(kExercisePrefix) : std::string()) + std::string(name);
}

std::string find_brief_json(const std::map<std::string, std::string>& files) {
  for (const bool exercise : {false, true}) {
    if (std::string name = brief_file_name(kBriefJson, exercise); files.contains(name)) return name;
  }
  return {};
}

Result<Brief> make_brief(const BriefRequest& request, const PictureFacts& facts, const mechanism::Mechanism& mechanism,
                         picture::TableReader& tables, const BlobSource& blobs, const BorderLayer* borders) {
  TRUCE_TRY(const Words words, Words::in(request.lang));
  TRUCE_TRY(Content content, make_content(request, facts, mechanism, tables, blobs, borders));
  Brief b;
  b.json = std::move(content.json);
  TRUCE_TRY(std::string bytes, b.json.checked_canonical());
  b.digest = sha256(bytes);
  const bool exercise = mechanism.exercise;
  const std::string svg = map_svg(b.json, borders, words);
  b.files[brief_file_name("index.html", exercise)] = page_html(b.json, svg, b.digest, words);
  b.files[brief_file_name("map.svg", exercise)] = svg;
  b.files[brief_file_name("incidents.csv", exercise)] = incidents_csv(content.incidents, exercise);
  b.files[brief_file_name("incidents.geojson", exercise)] = incidents_geojson(content.incidents, exercise);
  b.files[brief_file_name(kBriefJson, exercise)] = std::move(bytes);
  return b;
}

Result<BriefAsked> read_brief(std::string_view brief_json) {
  TRUCE_TRY(const Json json, Json::parse_canonical(brief_json));
  const auto bad = [](std::string member) {
    return fail(ErrorCode::kInvalidArgument, "is missing or not as version 1 has it",
                "brief.json: " + std::move(member));
  };
  const auto text = [&](const Json& from, std::string_view name) {
    const Json* j = from.find(name);
    return j != nullptr && j->is_string() ? j->as_string() : std::string();
  };
  const Json* version = json.find("v");
  if (text(json, "type") != "brief" || version == nullptr || !(*version == Json(1))) return bad("type and v");
  BriefAsked a;
  const auto first = Date::parse(text(json, "first_day"));
  const auto last = Date::parse(text(json, "last_day"));
  if (!first || !last) return bad("first_day and last_day");
  a.request.first_day = *first;
  a.request.last_day = *last;
  a.request.zone = text(json, "zone");
  const auto edition = edition_from(text(json, "edition"));
  if (!edition) return bad("edition");
  a.request.edition = *edition;
  a.request.lang = text(json, "lang");
  const Json* mechanism = json.find("mechanism");
  const Json* picture = json.find("picture");
  if (mechanism == nullptr || picture == nullptr) return bad("mechanism and picture");
  const auto id = Hash::from_hex(text(*mechanism, "id"));
  const auto digest = Hash::from_hex(text(*picture, "digest"));
  const Json* cut = picture->find("cut");
  const Json* rules = picture->find("rules");
  const Json* as_of = picture->find("as_of");
  if (!id || !digest || cut == nullptr || rules == nullptr || !rules->is_integer() || as_of == nullptr ||
      !as_of->is_integer()) {
    return bad("picture");
  }
  a.facts = {*id, *cut, rules->as_integer(), Instant{as_of->as_integer()}, *digest};
  const Json* borders = json.find("borders");
  if (borders == nullptr) return bad("borders");
  if (!borders->is_null()) {
    const auto hash = Hash::from_hex(text(*borders, "sha256"));
    if (!hash || text(*borders, "id").empty()) return bad("borders");
    a.borders.id = text(*borders, "id");
    a.borders.sha256 = *hash;
    a.borders.disclaimer = text(*borders, "disclaimer");
  }
  return a;
}

BriefDifferences compare(const Brief& made, const std::map<std::string, std::string>& on_disk) {
  BriefDifferences out;
  const Json* layer = made.json.find("borders");
  // The made map has no lines though a layer is named: they are left out on both sides.
  const auto svg = std::ranges::find_if(made.files, [](const auto& f) { return f.first.ends_with("map.svg"); });
  const bool lines_missing = layer != nullptr && !layer->is_null() && svg != made.files.end() &&
                             svg->second == without_border_lines(svg->second);
  for (const auto& [name, bytes] : made.files) {
    const auto found = on_disk.find(name);
    if (found == on_disk.end()) {
      out.differences.push_back(name + " is missing");
      continue;
    }
    if (found->second == bytes) continue;
    if (name.ends_with(kBriefJson)) {
      const auto json = Json::parse_canonical(found->second);
      const std::size_t before = out.differences.size();
      if (json) {
        list_differences(made.json, *json, "", out.differences);
      } else {
        out.differences.push_back(name + " is not canonical JSON: " + json.error().to_string());
      }
      if (out.differences.size() == before) out.differences.push_back(name + " differs");
      continue;
    }
    const bool has_map = name.ends_with("map.svg") || name.ends_with("index.html");
    if (lines_missing && has_map && without_border_lines(found->second) == without_border_lines(bytes)) continue;
    std::size_t offset = 0;
    while (offset < bytes.size() && offset < found->second.size() && bytes[offset] == found->second[offset]) ++offset;
    out.differences.push_back(name + " differs from byte " + std::to_string(offset) + " on");
  }
  for (const auto& [name, bytes] : on_disk) {
    if (!made.files.contains(name)) out.notes.push_back(name + " is no part of the brief");
  }
  if (lines_missing) {
    out.notes.push_back("the border lines of the map were not compared: the layer " + layer->find("id")->as_string() +
                        " is not at hand");
  }
  return out;
}

}  // namespace truce::brief
