// SPDX-License-Identifier: Apache-2.0
//
// Rows of the common picture: one struct a table, each listing its columns once (visit_columns()). From that list come
// the table definitions (tables.h), the cells that are digested, and the readers of the store.
//
// Column order is the order of digested cells: it is part of the rules version. Times are UTC milliseconds, coordinates
// 1e-7 degree, days are texts "2018-09-18" (the mechanism's days). An absent value is an empty optional; lists of ids
// are joined by ';'.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace truce::picture {

using Int = std::int64_t;
using OptInt = std::optional<std::int64_t>;

// One report in its effective version. State: effective, withdrawn, linked, over-quota.
struct ReportRow {
  std::string day, party, log;
  Int idx = 0;
  std::string id, version, state, linked_to, import_id;
  Int from_ms = 0, to_ms = 0, precision_s = 0;
  OptInt lat_e7, lng_e7;              // nominal; absent where the place is not known to the fold
  Int radius_m = 0;                   // holds the true place in 86 of 100 cases (geo/uncertain_place.h)
  std::string place_form, place_ref;  // point, bearing, post-bearing, zone
  OptInt observer_lat_e7, observer_lng_e7, observer_radius_m, bearing_mdeg, bearing_error_mdeg, distance_m,
      distance_error_m;
  std::string kind, subkind, means, assessment;
  OptInt direction_mdeg, count_low, count_best, count_high;
  OptInt killed_low, killed_best, killed_high, injured_low, injured_best, injured_high;
  std::string said_by, reporter, source, source_id;
  Int recorded_ms = 0;
  std::string incident;   // id of the incident that it is counted in; empty where it is in none
  Int certainty_ppm = 0;  // that it belongs there rather than elsewhere, in parts per million (docs/fusion.md)
  std::string more;       // canonical JSON of the body's members that have no column; empty: none

  template <typename V>
  void visit_columns(V&& v) {
    v("day", day), v("party", party), v("log", log), v("idx", idx), v("id", id), v("version", version),
        v("state", state);
    v("linked_to", linked_to), v("import_id", import_id), v("from_ms", from_ms), v("to_ms", to_ms),
        v("precision_s", precision_s);
    v("lat_e7", lat_e7), v("lng_e7", lng_e7), v("radius_m", radius_m), v("place_form", place_form),
        v("place_ref", place_ref);
    v("observer_lat_e7", observer_lat_e7), v("observer_lng_e7", observer_lng_e7),
        v("observer_radius_m", observer_radius_m);
    v("bearing_mdeg", bearing_mdeg), v("bearing_error_mdeg", bearing_error_mdeg), v("distance_m", distance_m);
    v("distance_error_m", distance_error_m), v("kind", kind), v("subkind", subkind), v("means", means),
        v("assessment", assessment);
    v("direction_mdeg", direction_mdeg), v("count_low", count_low), v("count_best", count_best),
        v("count_high", count_high);
    v("killed_low", killed_low), v("killed_best", killed_best), v("killed_high", killed_high),
        v("injured_low", injured_low);
    v("injured_best", injured_best), v("injured_high", injured_high), v("said_by", said_by), v("reporter", reporter);
    v("source", source), v("source_id", source_id), v("recorded_ms", recorded_ms), v("incident", incident),
        v("certainty_ppm", certainty_ppm);
    v("more", more);
  }
};

// What happened, once. Its id is that of its member with the smallest (party, log, index).
struct IncidentRow {
  std::string day, party, log;
  Int idx = 0;
  std::string id;
  Int from_ms = 0, to_ms = 0, precision_s = 0;
  OptInt lat_e7, lng_e7;
  Int radius_m = 0;
  std::string kind, group, means, assessment;
  std::string zones;         // ids of zones in force whose ring holds the nominal place
  std::string zones_any;     // the same whatever the validity
  std::string relation;      // strongest over ring zones in force, from the whole uncertainty
  std::string forbidden_by;  // those of `zones` that forbid this kind
  std::string answers;  // canonical JSON: [[zone, party of the map, relation, probability in ppm, in force 0|1], ...];
                        // empty: none
  Int reports = 0;      // effective reports without linked copies
  Int linked = 0;
  std::string parties;  // ids of parties whose own logs report it, then said:ID
  OptInt count_low, count_best, count_high;
  OptInt killed_low, killed_best, killed_high, injured_low, injured_best, injured_high;
  std::string attribution;  // "actor:ID", "unknown", "disputed:A;B", empty: not stated
  std::string place_ref;    // named place or zone of the first member, empty: none
  Int over_quota = 0;       // 1: listed, in no count
  Int posts = 0;            // different posts among the reporters
  std::string kinds;        // where reports differ: "explosion:1;shelling:3"; else empty
  Int certainty_ppm = 0;    // of the member that is least sure to belong here
  std::string alike;        // id of the incident that this one may be the same as; empty: none comes near
  Int alike_ppm = 0;        // how likely the member that is nearest to it belongs there
  std::string claims;       // canonical JSON: what each party says, where there are several reports; else empty
  Int slab = 0;             // of the blocks of fusion that it was formed in
  std::string more;         // canonical JSON of details and codes, empty: none

