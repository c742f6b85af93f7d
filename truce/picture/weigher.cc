// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/weigher.h"

#include <algorithm>

#include "truce/picture/fold.h"

namespace truce::picture {

Weigher::Weigher(const Input& input, MovedOn moved_on, NewestIn newest_in)
    : documents_(input.documents),
      book_(input.book),
      voices_(input.voices),
      heads_(input.heads),
      moved_on_(std::move(moved_on)),
      newest_in_(std::move(newest_in)) {
  const mechanism::Mechanism& now = documents_.back();
  under(documents_.size() - 1).newest = newest_of_mains(book_, input.logs);
  decided_at_ = default_as_of(now, newest_by_party(input.logs));
  decides_alone_ = std::ranges::count_if(now.parties, &mechanism::Party::receives) == 1;
}

Weigher::Under& Weigher::under(std::size_t version) const {
  if (const auto known = under_.find(version); known != under_.end()) return known->second;
  LogBook book = book_;
  if (version + 1 != documents_.size()) {
    for (const auto& [log, state] : book_.logs()) {
      LogBook::Log until = state;
      until.closed_at = std::min(state.closed_at, moved_on_.from(log, static_cast<std::int64_t>(version)));
      book.set(log, std::move(until));
    }
  }
  std::vector<ReceiptHead> heads;
  for (const ReceiptHead& h : heads_) {
    if (book.counts_from_main(h.receipt)) heads.push_back(h);
  }
  std::map<StatementRef, std::vector<const StatedVoice*>> by_statement;
  for (const StatedVoice& v : voices_) by_statement[v.to].push_back(&v);
  std::map<StatementRef, Words> words;
  for (const auto& [statement, on_it] : by_statement) words[statement] = words_of_parties(book, on_it);
  return under_.emplace(version, Under{std::move(book), Receipts(heads), std::move(words), {}}).first->second;
}

const mechanism::Mechanism& Weigher::document_of(const StatementId& id) const {
  for (std::size_t version = 0; version + 1 < documents_.size(); ++version) {
    if (id.index < moved_on_.from(id.log, static_cast<std::int64_t>(version))) return documents_[version];
  }
  return documents_.back();
}

bool Weigher::counts(std::size_t version, const StatementId& id) const {
  return under(version).book.counts(id);
}

bool Weigher::is_asked(std::size_t version, const StatementId& id) const {
  if (version + 1 == documents_.size()) return true;
  if (!counts(version, id)) return false;
  const mechanism::Mechanism& then = documents_[version];
  const FirstReceipts first = under(version).receipts.first(id);
  const auto received = std::ranges::count_if(first, [&](const auto& of) {
    const mechanism::Party* p = then.party(of.first);
    return p != nullptr && p->receives();
  });
  return received >= mechanism::quorum_for(then, id.log.party).needed;
}

Result<mechanism::Question> Weigher::question(std::size_t version, std::string_view subject,
                                              const StatementId& statement, std::int64_t recorded_ms,
                                              const std::map<std::string, StatementId>& objections) const {
  Under& then = under(version);
  mechanism::Question out;
  out.author = statement.log.party;
  out.asked = Instant{recorded_ms};
  if (documents_[version].rule(subject).rule != "silence") return out;
  if (!then.newest) {
    TRUCE_TRY(then.newest, newest_of_mains(then.book, newest_in_));
  }
  out.newest = *then.newest;
  TRUCE_CHECK(put_heard(then.book, then.receipts.first(statement), objections, newest_in_, out));
  return out;
}

Result<Weighed> Weigher::weigh(std::string_view subject, const StatementRef& statement,
                               std::int64_t recorded_ms) const {
  if (decides_alone_) return Weighed{true, false, {}, {}, {}, {}};
  static const Words kNone;
  // The first document under which it was agreed tells who agreed.
  for (std::size_t version = 0;; ++version) {
    const bool is_last = version + 1 == documents_.size();
    if (!is_last && !is_asked(version, statement.id)) continue;
    const Under& then = under(version);
    const auto it = then.words.find(statement);
    const Words& words = it != then.words.end() ? it->second : kNone;
    TRUCE_TRY(mechanism::Question question,
              this->question(version, subject, statement.id, recorded_ms, words.objections));
    question.voices = words.voices;
    const mechanism::Mechanism& m = documents_[version];
    const mechanism::Decision d =
        mechanism::decide(m, m.rule(subject), question, mechanism::deciding_instant(m, question.newest));
    const bool is_agreed = d.outcome == mechanism::Outcome::kAgreed;
    if (!is_agreed && !is_last) continue;
    return Weighed{is_agreed,
                   d.outcome == mechanism::Outcome::kRefused,
                   joined_ids(d.consented),
                   joined_ids(d.silent),
                   joined_ids(d.objected),
                   joined_ids(d.too_late)};
  }
}

}  // namespace truce::picture
