// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/sealed_rows.h"

#include <algorithm>
#include <map>
#include <set>

namespace truce::picture {

std::vector<SealedRow> sealed_rows(const LogBook& book, const RecordFacts& facts) {
  struct State {
    std::set<std::string> given_to;
    std::map<std::string, std::int64_t> erased;  // the first time that the party says so
  };
  std::map<StatementId, State> parts;
  for (const StatedShare& s : facts.shares) {
    if (!book.counts_from_main(s.id)) continue;
    for (const std::string& party : s.to) {
      if (party != s.of.log.party) parts[s.of].given_to.insert(party);
    }
  }
  for (const StatedErasure& e : facts.erasures) {
    if (!book.counts_from_main(e.id)) continue;
    const auto [it, is_new] = parts[e.of].erased.try_emplace(e.id.log.party, e.recorded_ms);
    it->second = std::min(it->second, e.recorded_ms);
  }
  std::vector<SealedRow> out;
  for (const auto& [id, state] : parts) {
    SealedRow row;
    row.statement = id.to_string();
    row.author = id.log.party;
    for (const std::string& p : state.given_to) row.given_to += (row.given_to.empty() ? "" : ";") + p;
    if (!state.erased.empty()) {
      Json erased = Json::array();
      for (const auto& [party, ms] : state.erased) erased.push_back(Json(Json::Array{party, ms}));
      row.erased = erased.to_canonical();
      std::set<std::string> holders = state.given_to;
      holders.insert(row.author);
      for (const std::string& p : holders) {
        if (!state.erased.contains(p)) row.waits_for += (row.waits_for.empty() ? "" : ";") + p;
      }
    }
    out.push_back(std::move(row));
  }
  std::ranges::sort(out, {}, &SealedRow::statement);
  return out;
}

}  // namespace truce::picture
