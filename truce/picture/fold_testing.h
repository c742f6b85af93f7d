// SPDX-License-Identifier: Apache-2.0
//
// What tests of the fold share: a small world of logs in memory to say statements in, and pictures as lines to compare.
// For tests only.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/report.h"
#include "truce/picture/fold.h"
#include "truce/record/envelope.h"
#include "truce/record/merkle.h"
#include "truce/record/statements.h"

namespace truce::picture {

inline mechanism::Party party(std::string id, mechanism::Role role, char key) {
  return {
      id,
      id,
      role,
      {std::string(32, key), std::string(32, static_cast<char>(key + 1)), std::string(32, static_cast<char>(key + 2))}};
}

inline mechanism::Mechanism two_parties() {
  mechanism::Mechanism m;
  m.name = "test";
  m.parties = {party("north", mechanism::Role::kGuarantor, 'a'), party("south", mechanism::Role::kGuarantor, 'k')};
  return m;
}

// A small world of logs to write statements into.
class World {
 public:
  explicit World(mechanism::Mechanism m)
      : mechanism(std::move(m)), id(mechanism::mechanism_id(mechanism.to_bytes().value())) {}

  StatementRef say(const LogId& log, std::string_view type, Json body, std::vector<record::Reference> references = {},
                   std::vector<Hash> blobs = {}) {
    open(log);
    return add(log, type, std::move(body), std::move(references), std::move(blobs));
  }
  // A log begins with its acceptance; one that is not the main log is opened there.
  void open(const LogId& log) {
    if (source.logs().contains(log)) return;
    if (log.log != "main") {
      const LogId main{log.party, "main"};
      open(main);
      add(main, "log-open", record::LogOpen{log.log, std::string(32, 'd')}.to_body(), {}, {});
    }
    add(log, "acceptance", Json::object({{"log", log.to_string()}}), {}, {});
  }
  // Head of a log as it stands, or as it stood at a size.
  [[nodiscard]] record::Head head(const LogId& log, std::uint64_t size = UINT64_MAX) const {
    record::Frontier tree;
    for (const std::string& entry : source.logs().at(log)) {
      if (tree.size() == size) break;
      tree.append(record::leaf_hash(entry), {});
    }
    return {log, tree.size(), tree.root()};
  }
  // Everybody but the author consents.
  void agree(const StatementRef& to) {
    for (const mechanism::Party& p : mechanism.parties) {
      if (p.id != to.id.log.party && p.receives()) say({p.id, "main"}, "consent", Json::object(), {{"to", to}});
    }
  }
  // `party` states that it holds these heads.
  StatementRef receive(const std::string& party, std::vector<record::Head> heads) {
    std::ranges::sort(heads, {}, &record::Head::log);
    return say({party, "main"}, "receipt", record::Receipt{std::move(heads)}.to_body());
  }
  [[nodiscard]] Cut cut() const {
    Cut c;
    c.mechanism = id;
    for (const auto& [log, entries] : source.logs()) c.logs.push_back({log, entries.size(), head(log).root});
    return c;
  }
  Folded fold_all(MemoryTables& tables) {
    FoldRequest request{&mechanism, cut(), {}, {}};
    auto folded = fold(request, source, tables);
    EXPECT_TRUE(folded.has_value()) << folded.error().to_string();
    return std::move(folded).value();
  }

  mechanism::Mechanism mechanism;
  Hash id;
  MemorySource source;
  std::string by;  // who says what is said from here on
  std::int64_t clock_ms = 1'500'000'000'000;
  std::int64_t version = 1;  // of the document that statements are made under

 private:
  StatementRef add(const LogId& log, std::string_view type, Json body, std::vector<record::Reference> references,
                   std::vector<Hash> blobs) {
    record::Envelope e;
    e.type = type;
    e.mechanism = id;
    e.author = log;
    e.mechanism_version = version;
    e.recorded = Instant{clock_ms += 1000};
    e.body = std::move(body);
    e.references = std::move(references);
    std::ranges::sort(blobs);
    e.required_blobs = std::move(blobs);
    e.by = by;
    const std::string entry = record::encode(e).value();
    const std::uint64_t index = source.add(log, entry);
    return {{log, index}, record::leaf_hash(entry)};
  }
};

inline const LogId kNorth{"north", "main"};
inline const LogId kDesk{"north", "desk"};
inline const LogId kSouth{"south", "main"};

inline monitor::Report report_at(int day, std::int32_t lat_e7 = 359000000, std::int32_t lng_e7 = 366000000) {
  monitor::Report r;
  r.from = r.to = Instant{1'525'000'000'000 + day * 86'400'000LL};
  r.place.at = geo::LatLng::from_e7(lat_e7, lng_e7);
  r.place.radius_m = 100;
  r.kind = monitor::Kind::kShelling;
  r.count = monitor::Range::of(3);
  return r;
}

inline Json square_zone(World& w, const std::string& id, std::vector<Hash>& blobs) {
  geo::MultiPolygon square;
  square.polygons.push_back({{{geo::LatLng::from_e7(358000000, 365000000), geo::LatLng::from_e7(358000000, 367000000),
                               geo::LatLng::from_e7(360000000, 367000000), geo::LatLng::from_e7(360000000, 365000000)}},
                             {}});
  monitor::ZoneStatement z;
  z.id = id;
  z.geometry = w.source.add_blob(geo::to_blob(square));
  blobs = {z.geometry};
  return z.to_body();
}

// An observer beside the two.
inline mechanism::Mechanism three_parties() {
  mechanism::Mechanism m = two_parties();
  m.parties.insert(m.parties.begin(), party("east", mechanism::Role::kObserver, 'p'));
  return m;
}

inline Json voice(const record::Amendment& a) {
  record::VoiceStatement v;
  v.amendment = a;
  return v.to_body();
}

struct Proposed {
  record::Amendment body;
  StatementRef ref;
};
inline Proposed propose(World& w, const LogId& log, const mechanism::Mechanism& next) {
  record::Amendment a;
  a.amends = *next.amends;
  a.document = w.source.add_blob(next.to_bytes().value());
  a.version = next.version;
  return {a, w.say(log, "amendment", a.to_body(), {}, {a.document})};
}
inline mechanism::Mechanism follower(const mechanism::Mechanism& m) {
  mechanism::Mechanism next = m;
  next.amends = mechanism::mechanism_id(m.to_bytes().value());
  next.version = m.version + 1;
  return next;
}
inline StatementRef consent(World& w, const LogId& log, const Proposed& p) {
  return w.say(log, "consent", voice(p.body), {{"to", p.ref}});
}

// Every row as digested, for a readable difference.
inline std::vector<std::string> lines(MemoryTables& t) {
  std::vector<std::string> out;
  for (const Table& table : tables()) {
    EXPECT_TRUE(t.visit(table, "", "", [&](const Row& row) -> Status {
                   out.push_back(std::string(table.name) + " ");
                   append_digest_line(out.back(), row);
                   return {};
                 }).has_value());
  }
  return out;
}

}  // namespace truce::picture
