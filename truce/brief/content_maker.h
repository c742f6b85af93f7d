// SPDX-License-Identifier: Apache-2.0
//
// Maker: how brief.json is made of the picture's rows, member by member. content.cc reads and puts together,
// content_counts.cc counts, content_fused.cc tells of incidents with several reports, content_positions.cc of
// what the parties make of them, content_map.cc of places.
// Internal to brief. Used once; one thread.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "truce/brief/content.h"
#include "truce/brief/fused.h"
#include "truce/brief/map.h"
#include "truce/brief/tally.h"
#include "truce/geo/geometry.h"
#include "truce/monitor/zone.h"
#include "truce/monitor/zone_book.h"
#include "truce/picture/position_rows.h"

namespace truce::brief {

using picture::IncidentRow;
using picture::OptInt;

// Members of an incident's `more`; nothing where it has none. `more` is canonical: the fold wrote it.
[[nodiscard]] Json parse_more(const IncidentRow& r);

class Maker {
 public:
  Maker(const BriefRequest& request, const PictureFacts& facts, const mechanism::Mechanism& mechanism,
        picture::TableReader& tables, const BlobSource& blobs, const BorderLayer* borders)
      : request_(request),
        facts_(facts),
        mechanism_(mechanism),
        tables_(tables),
        blobs_(blobs),
        borders_(borders),
        is_public_(request.edition == Edition::kPublic) {}

  Result<Content> make();

 private:
  Status check() const;
  Status read();
  Status read_zones();
  Status read_places();
  [[nodiscard]] bool concerns(const IncidentRow& r) const;
  // Humanitarian parties are named in a brief only where they say so.
  [[nodiscard]] static bool may_name(const mechanism::Party& p) { return p.receives() || p.named; }
  [[nodiscard]] bool counts(const IncidentRow& r) const { return r.over_quota == 0 && r.group != "activity"; }
  [[nodiscard]] const monitor::NamedPlace* named(const IncidentRow& r) const;
  void edit();
  void count();
  Json header();
  Json zones_json() const;
  Json counts_json();
  Json incidents_json();
  Json apart_json() const;
  Json differences_json() const;
  Json disputed_json() const;
  Status read_relayers();
  Result<Json> alike_json();
  Result<Json> bulletin_json() const;  // null: left out
  Result<Json> excluded_json() const;  // the same
  Result<Json> calibration_json();
  Result<Json> coverage_json(Json& unpatrolled);
  Result<Json> changes_json();
  Result<bool> change_concerns(const picture::ChangeRow& c);
  Json named_json() const;
  Result<Json> drawn_map();
  Result<std::vector<MapSector>> sectors();
  // First and last day, as texts, in which reports of an incident of these days and its slab's others can lie.
  [[nodiscard]] std::string margin_before() const { return (request_.first_day + -kMarginDays).to_string(); }
  [[nodiscard]] std::string margin_after() const { return (request_.last_day + kMarginDays).to_string(); }

  static constexpr int kMarginDays = 2;

  struct Zone {
    picture::ZoneRow row;
    monitor::ZoneKind kind = monitor::ZoneKind::kStorageSite;
    bool in_force = false;  // at some time of the days
    std::optional<geo::Geometry> geometry;
  };

  const BriefRequest& request_;
  const PictureFacts& facts_;
  const mechanism::Mechanism& mechanism_;
  picture::TableReader& tables_;
  const BlobSource& blobs_;
  const BorderLayer* borders_;
  const bool is_public_;

  std::string first_, last_, previous_first_, previous_last_;
  Instant start_, end_;
  std::vector<Zone> zones_;              // by zone, party
  std::set<std::string> ring_in_force_;  // ids
  std::vector<IncidentRow> rows_;        // of the days, exact, by time
  std::vector<IncidentRow> previous_;
  std::vector<picture::FindingRow> findings_;  // of the days, by day and incident
  std::vector<IncidentRow> shown_;             // what the edition shows of rows_
  std::vector<const IncidentRow*> exact_;      // the exact row of each shown one
  std::map<std::pair<std::string, std::string>, std::vector<monitor::NamedPlace>> lists_;  // (list, party)
  KindTallies all_;
  Tally in_zones_, outside_;
  std::map<std::string, KindTallies> by_zone_;
  std::map<std::string, std::int64_t> assessed_;
  std::map<std::string, Relayers> relayers_;  // by incident
  Sides sides_, sides_all_;
  std::vector<const IncidentRow*> counted_;  // of rows_
};

}  // namespace truce::brief
