// SPDX-License-Identifier: Apache-2.0

#include "truce/mechanism/amendment.h"

#include <algorithm>
#include <set>

namespace truce::mechanism {

Status check_successor(const Mechanism& before, const Hash& before_document, const Mechanism& next) {
  const auto bad = [](std::string_view where, std::string message) {
    return fail(ErrorCode::kInvalidMechanism, std::move(message), std::string(where));
  };
  if (next.amends != before_document) return bad("amends", "follows another document");
  if (next.version != before.version + 1) return bad("version", "is not " + std::to_string(before.version + 1));
  if (next.exercise != before.exercise) return bad("kind", "actual or exercise is for ever");
  for (const Party& p : before.parties) {
    const Party* q = next.party(p.id);
    if (q == nullptr)
      return bad(p.id, "is left out: who leaves stays as one that has left, and so does what it stated");
    for (const EndedLog& e : p.ended) {
      const EndedLog* kept = q->ended_log(e.log);
      if (kept == nullptr || *kept != e) return bad(p.id, e.log + " was ended, and an end is for good");
    }
    if (q->main == p.main) {
      if (q->keys.log != p.keys.log) return bad(p.id, "another key of the same log: one key a log for life");
      if (p.left && !q->left) return bad(p.id, "has left: it comes back with a fresh main log");
      continue;
    }
    const EndedLog* ended = q->ended_log(p.main);
    if (ended == nullptr || ended->key != p.keys.log)
      return bad(p.id, "a new main log needs the end of the one before, with its key");
  }
  return {};
}

Status check_keys(const std::map<LogId, std::string>& keys, const Mechanism& next) {
  const auto differs = [&](const LogId& log, const std::string& key) {
    const auto known = keys.find(log);
    return known != keys.end() && known->second != key;
  };
  for (const Party& p : next.parties) {
    bool bad = differs({p.id, p.main}, p.keys.log);
    for (const EndedLog& e : p.ended) bad = bad || differs({p.id, e.log}, e.key);
    if (bad)
      return fail(ErrorCode::kInvalidMechanism,
                  "another key of a log that an earlier document names: one key a log for life", p.id);
  }
  return {};
}

namespace {

void add_keys(const Mechanism& m, std::map<LogId, std::string>& keys) {
  for (const Party& p : m.parties) {
    keys.try_emplace({p.id, p.main}, p.keys.log);
    for (const EndedLog& e : p.ended) keys.try_emplace({p.id, e.log}, e.key);
  }
}

// Parties whose proven fork the document answers by a fresh main log, and does nothing besides.
std::set<std::string> barred(const Mechanism& before, const Proposal& proposal) {
  std::set<std::string> out;
  Mechanism rest = proposal.mechanism;
  rest.amends = before.amends;
  rest.version = before.version;
  for (const Party& p : before.parties) {
    const auto next = std::ranges::find(rest.parties, p.id, &Party::id);
    if (next == rest.parties.end() || next->main == p.main || !proposal.forked.contains({p.id, p.main})) continue;
    if (proposal.question.author != p.id) out.insert(p.id);
    next->keys = p.keys;
    next->main = p.main;
    next->ended = p.ended;
  }
  if (rest != before) out.clear();
  return out;
}

}  // namespace

bool is_refused_for_good(const Mechanism& before, const Mechanism& next, const std::set<std::string>& objectors) {
  const Rule& rule = before.rule("amendment");
  if (rule.rule == "silence") return false;
  const std::vector<std::string> deciders = before.deciders(rule);
  const auto final_count = static_cast<std::size_t>(std::ranges::count_if(deciders, [&](const std::string& id) {
    const Party* then = next.party(id);
    return objectors.contains(id) && then != nullptr && then->main == before.party(id)->main;
  }));
  const std::size_t needed = rule.rule == "k-of-n" ? static_cast<std::size_t>(rule.k) : deciders.size();
  return deciders.size() - final_count < needed;
}

Decision decide_amendment(const Mechanism& before, const Proposal& proposal) {
  Question question = proposal.question;
  question.barred = barred(before, proposal);
  const Rule& rule = before.rule("amendment");
  Decision out = decide(before, rule, question, deciding_instant(before, question.newest));
  // Where silence decides somebody who decides must be for it in words: of two documents that follow the same one each
  // such party is for one alone, and so objects to the other.
  const std::vector<std::string> deciders = before.deciders(rule);
  if (rule.rule == "silence" && std::ranges::find(deciders, question.author) == deciders.end())
    out.outcome = Outcome::kRefused;
  return out;
}

Chain follow(const Mechanism& founding, const Hash& founding_document, std::vector<Proposal> proposals) {
  std::ranges::sort(proposals, {}, &Proposal::id);
  Chain chain;
  chain.mechanism = founding;
  chain.links.push_back({founding_document, {}});
  add_keys(founding, chain.keys);
  std::set<DoubleConsent> contradictions;
  {
    // Who consented to what, whatever is in force.
    std::map<std::pair<std::string, Hash>, std::set<Hash>> consents;  // (party, amended document) -> documents
    for (const Proposal& p : proposals) {
      if (!p.mechanism.amends || p.is_refused_for_good) continue;
      for (const auto& [party, voice] : p.question.voices) {
        if (voice == Voice::kConsents) consents[{party, *p.mechanism.amends}].insert(p.document);
      }
      consents[{p.question.author, *p.mechanism.amends}].insert(p.document);
    }
    for (const auto& [key, documents] : consents) {
      for (auto it = documents.begin(); it != documents.end() && std::next(it) != documents.end(); ++it)
        contradictions.insert({key.first, key.second, *it, *std::next(it)});
    }
  }
  while (true) {
    const Proposal* next = nullptr;
    for (const Proposal& p : proposals) {
      if (!check_successor(chain.mechanism, chain.links.back().document, p.mechanism) ||
          !check_keys(chain.keys, p.mechanism))
        continue;
      if (decide_amendment(chain.mechanism, p).outcome == Outcome::kAgreed) {
        next = &p;
        break;
      }
    }
    if (next == nullptr) break;
    chain.links.push_back({next->document, next->id});
    chain.mechanism = next->mechanism;
    add_keys(chain.mechanism, chain.keys);
  }
  chain.contradictions.assign(contradictions.begin(), contradictions.end());
  return chain;
}

}  // namespace truce::mechanism
