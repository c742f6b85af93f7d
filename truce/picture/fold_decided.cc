// SPDX-License-Identifier: Apache-2.0
//
// What the parties decide by a rule: which maps of zones and which calibrations are in force. Decided at the cut's own
// time, by the voices and receipts of the cut.

#include <algorithm>
#include <set>

#include "truce/monitor/calibration.h"
#include "truce/picture/fold.h"
#include "truce/picture/folder.h"
#include "truce/picture/zone_maps.h"

namespace truce::picture {
namespace {

constexpr std::string_view kZoneSubject = "zone";
constexpr std::string_view kCalibrationSubject = "calibration";

template <typename Row>
void put_words(Weighed& weighed, Row& row) {
  row.consented = std::move(weighed.consented);
  row.silent = std::move(weighed.silent);
  row.objected = std::move(weighed.objected);
  row.too_late = std::move(weighed.too_late);
}

}  // namespace

// Texts of a body's member, canonical; empty where it has none.
std::string member_text(const Json& body, std::string_view name) {
  const Json* j = body.find(name);
  return j != nullptr ? j->to_canonical() : std::string();
}

// Whether a statement is in a cut; no cut: all are.
bool Folder::is_within(const StatementId& id, const Cut* cut) {
  if (cut == nullptr) return true;
  const CutLog* log = cut->find(id.log);
  return log != nullptr && id.index < log->size;
}

Status Folder::fold_zones() {
  TRUCE_TRY(zone_rows_, zone_rows_at(nullptr, *weigher_, changes_, change_rows_));
  TRUCE_TRY(zones_, zone_book_of(zone_rows_, [this](const Hash& h) { return source_.blob(h); }));
  return {};
}

Result<std::vector<ZoneRow>> Folder::zone_rows_at(const Cut* cut, const Weigher& weigher, Changes& changes,
                                                  std::vector<ChangeRow>& change_rows) const {
  std::vector<ZoneRow> rows;
  std::map<StatementId, std::int64_t> recorded;  // of versions
  for (const OpenChange& open : judged_.changes) recorded.emplace(open.change.id, open.change.recorded_ms);
  std::map<std::tuple<std::string, std::string, std::string>, std::pair<StatementId, StatementId>> seen;
  for (const auto& stated : judged_.zones) {
    if (!is_within(stated.id, cut)) continue;
    recorded.emplace(stated.id, stated.recorded_ms);
    const auto outcome = changes.resolve(stated.id, change_rows);
    if (outcome.withdrawn) continue;
    const std::string& party = stated.id.log.party;
    // The last version that is agreed; after it the effective one, where that is not.
    std::vector<std::pair<StatementId, Weighed>> shown;
    for (auto it = outcome.versions.rbegin(); it != outcome.versions.rend(); ++it) {
      TRUCE_TRY(Weighed w, weigh_by(weigher, kZoneSubject, *it, recorded.at(*it)));
      if (w.is_agreed || it == outcome.versions.rbegin()) shown.emplace_back(*it, std::move(w));
      if (shown.back().second.is_agreed) break;
    }
    for (auto& [version, weighed] : shown) {
      const monitor::ZoneStatement& z = version == stated.id ? stated.body : judged_.corrected_zones.at(version);
      // One party states one map of a zone (for each party whose map it is said to be); the smallest statement counts.
      const auto [it, is_new] = seen.try_emplace({z.id, party, z.said_by}, stated.id, version);
      if (!is_new && it->second.first != stated.id) {
        ChangeRow row;
        row.statement = version.to_string();
        row.type = monitor::kTypeZone;
        row.what = "ignored";
        row.target = it->second.second.to_string();
        row.reason = "the zone is stated already";
        row.recorded_ms = stated.recorded_ms;
        change_rows.push_back(std::move(row));
        continue;
      }
      ZoneRow row = zone_row(z, version);
      row.state = weighed.is_agreed ? "in-force" : "proposed";
      put_words(weighed, row);
      rows.push_back(std::move(row));
    }
  }
  std::ranges::sort(rows, {}, [](const ZoneRow& r) { return std::tie(r.zone, r.party, r.said_by, r.statement); });
  return rows;
}

Status Folder::weigh_voices() {
  weigher_.emplace(Weigher::Input{documents_, book_, judged_.record.voices, heads_, extents()}, moved_on(),
                   newest_in(request_.cut));
  if (!weigher_->decides_alone()) {
    TRUCE_TRY(agreed_zones_, agreed_zones_at(nullptr, *weigher_));
  }
  return {};
}

// Maps that the rule agrees on, and what they replace: to take these back is for the rule too.
Result<std::set<StatementId>> Folder::agreed_zones_at(const Cut* cut, const Weigher& weigher) const {
  std::set<StatementId> out;
  std::map<StatementId, const Change*> corrections;
  for (const OpenChange& open : judged_.changes) {
    if (!open.change.withdraws && is_within(open.change.id, cut)) corrections.emplace(open.change.id, &open.change);
  }
  const auto mark = [&](StatementId id, std::int64_t recorded_ms) -> Status {
    if (!is_within(id, cut)) return {};
    TRUCE_TRY(const Weighed weighed, weigh_by(weigher, kZoneSubject, id, recorded_ms));
    if (!weighed.is_agreed) return {};
    while (out.insert(id).second) {
      const auto correction = corrections.find(id);
      if (correction == corrections.end()) break;
      id = correction->second->target;
    }
    return {};
  };
  for (const auto& z : judged_.zones) TRUCE_CHECK(mark(z.id, z.recorded_ms));
  for (const auto& [id, body] : judged_.corrected_zones) {
    if (const auto c = corrections.find(id); c != corrections.end()) TRUCE_CHECK(mark(id, c->second->recorded_ms));
  }
  return out;
}

// The maps in force at an older cut: by its statements, voices and receipts, and the rule of now.
Result<std::vector<ZoneRow>> Folder::zone_rows_of_cut(const Cut& cut) {
  std::vector<StatedVoice> voices;
  for (const StatedVoice& v : judged_.record.voices) {
    if (is_within(v.id, &cut)) voices.push_back(v);
  }
  std::vector<ReceiptHead> heads;
  for (const ReceiptHead& h : heads_) {
    if (is_within(h.receipt, &cut)) heads.push_back(h);
  }
  std::vector<LogExtent> logs;
  for (const CutLog& l : cut.logs) {
    LogExtent extent{l.log, l.size, {}};
    // Newest times ask for every entry: read only where silence decides.
    if (mechanism_.rule(kZoneSubject).rule == "silence") {
      const LogBook::Log& state = book_.of(l.log);
      TRUCE_TRY(const auto newest, newest_in(l.log, 0, state.is_open ? std::min(state.closed_at, l.size) : 0));
      if (newest) extent.newest_ms = newest->ms;
    }
    logs.push_back(std::move(extent));
  }
  const Weigher weigher({documents_, book_, voices, heads, logs}, moved_on(), newest_in(cut));
  std::set<StatementId> agreed;
  if (!weigher.decides_alone()) {
    TRUCE_TRY(agreed, agreed_zones_at(&cut, weigher));
  }
  Changes changes;
  for (const OpenChange& open : judged_.changes) {
    const Change& c = open.change;
    if (!is_within(c.id, &cut) || c.target.log.party != c.id.log.party || !is_in_cut({c.target, open.target_leaf}))
      continue;
    if (!c.withdraws && c.type != monitor::kTypeZone) continue;
    if (c.withdraws && agreed.contains(c.target)) {
      TRUCE_TRY(const Weighed weighed, weigh_by(weigher, kZoneSubject, c.id, c.recorded_ms));
      if (!weighed.is_agreed) continue;
    }
    changes.add(c);
  }
  std::vector<ChangeRow> unused;
  return zone_rows_at(&cut, weigher, changes, unused);
}

// Days of briefs of all zones that are signed and computable here: the one that was proposed last counts. `days`: those
// with reports.
Status Folder::find_signed_days(const std::set<std::int32_t>& days) {
  std::vector<const SignedBrief*> order;
  for (const SignedBrief& b : signed_briefs_) {
    const bool is_here = std::ranges::all_of(b.cut.logs, [&](const CutLog& l) {
      const CutLog* log = request_.cut.find(l.log);
      return log != nullptr && l.size <= log->size;
    });
    if (b.zone.empty() && is_here) order.push_back(&b);
  }
  std::ranges::sort(order, {}, [](const SignedBrief* b) { return std::tie(b->recorded_ms, b->id); });
  const std::string now = maps_text(zone_rows_);
  for (const SignedBrief* b : order) {
    const auto first = days.lower_bound(b->first_day);
    const auto last = days.upper_bound(b->last_day);
    if (first == last) continue;
    TRUCE_TRY(const auto rows, zone_rows_of_cut(b->cut));
    std::string maps = maps_text(rows);
    if (maps == now) maps.clear();
    for (auto day = first; day != last; ++day) signed_days_.set(*day, b->id.to_string(), maps);
  }
  return signed_days_.load(source_);
}

Status Folder::load_signed_days(TableReader& reader) {
  TRUCE_TRY(const auto rows, read_rows<SignedDayRow>(reader));
  for (const SignedDayRow& r : rows) {
    TRUCE_TRY(const Date day, Date::parse(r.day));
    signed_days_.set(day.days, r.brief, r.maps);
  }
  return signed_days_.load(source_);
}

Result<Weighed> Folder::weigh_by(const Weigher& weigher, std::string_view subject, const StatementId& id,
                                 std::int64_t recorded_ms) const {
  const StatementRef ref{id, leaves_.at(id.log)[id.index]};
  return weigher.weigh(subject, ref, recorded_ms);
}

Result<Weighed> Folder::weigh(std::string_view subject, const StatementId& id, std::int64_t recorded_ms) const {
  return weigh_by(*weigher_, subject, id, recorded_ms);
}

Result<bool> Folder::may_withdraw_zone(const Change& withdrawal) const {
  if (!agreed_zones_.contains(withdrawal.target)) return true;
  TRUCE_TRY(const Weighed weighed, weigh(kZoneSubject, withdrawal.id, withdrawal.recorded_ms));
  return weighed.is_agreed;
}

Status Folder::fold_calibrations() {
  // Those that the rule agrees on can be in force; of these, by the chain, one after the other.
  std::ranges::sort(judged_.calibrations, {}, &StatedCalibration::id);
  std::map<std::string, std::size_t> row_of;
  for (const StatedCalibration& c : judged_.calibrations) {
    const auto outcome = changes_.resolve(c.id, change_rows_);
    CalibrationRow row;
    row.statement = c.id.to_string();
    row.party = c.id.log.party;
    row.from_day = c.body.from.to_string();
    row.to_day = c.body.to.to_string();
    row.model = c.body.model.base64url();
    row.reports = c.body.reports;
    row.compared = c.body.compared;
    row.recorded_ms = c.recorded_ms;
    TRUCE_TRY(Weighed weighed, weigh(kCalibrationSubject, c.id, c.recorded_ms));
    row.state = outcome.withdrawn ? "withdrawn" : weighed.is_agreed ? "ignored" : "proposed";
    put_words(weighed, row);
    if (c.follows) {
      row.follows = c.follows->id.to_string();
      const auto log = leaves_.find(c.follows->id.log);
      const bool is_it = log != leaves_.end() && c.follows->id.index < log->second.size() &&
                         log->second[c.follows->id.index] == c.follows->leaf;
      if (!is_it) row.follows = "?" + row.follows;  // of another branch: never in the chain
    }
    row_of[row.statement] = calibration_rows_.size();
    calibration_rows_.push_back(std::move(row));
  }
  // Follows through what was withdrawn or refused; of several that follow the same the smallest statement counts.
  std::set<std::string> refused;
  const auto predecessor = [&](const CalibrationRow& row) {
    std::string at = row.follows;
    for (auto it = row_of.find(at); it != row_of.end(); it = row_of.find(at)) {
      const CalibrationRow& earlier = calibration_rows_[it->second];
      if (earlier.state != "withdrawn" && !refused.contains(at)) break;
      at = earlier.follows;
    }
    return at;
  };
  std::string last;
  Int number = 0;
  for (bool found = true; found;) {
    found = false;
    for (CalibrationRow& row : calibration_rows_) {
      if (row.state != "ignored" || refused.contains(row.statement) || predecessor(row) != last) continue;
      found = true;
      TRUCE_TRY(auto model, model_of(row));
      if (!model) {
        // Takes nobody's place: those that follow it, or what it follows, are looked at as if it were not there.
        refused.insert(row.statement);
        break;
      }
      row.state = "in-force";
      row.number = ++number;
      last = row.statement;
      chain_.push_back(std::move(*model));
      break;
    }
  }
  // Agreed on, but what it follows is not.
  for (CalibrationRow& row : calibration_rows_) {
    if (row.state != "ignored" || refused.contains(row.statement)) continue;
    const auto before = row_of.find(predecessor(row));
    if (before != row_of.end() && calibration_rows_[before->second].state == "proposed") row.state = "proposed";
  }
  for (CalibrationRow& row : calibration_rows_) {
    if (!row.follows.empty() && row.follows[0] == '?') row.follows.erase(0, 1);
  }
  std::ranges::sort(calibration_rows_, {}, &CalibrationRow::statement);
  return {};
}

Result<std::optional<InForce>> Folder::model_of(const CalibrationRow& row) {
  TRUCE_TRY(const Hash hash, Hash::from_base64url(row.model));
  TRUCE_TRY(const std::string blob, source_.blob(hash));
  TRUCE_TRY(const Date from, Date::parse(row.from_day));
  auto model = monitor::model_from_blob(blob);
  if (!model || !monitor::check_within_caps(model.value())) return std::optional<InForce>();
  return std::optional<InForce>({from.days, std::make_shared<const monitor::FusionModel>(std::move(model).value())});
}

Status Folder::load_chain() {
  std::vector<const CalibrationRow*> chain;
  for (const CalibrationRow& row : calibration_rows_) {
    if (row.state == "in-force") chain.push_back(&row);
  }
  std::ranges::sort(chain, {}, [](const CalibrationRow* r) { return r->number; });
  for (const CalibrationRow* row : chain) {
    TRUCE_TRY(auto model, model_of(*row));
    if (!model)
      return fail(ErrorCode::kBadDatabase, "a calibration in force whose tables teach nothing", row->statement);
    chain_.push_back(std::move(*model));
  }
  return {};
}

}  // namespace truce::picture
