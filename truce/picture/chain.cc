// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/chain.h"

#include <algorithm>
#include <optional>
#include <set>

#include "truce/picture/fold.h"

namespace truce::picture {
namespace {

AmendmentRow row_of(const StatedAmendment& a, std::string_view state) {
  AmendmentRow row;
  row.statement = a.id.to_string();
  row.party = a.id.log.party;
  row.document = a.body.document.base64url();
  row.amends = a.body.amends.base64url();
  row.version = a.body.version;
  row.state = state;
  return row;
}

// A document that is known, with what counts by it.
struct Document {
  Document(mechanism::Mechanism m, const RecordFacts& facts) : mechanism(std::move(m)), book(mechanism, facts) {
    for (const StatedEvidence& e : facts.evidence) {
      if (book.counts_from_main(e.id)) evidence.push_back(e.body);
    }
  }

  mechanism::Mechanism mechanism;
  LogBook book;
  std::vector<record::ForkEvidence> evidence;
};

}  // namespace

std::string joined_ids(std::span<const std::string> ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ";") + id;
  return out;
}

Words words_of_parties(const LogBook& book, std::span<const StatedVoice* const> voices) {
  Words out;
  for (const StatedVoice* v : voices) {
    if (!book.counts_from_main(v->id)) continue;
    const std::string& party = v->id.log.party;
    auto& word = out.voices.try_emplace(party, mechanism::Voice::kObjects).first->second;
    if (v->voice == mechanism::Voice::kConsents) {
      word = v->voice;
    } else {
      const auto [first, is_new] = out.objections.try_emplace(party, v->id);
      if (!is_new && before_in_main(v->id, first->second)) first->second = v->id;
    }
  }
  return out;
}