  template <typename V>
  void visit_columns(V&& v) {
    v("day", day), v("party", party), v("log", log), v("idx", idx), v("id", id), v("from_ms", from_ms),
        v("to_ms", to_ms);
    v("precision_s", precision_s), v("lat_e7", lat_e7), v("lng_e7", lng_e7), v("radius_m", radius_m), v("kind", kind);
    v("kind_group", group), v("means", means), v("assessment", assessment), v("zones", zones),
        v("zones_any", zones_any);
    v("relation", relation), v("forbidden_by", forbidden_by), v("answers", answers), v("reports", reports),
        v("linked", linked);
    v("parties", parties), v("count_low", count_low), v("count_best", count_best), v("count_high", count_high);
    v("killed_low", killed_low), v("killed_best", killed_best), v("killed_high", killed_high),
        v("injured_low", injured_low);
    v("injured_best", injured_best), v("injured_high", injured_high), v("attribution", attribution),
        v("place_ref", place_ref);
    v("over_quota", over_quota), v("posts", posts), v("kinds", kinds), v("certainty_ppm", certainty_ppm),
        v("alike", alike);
    v("alike_ppm", alike_ppm), v("claims", claims), v("slab", slab), v("more", more);
  }
};

// A calibration, as stated. State: in-force, proposed (not by the rule yet), withdrawn, ignored (another follows the
// same).
struct CalibrationRow {
  std::string statement, party, follows, state, from_day, to_day, model;
  Int number = 0;  // in the chain, from 1; 0: not in it
  Int reports = 0, compared = 0, recorded_ms = 0;
  // Parties that decide, joined by ';'; empty where one party decides alone. In words, and by silence; an objection
  // that came too late counts for nothing, and its party is silent.
  std::string consented, silent, objected, too_late;

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("party", party), v("follows", follows), v("state", state), v("from_day", from_day),
        v("to_day", to_day);
    v("model_blob", model), v("number", number), v("reports", reports), v("compared", compared),
        v("recorded_ms", recorded_ms), v("consented", consented), v("silent", silent), v("objected", objected),
        v("too_late", too_late);
  }
};

// A join or split of two reports. State: effective, contradicted, too-far (reports of different slabs cannot be
// joined), pending (a report is not in the cut, not effective or over quota), withdrawn.
struct LinkRow {
  std::string statement, party, what, first, second, state;
  Int recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("party", party), v("what", what), v("first", first), v("second", second),
        v("state", state);
    v("recorded_ms", recorded_ms);
  }
};

// A slab of reports that were looked at together, between two cuts (monitor/fusion_blocks.h).
struct SlabRow {
  Int slab = 0;
  Int from_ms = 0, to_ms = 0;       // half open
  std::string first_day, last_day;  // of its reports
  Int reports = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("slab", slab), v("from_ms", from_ms), v("to_ms", to_ms), v("first_day", first_day), v("last_day", last_day),
        v("reports", reports);
  }
};

// One party's map of one zone. State: in-force (the last version that the rule agrees on), proposed (the effective
// version, where the rule does not agree on it yet): up to two rows a map.
struct ZoneRow {
  std::string zone, party, said_by, statement, kind;
  std::string names;                  // canonical JSON, language -> name
  OptInt valid_from_ms, valid_to_ms;  // absent: without end on that side
  std::string geometry;               // hash of the blob, base64url
  std::string near;                   // hash of the blob or empty
  std::string forbids;                // canonical JSON list as stated; empty: by default
  std::string withdrawal;
  std::string state = "in-force";
  std::string consented, silent, objected, too_late;  // as in CalibrationRow

  template <typename V>
  void visit_columns(V&& v) {
    v("zone", zone), v("party", party), v("said_by", said_by), v("statement", statement), v("kind", kind),
        v("names", names);
    v("valid_from_ms", valid_from_ms), v("valid_to_ms", valid_to_ms), v("geometry_blob", geometry),
        v("near_blob", near);
    v("forbids", forbids), v("withdrawal", withdrawal), v("state", state), v("consented", consented);
    v("silent", silent), v("objected", objected), v("too_late", too_late);
  }
};

