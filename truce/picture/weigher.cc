// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/weigher.h"

#include <algorithm>

#include "truce/picture/fold.h"

namespace truce::picture {

Weigher::Weigher(const mechanism::Mechanism& mechanism, const LogBook& book, std::span<const StatedVoice> voices,
                 std::span<const ReceiptHead> heads, std::span<const LogExtent> logs, NewestIn newest_in)
    : mechanism_(mechanism), book_(book), newest_in_(std::move(newest_in)), receipts_(heads) {
  std::map<StatementRef, std::vector<const StatedVoice*>> by_statement;
  for (const StatedVoice& v : voices) by_statement[v.to].push_back(&v);
  for (const auto& [statement, on_it] : by_statement) words_[statement] = words_of_parties(book, on_it);
  newest_ = newest_of_mains(book, logs);
  decided_at_ = default_as_of(mechanism, newest_by_party(logs));
  decides_alone_ = std::ranges::count_if(mechanism.parties, &mechanism::Party::receives) == 1;
}

Result<mechanism::Question> Weigher::question(std::string_view subject, const StatementId& statement,
                                              std::int64_t recorded_ms,
                                              const std::map<std::string, StatementId>& objections) const {
  mechanism::Question out;
  out.author = statement.log.party;
  out.asked = Instant{recorded_ms};
  out.newest = newest_;
  if (mechanism_.rule(subject).rule == "silence")
    TRUCE_CHECK(put_heard(book_, receipts_.first(statement), objections, newest_in_, out));
  return out;
}

Result<Weighed> Weigher::weigh(std::string_view subject, const StatementRef& statement,
                               std::int64_t recorded_ms) const {
  if (decides_alone_) return Weighed{true, false, {}, {}, {}, {}};
  static const Words kNone;
  const auto it = words_.find(statement);
  const Words& words = it != words_.end() ? it->second : kNone;
  TRUCE_TRY(mechanism::Question question, this->question(subject, statement.id, recorded_ms, words.objections));
  question.voices = words.voices;
  const mechanism::Decision d = mechanism::decide(mechanism_, mechanism_.rule(subject), question,
                                                  mechanism::deciding_instant(mechanism_, newest_));
  return Weighed{d.outcome == mechanism::Outcome::kAgreed,
                 d.outcome == mechanism::Outcome::kRefused,
                 joined_ids(d.consented),
                 joined_ids(d.silent),
                 joined_ids(d.objected),
                 joined_ids(d.too_late)};
}

}  // namespace truce::picture
