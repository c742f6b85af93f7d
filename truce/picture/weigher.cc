// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/weigher.h"

#include <algorithm>

#include "truce/picture/chain.h"
#include "truce/picture/fold.h"

namespace truce::picture {
namespace {

std::string joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ";") + id;
  return out;
}

}  // namespace

Weigher::Weigher(const mechanism::Mechanism& mechanism, const LogBook& book, std::span<const StatedVoice> voices,
                 std::span<const ReceiptHead> heads, std::span<const LogExtent> logs)
    : mechanism_(mechanism), receipts_(heads) {
  std::map<StatementRef, std::vector<const StatedVoice*>> by_statement;
  for (const StatedVoice& v : voices) by_statement[v.to].push_back(&v);
  for (const auto& [statement, on_it] : by_statement) voices_[statement] = words_of_parties(book, on_it);
  const auto newest = newest_by_party(logs);
  for (const auto& [party, ms] : newest) newest_[party] = Instant{ms};
  decided_at_ = default_as_of(mechanism, newest);
  decides_alone_ = std::ranges::count_if(mechanism.parties, [](const mechanism::Party& p) {
                     return p.role != mechanism::Role::kHumanitarian;
                   }) == 1;
}

Weighed Weigher::weigh(std::string_view subject, const StatementRef& statement, std::int64_t recorded_ms) const {
  static const Voices kNone;
  const auto it = voices_.find(statement);
  return weigh(subject, statement.id, recorded_ms, it != voices_.end() ? it->second : kNone);
}

Weighed Weigher::weigh(std::string_view subject, const StatementId& statement, std::int64_t recorded_ms,
                       const Voices& voices) const {
  if (decides_alone_) return {true, {}, {}};
  mechanism::Question question = receipts_.question(statement, Instant{recorded_ms}, newest_);
  question.voices = voices;
  const mechanism::Decision d = mechanism::decide(mechanism_, mechanism_.rule(subject), question, decided_at_);
  return {d.outcome == mechanism::Outcome::kAgreed, joined(d.consented), joined(d.objected)};
}

}  // namespace truce::picture
