// SPDX-License-Identifier: Apache-2.0
//
// What the fold does with positions, inquiries and questions: how each fold looks up what they refer to.

#include <algorithm>
#include <unordered_map>

#include "truce/picture/fold.h"
#include "truce/picture/folder.h"

namespace truce::picture {

bool Folder::is_signed_off(const std::string& day) const {
  return std::ranges::any_of(brief_rows_, [&](const BriefRow& b) {
    return b.state == "signed" && b.zone.empty() && b.first_day <= day && day <= b.last_day;
  });
}

Result<ViewRows> Folder::views_of_all(const std::vector<Group>& groups, Instant as_of) {
  if (judged_.views.empty() && taken_from_brief_.empty()) return ViewRows{};
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

  // Effective withdrawals by what they took: a report or an import.
  std::map<std::string, Withdrawn> withdrawals;
  for (const ChangeRow& c : change_rows_) {
    if (c.what != "withdrawn") continue;
    TRUCE_TRY(const StatementId id, StatementId::parse(c.statement));
    const auto second = seconded_.find(id);
    withdrawals.try_emplace(c.target,
                            Withdrawn{id.log.party, c.statement, c.recorded_ms,
                                      second != seconded_.end() ? second->second.to_string() : std::string()});
  }
  std::map<StatementId, std::string> taken_from_brief;
  for (const StatementId& id : taken_from_brief_) {
    const Facts* f = find_report({id, leaves_.at(id.log)[id.index]});
    if (f != nullptr && f->state == ReportState::kWithdrawn) taken_from_brief[id] = Date{f->day}.to_string();
  }
  ViewLookup lookup;
  lookup.withdrawal = [&](const std::string& report) -> Result<std::optional<Withdrawn>> {
    if (const auto own = withdrawals.find(report); own != withdrawals.end()) return std::optional(own->second);
    TRUCE_TRY(const StatementId id, StatementId::parse(report));
    const Facts* f = find_report({id, leaves_.at(id.log)[id.index]});
    const auto import = f != nullptr ? withdrawals.find(names_.text(f->import_id)) : withdrawals.end();
    return import != withdrawals.end() ? std::optional(import->second) : std::nullopt;
  };
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
  return fold_views(mechanism_, judged_.views, withdrawn, taken_from_brief, lookup, *weigher_, as_of);
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
  for (const FindingRow& f : findings) {
    out.finding_days.insert(f.day);
    if (f.reopened.empty()) continue;
    TRUCE_TRY(const Json reopened, Json::parse_canonical(f.reopened));
    for (const Json& j : reopened.as_array()) {
      if (j.as_array().at(5).as_string() != "brief") continue;
      TRUCE_TRY(const StatementId report, StatementId::parse(j.as_array()[0].as_string()));
      out.taken_from_brief[report] = f.day;
    }
  }
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
  if (views.all.empty() && views.taken_from_brief.empty()) return std::vector<ChangeRow>();
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
  const auto withdrawal_of = [&](const std::string& target) -> Result<std::optional<Withdrawn>> {
    TRUCE_TRY(const auto rows, find_rows<ChangeRow>(reader, "target", target));
    for (const ChangeRow& c : rows) {
      if (c.what != "withdrawn") continue;
      TRUCE_TRY(const StatementId id, StatementId::parse(c.statement));
      Withdrawn out{id.log.party, c.statement, c.recorded_ms, {}};
      TRUCE_TRY(const auto seconds, find_rows<ChangeRow>(reader, "target", c.statement));
      for (const ChangeRow& s : seconds) {
        if (s.what == kSeconded && out.seconded_by.empty()) out.seconded_by = s.statement;
      }
      return std::optional(std::move(out));
    }
    return std::optional<Withdrawn>();
  };
  lookup.withdrawal = [&](const std::string& report) -> Result<std::optional<Withdrawn>> {
    TRUCE_TRY(auto own, withdrawal_of(report));
    if (own) return own;
    TRUCE_TRY(const auto rows, find_rows<ReportRow>(reader, "id", report));
    if (rows.empty() || rows[0].import_id.empty()) return std::optional<Withdrawn>();
    return withdrawal_of(rows[0].import_id);
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
  // Receipts are asked for by silence, and where there was an earlier document.
  std::vector<ReceiptHead> heads;
  if (documents_.size() > 1 || mechanism_.rule("finding").rule == "silence") {
    TRUCE_TRY(const auto rows, read_rows<ReceiptRow>(reader));
    for (const ReceiptRow& row : rows) {
      TRUCE_TRY(ReceiptHead head, receipt_head(row));
      heads.push_back(std::move(head));
    }
  }
  const Weigher weigher({documents_, book_, {}, heads, logs}, moved_on(), newest_in(request_.cut));
  TRUCE_TRY(ViewRows rows, fold_views(mechanism_, std::move(views.all), views.withdrawn, views.taken_from_brief, lookup,
                                      weigher, as_of));
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
