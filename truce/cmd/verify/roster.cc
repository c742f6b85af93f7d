// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/roster.h"

#include <algorithm>

#include "truce/record/evidence.h"

namespace truce::verify {
namespace {

// The default instant of a cut (docs/architecture.md, Time): the lower median of the newest recorded times.
Instant as_of(const mechanism::Mechanism& m, const Claims& claims) {
  std::vector<Instant> times;
  for (const mechanism::Party& p : m.parties) {
    const auto newest = claims.newest_of(p.id);
    if (p.role != mechanism::Role::kHumanitarian && newest) times.push_back(*newest);
  }
  if (times.empty()) return {};
  std::ranges::sort(times);
  return times[(times.size() - 1) / 2];
}

// Whether a voice of a party comes before another one of its.
bool is_before(const StatementId& a, const StatementId& b) {
  return std::pair(main_number(a.log.log), a.index) < std::pair(main_number(b.log.log), b.index);
}

mechanism::Question question_on(const StatementId& id, const AmendmentClaim& amendment, const Claims& claims) {
  mechanism::Question q;
  q.author = id.log.party;
  q.asked = amendment.recorded;
  for (const auto& [log, unused] : claims.runs) {
    if (const auto newest = claims.newest_of(log.party)) q.newest[log.party] = *newest;
  }
  std::map<std::string, StatementId> objections;  // the first of each party
  for (const auto& [voice_id, voice] : claims.voices) {
    const bool same = voice.amendment.amends == amendment.amendment.amends &&
                      voice.amendment.document == amendment.amendment.document &&
                      voice.amendment.version == amendment.amendment.version;
    if (!same || voice.about.id != id || voice.about.leaf != amendment.leaf) continue;
    // A consent is given for good, an objection until a consent.
    auto& word = q.voices.try_emplace(voice_id.log.party, mechanism::Voice::kObjects).first->second;
    if (voice.consents) {
      word = mechanism::Voice::kConsents;
    } else {
      const auto [first, is_new] = objections.try_emplace(voice_id.log.party, voice_id);
      if (!is_new && is_before(voice_id, first->second)) first->second = voice_id;
    }
  }
  for (const auto& [party, objection] : objections) {
    if (const auto heard = claims.heard_before(objection)) q.heard_before[party] = *heard;
  }
  std::map<std::string, StatementId> first;  // receipt that covers the question
  const auto received = claims.received.find(id.log);
  if (received == claims.received.end()) return q;
  for (const ReceivedHead& h : received->second) {
    const StatementId receipt = claims.id_of(h);
    if (h.size <= id.index || receipt.log.party == q.author) continue;
    const auto known = first.find(receipt.log.party);
    if (known != first.end() && known->second < receipt) continue;
    first[receipt.log.party] = receipt;
    q.received[receipt.log.party] = h.recorded;
  }
  return q;
}

// Parties that consented to two documents that follow the same one. Who proposes a document consents to it.
std::vector<std::string> find_double_consents(const Claims& claims) {
  struct Word {
    bool consents = false;
    StatementId id;
  };
  std::map<std::pair<std::string, Hash>, std::map<Hash, Word>> words;  // (party, amended document) -> document -> word
  for (const auto& [id, a] : claims.amendments)
    words[{id.log.party, a.amendment.amends}].try_emplace(a.amendment.document, Word{true, id});
  for (const auto& [id, v] : claims.voices)
    if (v.consents) words[{id.log.party, v.amendment.amends}].try_emplace(v.amendment.document, Word{true, id});
  std::vector<std::string> out;
  for (const auto& [who, documents] : words) {
    std::string ids;
    int count = 0;
    for (const auto& [document, word] : documents) {
      if (!word.consents) continue;
      ++count;
      ids += (ids.empty() ? "" : ", ") + word.id.to_string();
    }
    if (count > 1)
      out.push_back(who.first + " consents to " + std::to_string(count) + " documents that follow the same one (" +
                    who.second.hex() + "): " + ids);
  }
  return out;
}

}  // namespace

Result<Roster> Roster::open(std::string_view founding) {
  Roster out;
  TRUCE_TRY(mechanism::Mechanism m, mechanism::Mechanism::parse(founding));
  out.documents_.push_back({mechanism::mechanism_id(founding), std::move(m)});
  return out;
}

std::optional<std::string> Roster::key_in_documents(const LogId& log) const {
  for (auto d = documents_.rbegin(); d != documents_.rend(); ++d) {
    const mechanism::Party* p = d->mechanism.party(log.party);
    if (p == nullptr) continue;
    if (p->main == log.log) return p->keys.log;
    if (const mechanism::EndedLog* ended = p->ended_log(log.log)) return ended->key;
  }
  return std::nullopt;
}

std::optional<std::string> Roster::key_of(const LogId& log) const {
  if (auto key = key_in_documents(log)) return key;
  const auto it = opened_.find(log);
  return it == opened_.end() ? std::nullopt : std::optional(it->second);
}

record::LogPlace Roster::place_of(const LogId& log, std::string key) const {
  return {"", id(), log, std::move(key)};
}

std::set<LogId> Roster::logs() const {
  std::set<LogId> out;
  for (const Document& d : documents_) {
    for (const mechanism::Party& p : d.mechanism.parties) {
      out.insert({p.id, p.main});
      for (const mechanism::EndedLog& e : p.ended) out.insert({p.id, e.log});
    }
  }
  for (const auto& [log, key] : opened_) out.insert(log);
  return out;
}

std::vector<record::Cosigner> Roster::cosigners(std::string_view author) const {
  std::vector<record::Cosigner> out;
  for (const mechanism::Party& p : mechanism().parties) {
    if (p.id != author && p.role != mechanism::Role::kHumanitarian)
      out.push_back(record::Cosigner::of(id(), p.id, p.keys.cosign));
  }
  return out;
}

std::map<LogId, mechanism::EndedLog> Roster::ended() const {
  std::map<LogId, mechanism::EndedLog> out;
  for (const mechanism::Party& p : mechanism().parties) {
    for (const mechanism::EndedLog& e : p.ended) out[{p.id, e.log}] = e;
  }
  return out;
}

void Roster::learn(const Claims& claims, const BlobReader& blob) {
  faults.clear();
  notes.clear();
  learn_documents(claims, blob);
  learn_openings(claims);
  double_consents = find_double_consents(claims);
}

void Roster::learn_documents(const Claims& claims, const BlobReader& blob) {
  documents_.erase(documents_.begin() + 1, documents_.end());
  std::vector<mechanism::Proposal> proposals;
  for (const auto& [id, claim] : claims.amendments) {
    const auto bytes = blob(claim.amendment.document);
    if (!bytes) {
      notes.push_back(id.to_string() + ": the document that it proposes is not here, so that it is not followed");
      continue;
    }
    auto m = mechanism::Mechanism::parse(*bytes);
    if (!m) {
      faults.push_back(
          {m.error().code, "proposes what is no document of a mechanism: " + m.error().to_string(), id.to_string()});
      continue;
    }
    if (m->amends != claim.amendment.amends || m->version != claim.amendment.version) {
      faults.push_back({ErrorCode::kInvalidStatement, "names another version than its document has", id.to_string()});
      continue;
    }
    mechanism::Proposal p{id, claim.amendment.document, std::move(m).value(), question_on(id, claim, claims)};
    p.forked = forked_logs(claims, p.mechanism);
    proposals.push_back(std::move(p));
  }
  const mechanism::Mechanism& founding = documents_.front().mechanism;
  const mechanism::Chain chain = mechanism::follow(founding, id(), proposals, as_of(founding, claims));
  for (std::size_t i = 1; i < chain.links.size(); ++i) {
    const auto p = std::ranges::find(proposals, chain.links[i].id, &mechanism::Proposal::id);
    documents_.push_back({p->document, p->mechanism});
  }
}

// Logs that the document ends and of which a statement proves two versions.
std::set<LogId> Roster::forked_logs(const Claims& claims, const mechanism::Mechanism& document) const {
  std::set<LogId> out;
  for (const auto& [id, e] : claims.evidence) {
    const mechanism::Party* p = document.party(e.log.party);
    const mechanism::EndedLog* ended = p != nullptr ? p->ended_log(e.log.log) : nullptr;
    if (ended != nullptr && record::verify(e, place_of(e.log, ended->key).origin(), ended->key)) out.insert(e.log);
  }
  return out;
}

void Roster::learn_openings(const Claims& claims) {
  opened_.clear();
  for (const auto& [id, open] : claims.openings) {
    const LogId log{id.log.party, open.log};
    const auto other = key_of(log);
    if (!other) {
      opened_[log] = open.key;
    } else if (*other != open.key) {
      faults.push_back({ErrorCode::kInvalidStatement,
                        "gives " + log.to_string() + " another key than it has: one key a log for life",
                        id.to_string()});
    }
  }
}

}  // namespace truce::verify
