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

bool Folder::is_signed_off(const std::string& day) const {
  return std::ranges::any_of(brief_rows_, [&](const BriefRow& b) {
    return b.state == "signed" && b.zone.empty() && b.first_day <= day && day <= b.last_day;
  });
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
  lookup.is_signed_off = [this](const std::string& day) { return is_signed_off(day); };
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
    const auto first = std::ranges::lower_bound(members, key, {}, incident_key);
    for (auto it = first; it != members.end() && incident_key(*it) == key; ++it)
      out.members.push_back((*it)->id(names_));
    return out;
  };
  std::map<std::string, Instant> newest;
  for (const auto& [party, ms] : newest_by_party(logs)) newest[party] = Instant{ms};
  return fold_views(mechanism_, judged_.views, withdrawn, lookup, Receipts(heads_), newest, as_of);
}

Result<Folder::OldViews> Folder::load_views(TableReader& reader) {
  OldViews out;
  Judged old;
  const auto take = [&](const std::string& statement, bool is_withdrawn) -> Status {
    TRUCE_TRY(const StatementId id, StatementId::parse(statement));
    TRUCE_TRY(const std::string entry, source_.entry(id));
    judge_.take(id, entry, record::leaf_hash(entry), old);
    if (is_withdrawn) out.withdrawn.insert(id);
    return {};
  };
  TRUCE_TRY(const auto positions, read_rows<PositionRow>(reader));
  for (const PositionRow& p : positions) TRUCE_CHECK(take(p.statement, p.state == "withdrawn"));
  TRUCE_TRY(const auto inquiries, read_rows<InquiryRow>(reader));
  for (const InquiryRow& i : inquiries) TRUCE_CHECK(take(i.statement, i.state == "withdrawn"));
  TRUCE_TRY(const auto asks, read_rows<AskRow>(reader));
  for (const AskRow& a : asks) {
    TRUCE_CHECK(take(a.statement, a.state == "withdrawn"));
    if (!a.answer.empty()) TRUCE_CHECK(take(a.answer, false));
  }
  TRUCE_TRY(const auto findings, read_rows<FindingRow>(reader));
  for (const FindingRow& f : findings) out.finding_days.insert(f.day);
  out.all = std::move(old.views);
  const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  add(out.all.positions, judged_.views.positions);
  add(out.all.inquiries, judged_.views.inquiries);
  add(out.all.asks, judged_.views.asks);
  add(out.all.answers, judged_.views.answers);
  return out;
}

Result<bool> Folder::may_change_holds(const Views& all, TableReader& reader) const {
  std::set<StatementId> named;
  for (const StatedPosition& p : all.positions) {
    for (const StatementRef& ref : p.on) named.insert(ref.id);
  }
  for (const OpenChange& open : judged_.changes) {
    if (open.change.withdraws && named.contains(open.change.target)) return true;
  }
  for (const StatedPosition& p : judged_.views.positions) {
    for (const StatementRef& ref : p.on) {
      const std::string id = ref.id.to_string();
      TRUCE_TRY(const auto rows, find_rows<ReportRow>(reader, "id", id));
      TRUCE_TRY(const auto changes, find_rows<ChangeRow>(reader, "target", id));
      const auto withdraws = [](const ChangeRow& c) { return c.type == monitor::kTypeWithdrawal; };
      if ((!rows.empty() && rows[0].state == "withdrawn") || std::ranges::any_of(changes, withdraws)) return true;
    }
  }
  return false;
}

Result<std::vector<ChangeRow>> Folder::go_on_with_views(OldViews views, const std::vector<LogExtent>& logs,
                                                        Instant as_of, TableReader& reader, TableSink& sink,
                                                        std::vector<DayDigest>& digests) {
  if (views.all.empty()) return std::vector<ChangeRow>();
  ViewLookup lookup;
  lookup.is_signed_off = [this](const std::string& day) { return is_signed_off(day); };
  lookup.reference = [&](const StatementRef& ref) -> Result<RefState> {
    const CutLog* log = request_.cut.find(ref.id.log);
    if (log == nullptr || ref.id.index >= log->size) return RefState::kMissing;
    TRUCE_TRY(const std::string entry, source_.entry(ref.id));
    return record::leaf_hash(entry) == ref.leaf ? RefState::kHere : RefState::kOtherLeaf;
  };
  lookup.report = [&](const StatementRef& ref) -> Result<std::optional<NamedReport>> {
    TRUCE_TRY(const RefState state, lookup.reference(ref));
    if (state != RefState::kHere) return std::optional<NamedReport>();
    TRUCE_TRY(const auto rows, find_rows<ReportRow>(reader, "id", ref.id.to_string()));
    if (rows.empty()) return std::optional<NamedReport>();
    return std::optional(NamedReport{rows[0].state == "withdrawn", rows[0].incident, rows[0].day});
  };
  lookup.incident = [&](const std::string& id) -> Result<ViewLookup::Incident> {
    ViewLookup::Incident out;
    TRUCE_TRY(const auto incidents, find_rows<IncidentRow>(reader, "id", id));
    if (incidents.empty()) return out;
    out.day = incidents[0].day;
    TRUCE_TRY(const auto rows, find_rows<ReportRow>(reader, "incident", id));
    for (const ReportRow& r : rows) {
      if (r.state == report_state_code(ReportState::kEffective) ||
          r.state == report_state_code(ReportState::kOverQuota))
        out.members.push_back(r.id);
    }
    return out;
  };
  // Receipts are asked for by silence alone.
  std::vector<ReceiptHead> heads;
  if (mechanism_.rule("finding").rule == "silence") {
    TRUCE_TRY(const auto rows, read_rows<ReceiptRow>(reader));
    for (const ReceiptRow& row : rows) {
      TRUCE_TRY(ReceiptHead head, receipt_head(row));
      heads.push_back(std::move(head));
    }
  }
  std::map<std::string, Instant> newest;
  for (const auto& [party, ms] : newest_by_party(logs)) newest[party] = Instant{ms};
  TRUCE_TRY(ViewRows rows,
            fold_views(mechanism_, std::move(views.all), views.withdrawn, lookup, Receipts(heads), newest, as_of));
  TRUCE_CHECK(put_views(rows, views.finding_days, sink, digests));
  return std::move(rows.no_effect);
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