struct ActorRow {
  std::string actor, party, statement, names, neutral, called, part_of;
  OptInt from_ms, to_ms;

  template <typename V>
  void visit_columns(V&& v) {
    v("actor", actor), v("party", party), v("statement", statement), v("names", names), v("neutral", neutral),
        v("called", called);
    v("part_of", part_of), v("from_ms", from_ms), v("to_ms", to_ms);
  }
};

struct PlaceListRow {
  std::string list, party, statement, title, source, blob;
  Int count = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("list", list), v("party", party), v("statement", statement), v("title", title), v("source", source),
        v("places_blob", blob);
    v("places", count);
  }
};

struct ImportRow {
  std::string party;
  Int number = 0;  // ordinal over this party's imports, from 1
  std::string statement, format, source, file, state;
  Int rows = 0, known = 0, rejected = 0, recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("party", party), v("number", number), v("statement", statement), v("format", format), v("source", source),
        v("file", file);
    v("state", state), v("rows", rows), v("known", known), v("rejected", rejected), v("recorded_ms", recorded_ms);
  }
};

// A statement that changes another, or that counts for nothing, with why. `day` is that of the report concerned, empty
// without one. What: corrected, withdrawn (effective changes); superseded, ignored, pending, not-understood (without
// effect).
struct ChangeRow {
  std::string day, statement, type, what, target, report;
  std::string reason;   // withdrawal reason, or why it has no effect
  std::string changed;  // of a correction: names of the body's members that differ, joined by ';'
  Int recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("day", day), v("statement", statement), v("type", type), v("what", what), v("target", target),
        v("report", report);
    v("reason", reason), v("changed", changed), v("recorded_ms", recorded_ms);
  }
};

// One head of a receipt. State: held, other-root (another branch than the log of this cut), beyond (of the cut). In no
// digest.
struct ReceiptRow {
  std::string day, party, main;  // the day of `recorded`; party/main/idx is the receipt
  Int idx = 0;
  std::string log_party, log;
  Int size = 0;
  std::string root, state;
  Int recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("day", day), v("party", party), v("main", main), v("idx", idx), v("log_party", log_party), v("log", log);
    v("size", size), v("root", root), v("state", state), v("recorded_ms", recorded_ms);
  }
};

// A log of the cut, and how far it is settled (standing.h). In no digest.
struct StandingRow {
  std::string party, log;
  Int size = 0, settled = 0;
  OptInt newest_ms;      // of the statements that count; absent: none does
  std::string received;  // canonical JSON {party: size}
  Int frozen = 0;        // 1: a fork is proven
  Int main = 0, open = 0;
  OptInt closed_at;       // entries at or beyond do not count
  std::string opened_by;  // statement; empty: by the document, or not at all
  std::string moved_on;   // canonical JSON {version: index}: from where on its entries are of a document

  template <typename V>
  void visit_columns(V&& v) {
    v("party", party), v("log", log), v("size", size), v("settled", settled), v("newest_ms", newest_ms);
    v("received", received), v("frozen", frozen), v("main", main), v("open", open), v("closed_at", closed_at);
    v("opened_by", opened_by), v("moved_on", moved_on);
  }
};

// A document that was proposed. State: in-force (it is in the chain; the last of it holds), proposed, refused. Parties
// joined by ';'.
struct AmendmentRow {
  std::string statement, party, document, amends;
  Int version = 0;
  std::string state, consented, silent, objected, too_late;  // as in CalibrationRow

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("party", party), v("document", document), v("amends", amends), v("version", version);
    v("state", state), v("consented", consented), v("silent", silent), v("objected", objected), v("too_late", too_late);
  }
};

// Hours of patrol in a zone on a day, by party: from effective reports of kind patrol.
struct CoverageRow {
  std::string day, zone, party;
  Int patrols = 0, day_minutes = 0, night_minutes = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("day", day), v("zone", zone), v("party", party), v("patrols", patrols), v("day_minutes", day_minutes),
        v("night_minutes", night_minutes);
  }
};

// A day with reports that a signed brief of all zones covers: it keeps the maps of zones that were in force at the
// brief's cut, whatever is decided later.
struct SignedDayRow {
  std::string day;
  std::string brief;  // statement; of several the one that was proposed last
  std::string maps;   // canonical JSON: [[statement, in-force|proposed], ...]; empty: the same as now
  // Canonical JSON: [[zone, incidents, incidents by the maps of now, forbidden, forbidden by those of now], ...] where
  // they differ; empty: nowhere.
  std::string would_change;

  template <typename V>
  void visit_columns(V&& v) {
    v("day", day), v("brief", brief), v("maps", maps), v("would_change", would_change);
  }
};

}  // namespace truce::picture