Result<Chained> chain_of(const mechanism::Mechanism& founding, const Hash& founding_document, const RecordFacts& facts,
                         const Hearing& hearing) {
  Chained out;
  out.chain.mechanism = founding;
  out.chain.links.push_back({founding_document, {}});
  out.documents.push_back(founding);
  if (facts.amendments.empty()) return out;
  std::map<Hash, Document> documents;
  documents.emplace(founding_document, Document(founding, facts));
  std::map<StatementRef, std::vector<const StatedVoice*>> voices;
  for (const StatedVoice& v : facts.voices) voices[v.to].push_back(&v);

  // Documents that follow known ones, until there are no more.
  std::map<StatementId, const StatedAmendment*> stated, open;
  for (const StatedAmendment& a : facts.amendments) stated.emplace(a.id, &a);
  open = stated;
  std::vector<mechanism::Proposal>& proposals = out.proposals;
  std::vector<AmendmentRow> rows;
  std::map<std::pair<std::string, Hash>, int> proposed_by;
  for (bool grew = true; grew;) {
    grew = false;
    for (auto it = open.begin(); it != open.end();) {
      const StatedAmendment& a = *it->second;
      const auto before = documents.find(a.body.amends);
      if (before == documents.end() || !before->second.book.counts_from_main(a.id)) {
        ++it;
        continue;
      }
      std::optional<mechanism::Mechanism> next;
      if (++proposed_by[{a.id.log.party, a.body.amends}] <= kProposalsOfAPartyMax) {
        TRUCE_TRY(next, hearing.document(a.body.document));
        if (next && (next->amends != a.body.amends || next->version != a.body.version)) next.reset();
      }
      if (next) {
        mechanism::Proposal p{a.id, a.body.document, std::move(*next), {}};
        documents.emplace(a.body.document, Document(p.mechanism, facts));
        proposals.push_back(std::move(p));
      } else {
        rows.push_back(row_of(a, "refused"));
      }
      it = open.erase(it);
      grew = true;
    }
  }
  std::ranges::sort(proposals, {}, &mechanism::Proposal::id);
  std::map<Hash, Newest> newest;  // by documents by which silence decides
  // Whose word is for which of the documents that follow the same one, in the order of each party's main logs.
  struct Assent {
    StatementId id;
    Hash document;
  };
  std::map<std::pair<Hash, std::string>, std::vector<Assent>> assents;  // amended document, party
  std::map<StatementId, Words> words;
  for (const mechanism::Proposal& p : proposals) {
    const StatedAmendment& a = *stated.at(p.id);
    const LogBook& book = documents.at(a.body.amends).book;
    std::vector<const StatedVoice*> on_it = voices[{a.id, a.leaf}];
    std::erase_if(on_it, [&](const StatedVoice* v) { return v->body.amendment != a.body; });
    words[p.id] = words_of_parties(book, on_it);
    assents[{a.body.amends, a.id.log.party}].push_back({a.id, a.body.document});
    for (const StatedVoice* v : on_it) {
      if (v->voice == mechanism::Voice::kConsents && book.counts_from_main(v->id))
        assents[{a.body.amends, v->id.log.party}].push_back({v->id, a.body.document});
    }
  }
  for (auto& [key, list] : assents) std::ranges::sort(list, before_in_main, &Assent::id);
  // Whose objection is for good, by amended document and document; and the documents that fall by it.
  std::map<std::pair<Hash, Hash>, std::set<std::string>> for_good;
  for (const mechanism::Proposal& p : proposals) {
    const record::Amendment& body = stated.at(p.id)->body;
    for (const auto& [party, objection] : words[p.id].objections) {
      const auto own = assents.find({body.amends, party});
      if (own == assents.end()) continue;
      const auto is_this = [&](const Assent& s) { return s.document == body.document; };
      const auto other = std::ranges::find_if_not(own->second, is_this);
      const auto same = std::ranges::find_if(own->second, is_this);
      if (other == own->second.end()) continue;
      if (same == own->second.end() || (before_in_main(objection, same->id) && before_in_main(other->id, same->id)))
        for_good[{body.amends, body.document}].insert(party);
    }
  }
  std::set<std::pair<Hash, Hash>> fallen;
  for (mechanism::Proposal& p : proposals) {
    const record::Amendment& body = stated.at(p.id)->body;
    const std::pair key(body.amends, body.document);
    p.objectors = for_good[key];
    p.is_refused_for_good =
        mechanism::is_refused_for_good(documents.at(body.amends).mechanism, p.mechanism, p.objectors);
    if (p.is_refused_for_good) fallen.insert(key);
  }
  for (mechanism::Proposal& p : proposals) {
    const StatedAmendment& a = *stated.at(p.id);
    const Document& before = documents.at(a.body.amends);
    const bool by_silence = before.mechanism.rule("amendment").rule == "silence";
    Words& said = words[p.id];
    for (const mechanism::Party& party : before.mechanism.parties) {
      const auto own = assents.find({a.body.amends, party.id});
      if (own == assents.end()) continue;
      const std::vector<Assent>& list = own->second;
      const auto first_word = std::ranges::find_if(list, [&](const Assent& s) {
        return !fallen.contains({a.body.amends, s.document});
      });
      if ((first_word != list.end() && first_word->document != a.body.document) || p.objectors.contains(party.id))
        p.question.bound.insert(party.id);
      // Whoever is for another document is not silent on this one: from there on it objects, unless it was too late.
      const auto other = std::ranges::find_if(list, [&](const Assent& s) { return s.document != a.body.document; });
      if (!by_silence || other == list.end()) continue;
      said.voices.try_emplace(party.id, mechanism::Voice::kObjects);
      const auto [first, is_new] = said.objections.try_emplace(party.id, other->id);
      if (!is_new && before_in_main(other->id, first->second)) first->second = other->id;
    }
    p.question.author = a.id.log.party;
    p.question.asked = Instant{a.recorded_ms};
    if (by_silence) {
      if (!newest.contains(a.body.amends)) {
        TRUCE_TRY(newest[a.body.amends], newest_of_mains(before.book, hearing.newest_in));
      }
      p.question.newest = newest[a.body.amends];
      TRUCE_TRY(const FirstReceipts receipts, hearing.received_by(before.book, a.id));
      TRUCE_CHECK(put_heard(before.book, receipts, said.objections, hearing.newest_in, p.question));
    }
    p.question.voices = said.voices;
    p.forked = forked_logs(before.evidence, founding_document, p.mechanism);
  }
  out.chain = mechanism::follow(founding, founding_document, proposals);

  std::set<StatementId> in_force;
  std::set<Hash> followed;  // by a document in force
  for (std::size_t i = 1; i < out.chain.links.size(); ++i) {
    in_force.insert(out.chain.links[i].id);
    out.documents.push_back(documents.at(out.chain.links[i].document).mechanism);
    followed.insert(out.chain.links[i - 1].document);
  }
  for (const mechanism::Proposal& p : proposals) {
    const StatedAmendment& a = *stated.at(p.id);
    const mechanism::Mechanism& before = documents.at(a.body.amends).mechanism;
    const auto decision = mechanism::decide_amendment(before, p);
    const bool cannot = decision.outcome == mechanism::Outcome::kRefused || followed.contains(a.body.amends) ||
                        !mechanism::check_successor(before, a.body.amends, p.mechanism);
    AmendmentRow row = row_of(a, in_force.contains(p.id) ? "in-force" : cannot ? "refused" : "proposed");
    row.consented = joined_ids(decision.consented);
    row.silent = joined_ids(decision.silent);
    row.objected = joined_ids(decision.objected);
    row.too_late = joined_ids(decision.too_late);
    rows.push_back(std::move(row));
  }
  // Of documents that nobody knows yet.
  const LogBook last(out.chain.mechanism, facts);
  for (const auto& [id, a] : open) {
    if (last.counts_from_main(id)) rows.push_back(row_of(*a, "proposed"));
  }
  std::ranges::sort(rows, {}, &AmendmentRow::statement);
  out.rows = std::move(rows);
  return out;
}

}  // namespace truce::picture
