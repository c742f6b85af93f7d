// SPDX-License-Identifier: Apache-2.0
//
// What the fold does with positions, inquiries and questions: the reports that they hold, and how each fold looks up
// what they refer to.

#include <algorithm>
#include <unordered_map>

#include "truce/picture/fold.h"
#include "truce/picture/folder.h"

namespace truce::picture {

bool takes_sealed_part_alone(const Change& withdrawal) {
  return withdrawal.withdraws &&
         withdrawal.reason == monitor::withdrawal_reason_code(monitor::WithdrawalReason::kSourceSafety);
}

void Folder::find_holds() {
  if (judged_.views.positions.empty()) return;
  const auto is_here = [&](const StatementRef& ref) { return find_report(ref) != nullptr; };
  const auto matches = [&](const StatementId& id, const Hash& leaf) {
    const auto log = leaves_.find(id.log);
    return log != leaves_.end() && id.index < log->second.size() && log->second[id.index] == leaf;
  };
  std::set<StatementId> positions, withdrawn;
  for (const StatedPosition& p : judged_.views.positions) positions.insert(p.id);
  for (const OpenChange& open : judged_.changes) {
    const Change& c = open.change;
    if (c.withdraws && c.target.log.party == c.id.log.party && positions.contains(c.target) &&
        matches(c.target, open.target_leaf))
      withdrawn.insert(c.target);
  }
  holds_ = holds(judged_.views.positions, withdrawn, is_here);
  for (const auto& [report, list] : holds_) {
    const Facts* facts = find_report({report, leaves_.at(report.log)[report.index]});
    if (facts == nullptr || facts->import_id == 0) continue;
    auto& of_import = held_imports_[names_.text(facts->import_id)];
    of_import.insert(of_import.end(), list.begin(), list.end());
  }
}

bool Folder::is_held(const Change& withdrawal) {
  const auto holds_it = [&](const std::vector<Hold>& list) {
    return std::ranges::any_of(list, [&](const Hold& h) {
      return h.party != withdrawal.id.log.party && h.recorded_ms <= withdrawal.recorded_ms;
    });
  };
  if (const auto it = holds_.find(withdrawal.target); it != holds_.end()) return holds_it(it->second);
  const auto import = held_imports_.find(withdrawal.target.to_string());
  return import != held_imports_.end() && holds_it(import->second);
}

Result<ViewRows> Folder::views_of_all(const std::vector<Group>& groups, const std::vector<LogExtent>& logs,
                                      Instant as_of) {
  if (judged_.views.empty()) return ViewRows{};
  std::set<StatementId> withdrawn;
  const auto resolve = [&](const auto& list) {
    for (const auto& v : list) {
      if (changes_.resolve(v.id, change_rows_).withdrawn) withdrawn.insert(v.id);
    }
  };
  resolve(judged_.views.positions);
  resolve(judged_.views.inquiries);
  resolve(judged_.views.asks);
  resolve(judged_.views.answers);

  // Counted reports by their incident, and incidents by the report that names them; looked up only.
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>;
  const auto incident_key = [](const Facts* f) { return Key{f->incident_party, f->incident_log, f->incident_idx}; };
  std::vector<const Facts*> members;
  for (const Facts& f : judged_.reports) {
    if (f.is_counted() && f.incident_party != 0) members.push_back(&f);
  }
  std::ranges::sort(members, {}, incident_key);
  std::unordered_map<std::string, std::int32_t> day_of;
  for (const Group& g : groups) day_of[g.members[0]->id(names_)] = g.day;

  ViewLookup lookup;
  lookup.reference = [&](const StatementRef& ref) -> Result<RefState> {
    const auto log = leaves_.find(ref.id.log);
    if (log == leaves_.end() || ref.id.index >= log->second.size()) return RefState::kMissing;
    return log->second[ref.id.index] == ref.leaf ? RefState::kHere : RefState::kOtherLeaf;
  };
  lookup.report = [&](const StatementRef& ref) -> Result<std::optional<NamedReport>> {
    const Facts* f = find_report(ref);
    if (f == nullptr) return std::optional<NamedReport>();
    NamedReport out;
    out.is_withdrawn = f->state == ReportState::kWithdrawn;
    out.day = Date{f->day}.to_string();
    if (f->incident_party != 0) out.incident = report_row(*f, names_).incident;
    return std::optional(std::move(out));
  };
  lookup.incident = [&](const std::string& id) -> Result<ViewLookup::Incident> {
    ViewLookup::Incident out;
    const auto day = day_of.find(id);
    if (day == day_of.end()) return out;
    out.day = Date{day->second}.to_string();
    TRUCE_TRY(const StatementId statement, StatementId::parse(id));
    const Key key{names_.number(statement.log.party), names_.number(statement.log.log), statement.index};
    for (const Facts* f : std::ranges::equal_range(members, key, {}, incident_key))
      out.members.push_back(f->id(names_));
    return out;
  };
  std::map<std::string, Instant> newest;
  for (const auto& [party, ms] : newest_by_party(logs)) newest[party] = Instant{ms};
  return fold_views(mechanism_, judged_.views, withdrawn, lookup, Receipts(heads_), newest, as_of);
}

Status Folder::put_views(ViewRows& views, const std::set<std::string>& before, TableSink& sink,
                         std::vector<DayDigest>& digests) {
  TRUCE_CHECK(put_rows(views.positions, "", sink, digests));
  TRUCE_CHECK(put_rows(views.inquiries, "", sink, digests));
  TRUCE_CHECK(put_rows(views.asks, "", sink, digests));
  std::map<std::string, std::vector<FindingRow>> days;
  for (const std::string& day : before) days[day];
  for (FindingRow& f : views.findings) days[f.day].push_back(std::move(f));
  for (auto& [day, rows] : days) TRUCE_CHECK(put_rows(rows, day, sink, digests));
  return {};
}

}  // namespace truce::picture
