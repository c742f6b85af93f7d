// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/log_book.h"

#include <algorithm>
#include <tuple>

namespace truce::picture {
namespace {

// Longest number of a main log: stops a name from overflowing it.
constexpr std::size_t kMainDigitsMax = 9;

Status bad(std::string message) {
  return fail(ErrorCode::kInvalidStatement, std::move(message));
}

}  // namespace

bool is_record_type(std::string_view type) {
  return record::is_bookkeeping(type) || type == record::kLogOpenType || type == record::kLogCloseType ||
         type == record::kAmendmentType || type == record::kConsentType || type == record::kObjectionType ||
         type == record::kEvidenceType || type == record::kShareType || type == record::kErasureType ||
         type == record::kSealingKeyType || type == record::kForkCauseType;
}

std::string_view claimed_type(std::string_view entry) {
  constexpr std::string_view kTail = "\",\"v\":1}";
  constexpr std::string_view kHead = ",\"type\":\"";
  if (!entry.ends_with(kTail)) return {};
  entry.remove_suffix(kTail.size());
  const std::size_t quote = entry.rfind('"');
  if (quote == std::string_view::npos || !entry.substr(0, quote + 1).ends_with(kHead)) return {};
  return entry.substr(quote + 1);
}

Status take_record(const record::Envelope& e, const StatementId& id, const Hash& leaf, RecordFacts& out) {
  if (e.reference("corrects") != nullptr || e.reference("withdraws") != nullptr)
    return bad("changes another statement");
  if (e.type == record::kReceiptType) {
    TRUCE_TRY(record::Receipt body, record::Receipt::from_body(e.body));
    for (const record::Head& h : body.heads) {
      if (h.log.party == id.log.party) return bad("a head of its own log");
    }
    out.receipts.push_back({id, e.recorded.ms, std::move(body.heads)});
  } else if (e.type == record::kHeartbeatType) {
    if (e.body != Json::object()) return bad("a body that is not empty");
  } else if (e.type == record::kLogOpenType) {
    TRUCE_TRY(record::LogOpen body, record::LogOpen::from_body(e.body));
    out.openings.push_back({id, std::move(body.log), std::move(body.key)});
  } else if (e.type == record::kLogCloseType) {
    TRUCE_TRY(record::LogClose body, record::LogClose::from_body(e.body));
    if (body.log == id.log.log && body.size != id.index) return bad("not the head before it");
    out.closings.push_back({id, std::move(body.log), body.size});
  } else if (e.type == record::kShareType || e.type == record::kErasureType) {
    const StatementRef* of = e.reference(record::kRelationOf);
    if (of == nullptr) return bad("of no statement");
    if (e.type == record::kShareType) {
      TRUCE_TRY(record::Share body, record::Share::from_body(e.body));
      out.shares.push_back({id, of->id, std::move(body.to)});
    } else {
      TRUCE_CHECK(record::Erasure::from_body(e.body));
      out.erasures.push_back({id, of->id, e.recorded.ms});
    }
  } else if (e.type == record::kForkCauseType) {
    TRUCE_CHECK(record::ForkCause::from_body(e.body));
  } else if (e.type == record::kSealingKeyType) {
    TRUCE_CHECK(record::SealingKey::from_body(e.body));
  } else if (e.type == record::kEvidenceType) {
    TRUCE_TRY(record::ForkEvidence body, record::ForkEvidence::from_body(e.body));
    out.evidence.push_back({id, std::move(body)});
  } else if (e.type == record::kAmendmentType) {
    TRUCE_TRY(record::Amendment body, record::Amendment::from_body(e.body));
    if (!std::ranges::binary_search(e.required_blobs, body.document)) return bad("its document is no required blob");
    out.amendments.push_back({id, leaf, e.recorded.ms, body});
  } else if (e.type == record::kConsentType || e.type == record::kObjectionType) {
    TRUCE_TRY(record::VoiceStatement body, record::VoiceStatement::from_body(e.body));
    const StatementRef* to = e.reference(record::kRelationTo);
    if (to == nullptr) return bad("a voice on nothing");
    const bool consents = e.type == record::kConsentType;
    if (!consents && !body.reservation.empty()) return bad("an objection with a reservation");
    out.voices.push_back(
        {id, e.recorded.ms, *to, consents ? mechanism::Voice::kConsents : mechanism::Voice::kObjects, std::move(body)});
  }
  return {};
}

void RecordFacts::append(const RecordFacts& other) {
  const auto put = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  put(receipts, other.receipts);
  put(amendments, other.amendments);
  put(voices, other.voices);
  put(openings, other.openings);
  put(closings, other.closings);
  put(evidence, other.evidence);
  put(shares, other.shares);
  put(erasures, other.erasures);
}

std::uint64_t main_number(std::string_view log) {
  if (log == "main") return 1;
  constexpr std::string_view kPrefix = "main-";
  if (!log.starts_with(kPrefix)) return 0;
  log.remove_prefix(kPrefix.size());
  if (log.empty() || log.size() > kMainDigitsMax || log[0] == '0') return 0;
  std::uint64_t n = 0;
  for (const char c : log) {
    if (c < '0' || c > '9') return 0;
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return n >= 2 ? n : 0;
}

bool before_in_main(const StatementId& a, const StatementId& b) {
  const auto key = [](const StatementId& id) {
    return std::make_tuple(std::string_view(id.log.party), main_number(id.log.log), std::string_view(id.log.log),
                           id.index);
  };
  return key(a) < key(b);
}

std::set<LogId> forked_logs(std::span<const record::ForkEvidence> evidence, const Hash& mechanism_id,
                            const mechanism::Mechanism& document) {
  std::set<LogId> out;
  for (const record::ForkEvidence& e : evidence) {
    const mechanism::Party* p = document.party(e.log.party);
    if (p == nullptr || out.contains(e.log)) continue;
    const mechanism::EndedLog* ended = p->ended_log(e.log.log);
    if (ended == nullptr) continue;
    const record::LogPlace place{"", mechanism_id, e.log, ended->key};
    if (record::verify(e, place.origin(), ended->key)) out.insert(e.log);
  }
  return out;
}

LogBook::LogBook(const mechanism::Mechanism& mechanism, const RecordFacts& facts) {
  for (const mechanism::Party& p : mechanism.parties) {
    logs_[{p.id, p.main}] = {true, true, UINT64_MAX, {}};
    for (const mechanism::EndedLog& e : p.ended) logs_[{p.id, e.log}] = {main_number(e.log) != 0, true, e.size, {}};
  }
  std::vector<const LogOpening*> openings;
  for (const LogOpening& o : facts.openings) {
    const mechanism::Party* p = mechanism.party(o.id.log.party);
    if (p != nullptr && !p->left) openings.push_back(&o);
  }
  std::ranges::sort(openings, before_in_main, &LogOpening::id);
  // What logs say of their own end, before anything that they open.
  std::map<LogId, std::uint64_t> own_end;
  for (const LogClosing& c : facts.closings) {
    if (c.id.log.log != c.log) continue;
    const auto [it, is_new] = own_end.try_emplace(c.id.log, c.id.index + 1);
    it->second = std::min(it->second, c.id.index + 1);
  }
  const auto close_own = [&](const LogId& log, Log& state) {
    if (const auto end = own_end.find(log); end != own_end.end())
      state.closed_at = std::min(state.closed_at, end->second);
  };
  for (auto& [log, state] : logs_) close_own(log, state);
  // A successor can itself open logs; it sorts after the main log that opened it, or opens nothing.
  for (const LogOpening* o : openings) {
    if (!counts_from_main(o->id)) continue;
    const LogId log{o->id.log.party, o->log};
    const bool is_main = main_number(o->log) > main_number(o->id.log.log);
    const auto [it, is_new] = logs_.try_emplace(log, Log{is_main, true, UINT64_MAX, o->id.to_string()});
    if (is_new) close_own(log, it->second);
  }
  for (const LogClosing& c : facts.closings) {
    const LogId log{c.id.log.party, c.log};
    const auto it = logs_.find(log);
    if (it == logs_.end() || it->second.is_main || c.id.log == log || !counts_from_main(c.id)) continue;
    it->second.closed_at = std::min(it->second.closed_at, c.size);
  }
}

void LogBook::freeze(const LogId& log, std::uint64_t size) {
  const auto it = logs_.find(log);
  if (it == logs_.end()) return;
  it->second.closed_at = std::min(it->second.closed_at, size);
  it->second.is_frozen = true;
}

std::string LogBook::key_of(const LogId& log, const mechanism::Mechanism& mechanism, const LogBook& book,
                            const RecordFacts& facts) {
  const mechanism::Party* p = mechanism.party(log.party);
  if (p == nullptr) return {};
  if (p->main == log.log) return p->keys.log;
  if (const mechanism::EndedLog* ended = p->ended_log(log.log)) return ended->key;
  const std::string& opened_by = book.of(log).opened_by;
  for (const LogOpening& o : facts.openings) {
    if (!opened_by.empty() && o.id.to_string() == opened_by) return o.key;
  }
  return {};
}

const LogBook::Log& LogBook::of(const LogId& log) const {
  static const Log kNone;
  const auto it = logs_.find(log);
  return it != logs_.end() ? it->second : kNone;
}

bool LogBook::counts(const StatementId& id) const {
  const Log& log = of(id.log);
  return log.is_open && id.index < log.closed_at;
}

}  // namespace truce::picture
