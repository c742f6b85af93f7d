// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/changes.h"

#include <algorithm>

namespace truce::picture {
namespace {

ChangeRow row_of(const Change& c, std::string_view what, const StatementId& report) {
  ChangeRow r;
  r.statement = c.id.to_string();
  r.type = c.type;
  r.what = what;
  r.target = c.target.to_string();
  r.report = report.to_string();
  r.reason = c.reason;
  r.recorded_ms = c.recorded_ms;
  return r;
}

}  // namespace

Changes::Outcome Changes::resolve(const StatementId& id, std::vector<ChangeRow>& rows) {
  Outcome outcome{false, id, {id}};
  // Statements whose changes are still to be looked at; each is reached once, since a change has one target.
  std::vector<StatementId> open = {id};
  std::map<StatementId, bool> withdrawn;
  std::map<StatementId, StatementId> replaced_by;
  while (!open.empty()) {
    const StatementId target = open.back();
    open.pop_back();
    const auto it = by_target_.find(target);
    if (it == by_target_.end()) continue;
    auto& list = it->second;
    std::ranges::sort(list, {}, &Change::id);
    for (const Change& c : list) {
      if (!c.withdraws) {
        open.push_back(c.id);
        continue;
      }
      if (c.only_sealed) {
        rows.push_back(row_of(c, kSealedWithdrawn, id));
        continue;
      }
      const bool first = !withdrawn[target];
      withdrawn[target] = true;
      rows.push_back(row_of(c, first ? "withdrawn" : "superseded", id));
    }
  }
  // Which correction of each statement counts: the smallest that is not itself withdrawn.
  open = {id};
  while (!open.empty()) {
    const StatementId target = open.back();
    open.pop_back();
    const auto it = by_target_.find(target);
    if (it == by_target_.end()) continue;
    bool taken = false;
    for (const Change& c : it->second) {
      if (c.withdraws) continue;
      open.push_back(c.id);
      const bool gone = withdrawn.contains(c.id) || with_import_.contains(c.id);
      if (!gone && !taken) {
        replaced_by[target] = c.id;
        taken = true;
        rows.push_back(row_of(c, "corrected", id));
      } else {
        rows.push_back(row_of(c, gone ? "withdrawn-correction" : "superseded", id));
      }
    }
  }
  outcome.withdrawn = withdrawn.contains(id);
  for (auto it = replaced_by.find(id); it != replaced_by.end(); it = replaced_by.find(outcome.version)) {
    outcome.version = it->second;
    outcome.versions.push_back(it->second);
  }
  return outcome;
}

}  // namespace truce::picture
