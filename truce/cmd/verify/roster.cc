// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/roster.h"

#include <algorithm>

#include "truce/record/evidence.h"

namespace truce::verify {
namespace {

// In the order of a party's main logs.
bool is_before(const StatementId& a, const StatementId& b) {
  return std::pair(main_number(a.log.log), a.index) < std::pair(main_number(b.log.log), b.index);
}

Mains mains_of(const mechanism::Mechanism& document, const Claims& claims) {
  Mains out;
  const auto put = [&](const LogId& log, std::uint64_t end) {
    out.try_emplace(log, std::min(end, claims.own_end(log).value_or(end)));
  };
  for (const mechanism::Party& p : document.parties) {
    for (const mechanism::EndedLog& e : p.ended) {
      if (main_number(e.log) != 0) put({p.id, e.log}, e.size);
    }
    put({p.id, p.main}, UINT64_MAX);  // where it is not ended
  }
  std::vector<StatementId> openings;
  for (const auto& [id, open] : claims.openings) openings.push_back(id);
  std::ranges::sort(openings, [](const StatementId& a, const StatementId& b) {
    return a.log.party != b.log.party ? a.log.party < b.log.party : is_before(a, b);
  });
  for (const StatementId& id : openings) {
    const std::string& name = claims.openings.at(id).log;
    const mechanism::Party* party = document.party(id.log.party);
    const auto by = out.find(id.log);
    if (party != nullptr && !party->left && by != out.end() && id.index < by->second &&
        main_number(name) > main_number(id.log.log))
      put({id.log.party, name}, UINT64_MAX);
  }
  return out;
}

bool counts(const Mains& mains, const StatementId& id) {
  const auto log = mains.find(id.log);
  return log != mains.end() && id.index < log->second;
}

// Newest recorded time in a party's main logs, of what stands behind `behind` and before `before` where these are
// given; Instant::kMin: of none.
Instant newest_of(const std::string& party, const Mains& mains, const Claims& claims,
                  const StatementId* behind = nullptr, const StatementId* before = nullptr) {
  Instant newest{Instant::kMin};
  for (const auto& [log, end] : mains) {
    if (log.party != party) continue;
    std::uint64_t from = 0, to = end;
    if (behind != nullptr && log == behind->log) from = behind->index + 1;
    if (before != nullptr && log == before->log) to = std::min(to, before->index);
    const StatementId first{log, from};
    if (behind != nullptr && is_before(first, *behind)) continue;  // a main log before its own
    if (before != nullptr && !is_before(first, *before)) continue;
    newest = std::max(newest, claims.newest_in(log, from, to));
  }
  return newest;
}

// Each party's first receipt, in the order of its main logs, of a head beyond the statement that is one of this copy.
struct FirstReceipt {
  StatementId id;
  Instant recorded;
};
std::map<std::string, FirstReceipt> received_by(const StatementId& id, const Mains& mains, const Claims& claims,
                                                const Held& held) {
  std::map<std::string, FirstReceipt> out;
  const auto received = claims.received.find(id.log);
  const auto head = held.head(id.log);
  if (received == claims.received.end() || !head) return out;
  std::map<std::string, std::vector<const ReceivedHead*>> of_parties;
  for (const ReceivedHead& h : received->second) {
    const StatementId receipt = claims.id_of(h);
    if (h.size > id.index && h.size <= head->size && receipt.log.party != id.log.party && counts(mains, receipt) &&
        !claims.void_receipts.contains(receipt))
      of_parties[receipt.log.party].push_back(&h);
  }
  for (auto& [party, heads] : of_parties) {
    std::ranges::sort(heads, [&](const ReceivedHead* a, const ReceivedHead* b) {
      return is_before(claims.id_of(*a), claims.id_of(*b));
    });
    for (const ReceivedHead* h : heads) {
      std::optional<Hash> root = head->root;
      if (h->size < head->size) {
        const std::uint64_t size[] = {h->size};
        const auto roots = held.roots(id.log, size);
        root = roots && roots->size() == 1 ? roots->front() : std::nullopt;
      }
      if (root != h->root) continue;
      out[party] = {claims.id_of(*h), h->recorded};
      break;
    }
  }
  return out;
}

// A party's word for one of the documents that follow the same one.
struct Assent {
  StatementId id;
  Hash document;
};
// In the order of the main logs of each party, by amended document and party.
using Assents = std::map<std::pair<Hash, std::string>, std::vector<Assent>>;

// `looked_at`: amendments whose documents are here and of their form. `mains_of_document`: of those that these amend.
Assents assents_of(const std::set<StatementId>& looked_at, const std::map<Hash, const Mains*>& mains_of_document,
                   const Claims& claims) {
  Assents out;
  for (const StatementId& id : looked_at) {
    const record::Amendment& a = claims.amendments.at(id).amendment;
    out[{a.amends, id.log.party}].push_back({id, a.document});
  }
  for (const auto& [id, voice] : claims.voices) {
    const auto on = claims.amendments.find(voice.about.id);
    if (!voice.consents || !looked_at.contains(voice.about.id) || on->second.leaf != voice.about.leaf ||
        on->second.amendment != voice.amendment || !counts(*mains_of_document.at(voice.amendment.amends), id))
      continue;
    out[{voice.amendment.amends, id.log.party}].push_back({id, voice.amendment.document});
  }
  for (auto& [key, list] : out) std::ranges::sort(list, is_before, &Assent::id);
  return out;
}

// Objections that are for good: by amended document and document, the parties. `fallen`: the documents that can never
// come into force by them (mechanism::is_refused_for_good).
using Document = std::pair<Hash, Hash>;  // amended document, document
struct Refusals {
  std::map<Document, std::set<std::string>> objectors;
  std::set<Document> fallen;
};

// The objectors of documents that were looked at.
std::map<Document, std::set<std::string>> objectors_of(const std::set<StatementId>& looked_at,
                                                       const std::map<Hash, const Mains*>& mains_of_document,
                                                       const Assents& assents, const Claims& claims) {
  std::map<Document, std::set<std::string>> out;
  for (const auto& [id, voice] : claims.voices) {
    const auto on = claims.amendments.find(voice.about.id);
    if (voice.consents || !looked_at.contains(voice.about.id) || on->second.leaf != voice.about.leaf ||
        on->second.amendment != voice.amendment || !counts(*mains_of_document.at(voice.amendment.amends), id))
      continue;
    const auto own = assents.find({voice.amendment.amends, id.log.party});
    if (own == assents.end()) continue;
    // The first word for another document, and this objection, before any for this one.
    const std::vector<Assent>& list = own->second;
    if (list.front().document == voice.amendment.document) continue;
    const auto consent = std::ranges::find(list, voice.amendment.document, &Assent::document);
    if (consent == list.end() || is_before(id, consent->id))
      out[{voice.amendment.amends, voice.amendment.document}].insert(id.log.party);
  }
  return out;
}

mechanism::Question question_on(const StatementId& id, const AmendmentClaim& amendment,
                                const mechanism::Mechanism& before, const Mains& mains, const Assents& assents,
                                const Refusals& refusals, const Claims& claims, const Held& held) {
  mechanism::Question q;
  const bool by_silence = before.rule("amendment").rule == "silence";
  q.author = id.log.party;
  q.asked = amendment.recorded;
  std::map<std::string, StatementId> objections;  // the first of each party
  for (const auto& [voice_id, voice] : claims.voices) {
    if (voice.amendment != amendment.amendment || voice.about.id != id || voice.about.leaf != amendment.leaf ||
        !counts(mains, voice_id))
      continue;
    // A consent is given for good, an objection until a consent.
    auto& word = q.voices.try_emplace(voice_id.log.party, mechanism::Voice::kObjects).first->second;
    if (voice.consents) {
      word = mechanism::Voice::kConsents;
    } else {
      const auto [first, is_new] = objections.try_emplace(voice_id.log.party, voice_id);
      if (!is_new && is_before(voice_id, first->second)) first->second = voice_id;
    }
  }
  for (const mechanism::Party& p : before.parties) {
    const auto own = assents.find({amendment.amendment.amends, p.id});
    if (own == assents.end()) continue;
    const Hash& amends = amendment.amendment.amends;
    const auto first_word = std::ranges::find_if(own->second, [&](const Assent& a) {
      return !refusals.fallen.contains({amends, a.document});
    });
    const auto objectors = refusals.objectors.find({amends, amendment.amendment.document});
    if ((first_word != own->second.end() && first_word->document != amendment.amendment.document) ||
        (objectors != refusals.objectors.end() && objectors->second.contains(p.id)))
      q.bound.insert(p.id);
    // Whoever is for another document is not silent on this one: from there on it objects, unless it was too late.
    const auto other =
        std::ranges::find_if(own->second, [&](const Assent& a) { return a.document != amendment.amendment.document; });
    if (!by_silence || other == own->second.end()) continue;
    q.voices.try_emplace(p.id, mechanism::Voice::kObjects);
    const auto [first, is_new] = objections.try_emplace(p.id, other->id);
    if (!is_new && is_before(other->id, first->second)) first->second = other->id;
  }
  if (!by_silence) return q;
  for (const mechanism::Party& p : before.parties) {
    const Instant newest = newest_of(p.id, mains, claims);
    if (newest.ms != Instant::kMin) q.newest[p.id] = newest;
  }
  const auto put = [](std::map<std::string, Instant>& to, const std::string& party, Instant newest) {
    if (newest.ms != Instant::kMin) to[party] = newest;
  };
  for (const auto& [party, receipt] : received_by(id, mains, claims, held)) {
    q.received[party] = receipt.recorded;
    put(q.heard, party, newest_of(party, mains, claims, &receipt.id));
    if (const auto objection = objections.find(party); objection != objections.end())
      put(q.heard_before, party, newest_of(party, mains, claims, &receipt.id, &objection->second));
  }
  return q;
}

// Parties that consented to two documents that follow the same one. Who proposes a document consents to it.
std::vector<std::string> find_double_consents(const Claims& claims, const Refusals& refusals) {
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
      if (!word.consents || refusals.fallen.contains({who.second, document})) continue;
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
    if (p.id != author && p.receives()) out.push_back(record::Cosigner::of(id(), p.id, p.keys.cosign));
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

void Roster::learn(const Claims& claims, const Held& held) {
  faults.clear();
  notes.clear();
  learn_documents(claims, held);
  learn_openings(claims);
}

// Each document is decided by the one that it follows: its parties, its main logs, its rule. The same as the fold of a
// picture decides (picture/chain.h), by code of its own.
void Roster::learn_documents(const Claims& claims, const Held& held) {
  documents_.erase(documents_.begin() + 1, documents_.end());
  struct Known {
    mechanism::Mechanism mechanism;
    Mains mains;
  };
  const mechanism::Mechanism founding = documents_.front().mechanism;
  std::map<Hash, Known> known;
  known.emplace(id(), Known{founding, mains_of(founding, claims)});
  std::map<std::pair<std::string, Hash>, int> proposed_by;
  std::set<StatementId> seen;
  std::vector<mechanism::Proposal> proposals;
  std::set<StatementId> looked_at;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [statement, claim] : claims.amendments) {
      const auto before = known.find(claim.amendment.amends);
      if (before == known.end() || !counts(before->second.mains, statement) || !seen.insert(statement).second) continue;
      grew = true;
      if (++proposed_by[{statement.log.party, claim.amendment.amends}] > kProposalsOfAPartyMax) {
        notes.push_back(statement.to_string() + ": one document too many of this party, not looked at");
        continue;
      }
      const auto bytes = held.blob(claim.amendment.document);
      if (!bytes) {
        notes.push_back(statement.to_string() +
                        ": the document that it proposes is not here, so that it is not followed");
        continue;
      }
      auto m = mechanism::Mechanism::parse(*bytes);
      if (!m) {
        faults.push_back({m.error().code, "proposes what is no document of a mechanism: " + m.error().to_string(),
                          statement.to_string()});
        continue;
      }
      if (m->amends != claim.amendment.amends || m->version != claim.amendment.version) {
        faults.push_back(
            {ErrorCode::kInvalidStatement, "names another version than its document has", statement.to_string()});
        continue;
      }
      looked_at.insert(statement);
      mechanism::Proposal p{statement, claim.amendment.document, std::move(m).value(), {}};
      p.forked = forked_logs(claims, before->second.mains, p.mechanism);
      known.emplace(p.document, Known{p.mechanism, mains_of(p.mechanism, claims)});
      proposals.push_back(std::move(p));
    }
  }
  std::map<Hash, const Mains*> mains_of_document;
  for (const auto& [hash, document] : known) mains_of_document[hash] = &document.mains;
  const Assents assents = assents_of(looked_at, mains_of_document, claims);
  Refusals refusals;
  refusals.objectors = objectors_of(looked_at, mains_of_document, assents, claims);
  for (mechanism::Proposal& p : proposals) {
    const record::Amendment& a = claims.amendments.at(p.id).amendment;
    p.is_refused_for_good = mechanism::is_refused_for_good(known.at(a.amends).mechanism, p.mechanism,
                                                           refusals.objectors[{a.amends, a.document}]);
    if (p.is_refused_for_good) refusals.fallen.insert({a.amends, a.document});
  }
  double_consents = find_double_consents(claims, refusals);
  for (mechanism::Proposal& p : proposals) {
    const AmendmentClaim& claim = claims.amendments.at(p.id);
    const Known& before = known.at(claim.amendment.amends);
    p.question = question_on(p.id, claim, before.mechanism, before.mains, assents, refusals, claims, held);
  }
  const mechanism::Chain chain = mechanism::follow(founding, id(), proposals);
  for (std::size_t i = 1; i < chain.links.size(); ++i) {
    const auto p = std::ranges::find(proposals, chain.links[i].id, &mechanism::Proposal::id);
    documents_.push_back({p->document, p->mechanism});
  }
}

// Logs that the document ends and of which a statement proves two versions.
std::set<LogId> Roster::forked_logs(const Claims& claims, const Mains& mains,
                                    const mechanism::Mechanism& document) const {
  std::set<LogId> out;
  for (const auto& [id, e] : claims.evidence) {
    if (!counts(mains, id)) continue;
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
