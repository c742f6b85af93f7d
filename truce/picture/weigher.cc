// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/weigher.h"

#include <algorithm>

#include "truce/picture/fold.h"

namespace truce::picture {

Weigher::Weigher(const mechanism::Mechanism& mechanism, const LogBook& book, std::span<const StatedVoice> voices,
                 std::span<const ReceiptHead> heads, std::span<const LogExtent> logs, HeardBefore heard)
    : mechanism_(mechanism), heard_(std::move(heard)), receipts_(heads) {
  std::map<StatementRef, std::vector<const StatedVoice*>> by_statement;
  for (const StatedVoice& v : voices) by_statement[v.to].push_back(&v);
  for (const auto& [statement, on_it] : by_statement) words_[statement] = words_of_parties(book, on_it);
  newest_ = newest_of_mains(book, logs);
  decided_at_ = default_as_of(mechanism, newest_by_party(logs));
  decides_alone_ = std::ranges::count_if(mechanism.parties, [](const mechanism::Party& p) {
                     return p.role != mechanism::Role::kHumanitarian;
                   }) == 1;
}

Weighed Weigher::weigh(std::string_view subject, const StatementRef& statement, std::int64_t recorded_ms) const {
  if (decides_alone_) return {true, false, {}, {}};
  mechanism::Question question = receipts_.question(statement.id, Instant{recorded_ms}, newest_);
  if (const auto it = words_.find(statement); it != words_.end()) it->second.put_to(question, heard_);
  const mechanism::Decision d = mechanism::decide(mechanism_, mechanism_.rule(subject), question,
                                                  mechanism::deciding_instant(mechanism_, newest_));
  return {d.outcome == mechanism::Outcome::kAgreed, d.outcome == mechanism::Outcome::kRefused, joined_ids(d.consented),
          objected_text(d)};
}

}  // namespace truce::picture
