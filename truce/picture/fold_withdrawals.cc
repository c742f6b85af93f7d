// SPDX-License-Identifier: Apache-2.0
//
// What the fold does with withdrawals: which reports positions and signed briefs hold, so that one person alone cannot
// take them back, and who has seconded it (docs/format/position.md, Withdrawing).

#include <algorithm>

#include "truce/picture/fold.h"
#include "truce/picture/folder.h"

namespace truce::picture {
namespace {

// Successors of a main log are in the same hands as the main log.
std::string_view hands_of(const LogId& log) {
  return main_number(log.log) != 0 ? std::string_view("main") : std::string_view(log.log);
}

}  // namespace

bool takes_sealed_part_alone(const Change& withdrawal) {
  return withdrawal.withdraws &&
         withdrawal.reason == monitor::withdrawal_reason_code(monitor::WithdrawalReason::kSourceSafety);
}

void Folder::find_signed_briefs() {
  for (const BriefRow& row : brief_rows_) {
    if (row.state != "signed") continue;
    const auto stated =
        std::ranges::find_if(judged_.briefs, [&](const StatedBrief& b) { return b.id.to_string() == row.statement; });
    if (stated == judged_.briefs.end()) continue;
    // A brief of a cut that is none holds nothing: nobody can compute it.
    auto cut = Cut::from_json(stated->body.cut);
    if (!cut || cut->mechanism != request_.cut.mechanism) continue;
    signed_briefs_.push_back({stated->id, stated->recorded_ms, stated->body.first_day.days, stated->body.last_day.days,
                              stated->body.zone, std::move(cut).value()});
  }
}

void Folder::find_holds() {
  if (judged_.views.positions.empty()) return;
  const auto is_here = [&](const StatementRef& ref) { return find_report(ref) != nullptr; };
  std::set<StatementId> positions, withdrawn;
  for (const StatedPosition& p : judged_.views.positions) positions.insert(p.id);
  for (const OpenChange& open : judged_.changes) {
    const Change& c = open.change;
    if (c.withdraws && c.target.log.party == c.id.log.party && positions.contains(c.target) &&
        is_in_cut({c.target, open.target_leaf}))
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
    return std::ranges::any_of(list, [&](const Hold& h) { return h.recorded_ms <= withdrawal.recorded_ms; });
  };
  if (const auto it = holds_.find(withdrawal.target); it != holds_.end()) return holds_it(it->second);
  const auto import = held_imports_.find(withdrawal.target.to_string());
  return import != held_imports_.end() && holds_it(import->second);
}

bool Folder::is_under_brief(const Facts& report, const Change& withdrawal) const {
  const StatementId id{{names_.text(report.party), names_.text(report.log)}, report.idx};
  return std::ranges::any_of(signed_briefs_, [&](const SignedBrief& b) {
    const CutLog* of_report = b.cut.find(id.log);
    const CutLog* of_withdrawal = b.cut.find(withdrawal.id.log);
    return b.first_day <= report.day && report.day <= b.last_day && of_report != nullptr &&
           id.index < of_report->size && (of_withdrawal == nullptr || withdrawal.id.index >= of_withdrawal->size) &&
           b.recorded_ms <= withdrawal.recorded_ms;
  });
}

std::vector<const Facts*> Folder::under_briefs(const Change& withdrawal) {
  std::vector<const Facts*> out;
  if (signed_briefs_.empty()) return out;
  if (const Facts* report =
          find_report({withdrawal.target, leaves_.at(withdrawal.target.log)[withdrawal.target.index]});
      report != nullptr) {
    if (is_under_brief(*report, withdrawal)) out.push_back(report);
    return out;
  }
  const std::uint32_t import = names_.number(withdrawal.target.to_string());
  for (const Facts& f : judged_.reports) {
    if (f.import_id == import && is_under_brief(f, withdrawal)) out.push_back(&f);
  }
  return out;
}

bool Folder::is_in_cut(const StatementRef& ref) const {
  const auto log = leaves_.find(ref.id.log);
  return log != leaves_.end() && ref.id.index < log->second.size() && log->second[ref.id.index] == ref.leaf;
}

// A second person speaks from another log of the party, under another key: an office or device that was opened before
// the withdrawal was stated, where the main log's order tells, or the main log for a desk. Where both name a person,
// two persons.
bool Folder::is_other_person(const OpenSecond& second, const OpenChange& withdrawal) const {
  const LogId& first = withdrawal.change.id.log;
  if (second.id.log.party != first.party || hands_of(second.id.log) == hands_of(first)) return false;
  if (!second.by.empty() && second.by == withdrawal.by) return false;
  const std::string& opened_by = book_.of(second.id.log).opened_by;
  if (hands_of(first) != "main" || opened_by.empty()) return true;
  const auto opening = StatementId::parse(opened_by);
  return opening && before_in_main(opening.value(), withdrawal.change.id);
}

void Folder::look_up_seconds() {
  std::map<StatementId, const OpenChange*> withdrawals;
  for (const OpenChange& open : judged_.changes) {
    if (open.change.withdraws) withdrawals.emplace(open.change.id, &open);
  }
  std::ranges::sort(judged_.seconds, {}, &OpenSecond::id);
  for (const OpenSecond& s : judged_.seconds) {
    ChangeRow row;
    row.statement = s.id.to_string();
    row.type = monitor::kTypeSecond;
    row.target = s.to.id.to_string();
    row.recorded_ms = s.recorded_ms;
    row.what = "ignored";
    const auto withdrawal = withdrawals.find(s.to.id);
    const auto log = leaves_.find(s.to.id.log);
    if (log == leaves_.end() || s.to.id.index >= log->second.size()) {
      row.what = "pending";
    } else if (log->second[s.to.id.index] != s.to.leaf) {
      row.reason = "the reference does not match";
    } else if (withdrawal == withdrawals.end()) {
      row.reason = "no such withdrawal";
    } else if (!is_other_person(s, *withdrawal->second)) {
      row.reason = "not by a second person";
    } else {
      row.what = kSeconded;
      seconded_.try_emplace(s.to.id, s.id);
    }
    change_rows_.push_back(std::move(row));
  }
}

}  // namespace truce::picture
