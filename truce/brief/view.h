// SPDX-License-Identifier: Apache-2.0
//
// View: brief.json read for drawing and writing: incidents by column, names of zones and places, times in the
// mechanism's own offset. Internal to brief. Keeps references: the json and the words outlive it. One thread.
//
// It reads only what make_content() writes; a json from elsewhere is compared with one that was made, never drawn.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "truce/base/json.h"
#include "truce/brief/text.h"

namespace truce::brief {

// Characters that keep a name of another writing direction from reordering its surroundings where there is no <bdi>.
inline constexpr std::string_view kFirstStrongIsolate = "\u2068";
inline constexpr std::string_view kPopIsolate = "\u2069";

// One row of the table of incidents.
class Incident {
 public:
  Incident(const Json::Array& cells, const std::map<std::string, std::size_t, std::less<>>& columns)
      : cells_(cells), columns_(columns) {}
  [[nodiscard]] const Json& at(std::string_view column) const { return cells_[columns_.find(column)->second]; }
  [[nodiscard]] const std::string& text(std::string_view column) const { return at(column).as_string(); }
  [[nodiscard]] std::int64_t integer(std::string_view column) const { return at(column).as_integer(); }

 private:
  const Json::Array& cells_;
  const std::map<std::string, std::size_t, std::less<>>& columns_;
};

class View {
 public:
  View(const Json& brief, const Words& words);

  [[nodiscard]] const Json& json() const { return json_; }
  [[nodiscard]] const Words& words() const { return words_; }
  [[nodiscard]] bool exercise() const { return json_.find("exercise")->as_bool(); }
  [[nodiscard]] bool is_public() const { return *json_.find("edition") == Json("public"); }
  [[nodiscard]] const std::string& text(std::string_view member) const { return json_.find(member)->as_string(); }

  [[nodiscard]] std::int64_t incident_count() const;
  [[nodiscard]] Incident incident(std::int64_t row) const;

  // Names as markup: <bdi>Idlib</bdi>, or between isolates for texts without markup. The id where there is no name.
  [[nodiscard]] std::string zone_name(std::string_view id) const { return bdi(zone_text(id)); }
  [[nodiscard]] std::string zone_name_plain(std::string_view id) const { return plain(zone_text(id)); }
  [[nodiscard]] std::string zone_names(std::string_view joined) const;
  // Kind of a zone, empty for an unknown id.
  [[nodiscard]] std::string zone_kind(std::string_view id) const;
  [[nodiscard]] std::string actor_name(std::string_view id) const;
  // "un;said:tr;said:ru" as "UN; said to be of tr, ru".
  [[nodiscard]] std::string party_names(std::string_view joined) const;
  [[nodiscard]] std::string party_name_plain(std::string_view id) const { return plain(party_text(id)); }
  [[nodiscard]] std::string mechanism_name() const;

  [[nodiscard]] static std::string bdi(std::string_view text);
  [[nodiscard]] static std::string plain(std::string_view text);

  // "16 Sep 06:58-07:10", in the offset of the incident's day; whole UTC days as days.
  [[nodiscard]] std::string time_of(const Incident& incident) const;
  // "16 September 2018 06:58 UTC".
  [[nodiscard]] std::string utc(std::int64_t ms) const;
  // The place in words, with its uncertainty.
  [[nodiscard]] std::string place_of(const Incident& incident) const;
  [[nodiscard]] std::string days_label() const;
  // "UTC+03:00", or several of them.
  [[nodiscard]] std::string offsets_label() const;
  // The hours at which these days begin, by those clocks; empty where all begin at midnight.
  [[nodiscard]] std::string day_begin_label() const;
  [[nodiscard]] std::string map_description() const;

 private:
  [[nodiscard]] std::string zone_text(std::string_view id) const;
  [[nodiscard]] std::string party_text(std::string_view id) const;
  [[nodiscard]] std::string name_in_language(const Json* names, std::string_view otherwise) const;

  const Json& json_;
  const Words& words_;
  const Json::Array& rows_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::map<std::string, const Json*, std::less<>> zones_;
  std::map<std::string, std::int64_t, std::less<>> offset_minutes_;  // by day
};

}  // namespace truce::brief
