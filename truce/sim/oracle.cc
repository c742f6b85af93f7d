// SPDX-License-Identifier: Apache-2.0

#include "truce/sim/oracle.h"

#include <algorithm>

#include "truce/cmd/verify/folder.h"  // style: held against the node
#include "truce/cmd/verify/report.h"  // style: likewise
#include "truce/picture/fold.h"
#include "truce/picture/rows.h"
#include "truce/picture/tables.h"
#include "truce/record/statements.h"

namespace truce::sim {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

struct Entry {
  StatementId id;
  Hash leaf;
  record::Envelope envelope;
};

struct Voted {
  std::vector<std::string> consented, silent, objected, too_late, not_reached, waited_for;
  mechanism::Outcome outcome = mechanism::Outcome::kOpen;
};

// All main logs as they lie there.
class Oracle {
 public:
  Oracle(SimWorld& w, node::Node& node) : w_(w), node_(node) {}

  Status read() {
    for (const auto& [log, head] : node_.roster().heads()) {
      if (log.log != "main") continue;
      TRUCE_TRY(auto reader, node_.reader(log));
      Tree& tree = trees_[log];
      TRUCE_CHECK(reader.visit(0, head.size,
                               [&, log = log](std::uint64_t index, std::string_view bytes, const Hash&) -> Status {
                                 const Hash leaf = record::leaf_hash(bytes);
                                 tree.append(leaf);
                                 auto e = record::decode(bytes);
                                 if (e && e->author == log && e->mechanism == w_.mechanism_id)
                                   entries_.push_back({{log, index}, leaf, std::move(e).value()});
                                 return {};
                               }));
    }
    return {};
  }

  // Newest recorded time of a party's main log, or of its entries between two indexes.
  std::optional<Instant> newest(const std::string& party, std::int64_t behind = -1,
                                std::int64_t before = INT64_MAX) const {
    std::optional<Instant> out;
    for (const Entry& e : entries_) {
      const auto index = static_cast<std::int64_t>(e.id.index);
      if (e.id.log.party == party && index > behind && index < before && (!out || *out < e.envelope.recorded))
        out = e.envelope.recorded;
    }
    return out;
  }

  Instant as_of(const mechanism::Mechanism& m) const {
    std::vector<Instant> times;
    for (const mechanism::Party& p : m.parties) {
      if (p.receives()) times.push_back(newest(p.id).value_or(Instant{0}));
    }
    std::ranges::sort(times);
    return times.empty() ? Instant{0} : times[(times.size() - 1) / 2];
  }

  // The first receipt of `party` that covers the statement as it lies here.
  struct Reached {
    std::int64_t index = 0;
    Instant recorded;
  };
  std::optional<Reached> reached(const std::string& party, const StatementId& id) const {
    const Tree& tree = trees_.at(id.log);
    for (const Entry& e : entries_) {
      if (e.id.log.party != party || e.envelope.type != record::kReceiptType) continue;
      const auto receipt = record::Receipt::from_body(e.envelope.body);
      if (!receipt) continue;
      for (const record::Head& h : receipt->heads) {
        if (h.log == id.log && h.size > id.index && h.size <= tree.size() && tree.root(h.size) == h.root)
          return Reached{static_cast<std::int64_t>(e.id.index), e.envelope.recorded};
      }
    }
    return std::nullopt;
  }

  // Indexes at which a party says that it is for a document of those that follow the same one, and which.
  std::map<std::uint64_t, Hash> assents(const std::string& party, const Hash& amends) const {
    std::map<std::uint64_t, Hash> out;
    const auto known = [&](const record::Amendment& a) {
      const auto bytes = node_.blob(a.document);
      const auto next = bytes ? mechanism::Mechanism::parse(*bytes) : fail(bytes.error());
      return a.amends == amends && next && next->amends == a.amends && next->version == a.version;
    };
    for (const Entry& e : entries_) {
      if (e.id.log.party != party) continue;
      if (e.envelope.type == record::kAmendmentType) {
        const auto a = record::Amendment::from_body(e.envelope.body);
        if (a && known(*a)) out.emplace(e.id.index, a->document);
      } else if (e.envelope.type == record::kConsentType) {
        const auto v = record::VoiceStatement::from_body(e.envelope.body);
        const StatementRef* to = e.envelope.reference(record::kRelationTo);
        if (!v || to == nullptr || !v->amendment || !known(*v->amendment)) continue;
        for (const Entry& asked : entries_) {
          if (asked.id != to->id || asked.leaf != to->leaf || asked.envelope.type != record::kAmendmentType) continue;
          const auto a = record::Amendment::from_body(asked.envelope.body);
          if (a && *a == *v->amendment) out.emplace(e.id.index, a->document);
        }
      }
    }
    return out;
  }

  // Index of a party's first objection to a document, in whatever statement it is proposed.
  std::optional<std::uint64_t> objection_to(const std::string& party, const Hash& amends, const Hash& document) const {
    for (const Entry& e : entries_) {
      if (e.id.log.party != party || e.envelope.type != record::kObjectionType) continue;
      const StatementRef* to = e.envelope.reference(record::kRelationTo);
      const auto voice = record::VoiceStatement::from_body(e.envelope.body);
      if (to == nullptr || !voice || !voice->amendment || !voice->reservation.empty() ||
          voice->amendment->amends != amends || voice->amendment->document != document)
        continue;
      for (const Entry& asked : entries_) {
        if (asked.id != to->id || asked.leaf != to->leaf || asked.envelope.type != record::kAmendmentType) continue;
        const auto a = record::Amendment::from_body(asked.envelope.body);
        if (a && *a == *voice->amendment) return e.id.index;
      }
    }
    return std::nullopt;
  }

  // It objects, and is for another document, before it is for this one, if ever.
  bool objects_for_good(const std::string& party, const Hash& amends, const Hash& document) const {
    const auto objection = objection_to(party, amends, document);
    std::optional<std::uint64_t> other, same;
    for (const auto& [index, d] : assents(party, amends)) {
      auto& first = d == document ? same : other;
      if (!first) first = index;
    }
    return objection && other && (!same || (*objection < *same && *other < *same));
  }

  // No document of a simulation changes a main log.
  bool is_fallen(const mechanism::Mechanism& m, const Hash& amends, const Hash& document) const {
    const mechanism::Rule& rule = m.rule("amendment");
    if (rule.rule == "silence") return false;
    std::int64_t deciders = 0, refusing = 0;
    for (const mechanism::Party& p : m.parties) {
      if (p.role != mechanism::Role::kGuarantor && (rule.of != "all" || p.role != mechanism::Role::kObserver)) continue;
      ++deciders;
      refusing += objects_for_good(p.id, amends, document);
    }
    return deciders - refusing < (rule.rule == "k-of-n" ? rule.k : deciders);
  }

  Voted vote(const mechanism::Mechanism& m, const Entry& proposal, const record::Amendment& body, Instant as_of) const {
    const mechanism::Rule& rule = m.rule("amendment");
    std::optional<Instant> clock;  // start
    if (rule.rule == "silence") {
      std::vector<Instant> times;
      std::size_t others = 0;
      for (const mechanism::Party& p : m.parties) {
        if (!p.receives() || p.id == proposal.id.log.party) continue;
        ++others;
        if (const auto t = reached(p.id, proposal.id)) times.push_back(t->recorded);
      }
      const std::size_t quorum = others / 2 + 1;
      std::ranges::sort(times);
      if (others == 0) {
        clock = proposal.envelope.recorded;
      } else if (times.size() >= quorum) {
        clock = std::max(proposal.envelope.recorded, times[quorum - 1]);
      }
    }
    Voted out;
    std::size_t deciders = 0;
    for (const mechanism::Party& p : m.parties) {
      const bool decides =
          p.role == mechanism::Role::kGuarantor || (rule.of == "all" && p.role == mechanism::Role::kObserver);
      if (!decides) continue;
      ++deciders;
      std::optional<bool> consents;
      std::optional<std::uint64_t> objection;  // the first
      const auto own = reached(p.id, proposal.id);
      std::optional<Instant> deadline;  // this party's: none as long as the clock has not started
      if (clock) deadline = Instant{std::max(*clock, own ? own->recorded : *clock).ms + rule.hours * kHourMs};
      if (p.id == proposal.id.log.party) consents = true;
      for (const Entry& e : entries_) {
        if (e.id.log.party != p.id) continue;
        const bool yes = e.envelope.type == record::kConsentType;
        if (!yes && e.envelope.type != record::kObjectionType) continue;
        const StatementRef* to = e.envelope.reference(record::kRelationTo);
        const auto voice = record::VoiceStatement::from_body(e.envelope.body);
        if (to == nullptr || to->id != proposal.id || to->leaf != proposal.leaf || !voice) continue;
        if (!voice->amendment || voice->amendment->document != body.document ||
            voice->amendment->amends != body.amends || voice->amendment->version != body.version)
          continue;
        if (!yes && !voice->reservation.empty()) continue;
        consents = consents.value_or(false) || yes;
        if (!yes && !objection) objection = e.id.index;
      }
      const auto own_assents = assents(p.id, body.amends);
      if (consents == true) {
        bool is_bound = objects_for_good(p.id, body.amends, body.document);
        for (const auto& [index, document] : own_assents) {
          if (is_fallen(m, body.amends, document)) continue;
          is_bound = is_bound || document != body.document;
          break;
        }
        // It objects from where it was for the other.
        if (is_bound) consents = false;
      }
      if (rule.rule == "silence" && consents != true) {
        for (const auto& [index, document] : own_assents) {
          if (document == body.document) continue;
          consents = false;
          objection = std::min(objection.value_or(index), index);
          break;
        }
      }
      if (consents == false && deadline && own) {
        // Its silence was over before it objected.
        const auto heard = newest(p.id, own->index, static_cast<std::int64_t>(*objection));
        if (heard && *heard > *deadline) {
          out.too_late.push_back(p.id);
          consents.reset();
        }
      }
      if (consents) {
        (*consents ? out.consented : out.objected).push_back(p.id);
      } else if (!deadline || as_of <= *deadline) {
        out.waited_for.push_back(p.id);
      } else {
        const auto last = own ? newest(p.id, own->index) : std::nullopt;
        const bool heard = last && *last > *deadline;
        (heard ? out.silent : out.not_reached).push_back(p.id);
      }
    }
    const auto by = std::ranges::find(m.parties, proposal.id.log.party, &mechanism::Party::id);
    const bool may_propose = rule.rule != "silence" ||
                             (by != m.parties.end() && (by->role == mechanism::Role::kGuarantor ||
                                                        (rule.of == "all" && by->role == mechanism::Role::kObserver)));
    if (!may_propose) {
      out.outcome = mechanism::Outcome::kRefused;
      return out;
    }
    const std::size_t needed = rule.rule == "k-of-n" ? static_cast<std::size_t>(rule.k) : deciders;
    if (deciders != 0 && out.consented.size() + out.silent.size() >= needed) {
      out.outcome = mechanism::Outcome::kAgreed;
    } else if (deciders - out.objected.size() < needed) {
      out.outcome = mechanism::Outcome::kRefused;
    }
    return out;
  }

  std::vector<std::string> compare(std::uint64_t& silent);

  // The q-th largest of the others' largest receipts that name a root of this copy.
  Result<std::uint64_t> settled(const LogId& log, const record::Head& head) const {
    TRUCE_TRY(auto reader, node_.reader(log));
    std::vector<std::uint64_t> sizes;
    for (const mechanism::Party& p : node_.mechanism().parties) {
      if (!p.receives() || p.id == log.party) continue;
      std::uint64_t largest = 0;
      for (const Entry& e : entries_) {
        if (e.id.log.party != p.id || e.envelope.type != record::kReceiptType) continue;
        const auto receipt = record::Receipt::from_body(e.envelope.body);
        if (!receipt) continue;
        for (const record::Head& h : receipt->heads) {
          if (h.log != log || h.size > head.size || h.size <= largest) continue;
          TRUCE_TRY(const Hash root, reader.root_at(h.size));
          if (root == h.root) largest = h.size;
        }
      }
      sizes.push_back(largest);
    }
    if (sizes.empty()) return head.size;
    std::ranges::sort(sizes, std::ranges::greater());
    return sizes[sizes.size() / 2];  // floor(n / 2) + 1 of them have it
  }

 private:
  SimWorld& w_;
  node::Node& node_;
  std::map<LogId, Tree> trees_;
  std::vector<Entry> entries_;  // by log, then index
};

std::string names(const std::vector<std::string>& all) {
  std::string out;
  for (const std::string& s : all) out += ' ' + s;
  return out.empty() ? " none" : out;
}

std::vector<std::string> Oracle::compare(std::uint64_t& silent) {
  std::vector<std::string> out;
  mechanism::Mechanism now = w_.founding_mechanism;
  Hash document = w_.mechanism_id;
  std::vector<StatementId> chain = {{}};
  const Instant as_of_now = as_of(now);  // no amendment of a simulation changes who the parties are
  while (true) {
    bool found = false;
    for (const Entry& e : entries_) {
      if (e.envelope.type != record::kAmendmentType) continue;
      const auto body = record::Amendment::from_body(e.envelope.body);
      if (!body || body->amends != document) continue;
      const auto bytes = node_.blob(body->document);
      const auto next = bytes ? mechanism::Mechanism::parse(*bytes) : fail(bytes.error());
      if (!next || next->amends != body->amends || next->version != body->version) continue;
      if (!mechanism::check_successor(now, document, *next)) continue;
      const Voted mine = vote(now, e, *body, as_of_now);
      const auto theirs = std::ranges::find(node_.roster().proposals(), e.id, &mechanism::Proposal::id);
      if (theirs == node_.roster().proposals().end()) {
        out.push_back("does not know the proposal " + e.id.to_string());
      } else {
        const mechanism::Decision d = mechanism::decide_amendment(now, *theirs);
        if (d.consented != mine.consented || d.silent != mine.silent || d.objected != mine.objected ||
            d.too_late != mine.too_late || d.not_reached != mine.not_reached || d.waited_for != mine.waited_for ||
            d.outcome != mine.outcome) {
          out.push_back(e.id.to_string() + ": consented" + names(d.consented) + ", silent" + names(d.silent) +
                        ", objected" + names(d.objected) + ", not reached" + names(d.not_reached) +
                        "; by the logs consented" + names(mine.consented) + ", silent" + names(mine.silent) +
                        ", objected" + names(mine.objected) + ", not reached" + names(mine.not_reached));
        }
      }
      silent += mine.silent.size();
      if (mine.outcome != mechanism::Outcome::kAgreed) continue;
      chain.push_back(e.id);
      now = *next;
      document = body->document;
      found = true;
      break;
    }
    if (!found) break;
  }
  std::vector<StatementId> theirs;
  for (const auto& link : node_.roster().chain().links) theirs.push_back(link.id);
  if (theirs != chain) {
    std::string told = "in force:";
    for (const auto& id : theirs) told += ' ' + id.to_string();
    told += "; by the logs:";
    for (const auto& id : chain) told += ' ' + id.to_string();
    out.push_back(told);
  }
  return out;
}

}  // namespace

std::vector<std::string> check_settled_sizes(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr) return {};
  Oracle oracle(w, *n);
  if (auto ok = oracle.read(); !ok) return {"cannot read its logs: " + ok.error().to_string()};
  std::vector<std::string> out;
  for (const auto& [log, head] : n->roster().heads()) {
    const auto mine = oracle.settled(log, head);
    const auto theirs = n->roster().settled(log);
    if (!mine || !theirs || *mine != *theirs) {
      out.push_back(log.to_string() + " is settled to " + std::to_string(theirs.value_or(0)) + ", by the receipts to " +
                    std::to_string(mine.value_or(0)));
    }
  }
  return out;
}

std::vector<std::string> check_decisions(SimWorld& w, Machine& m, std::uint64_t& silent) {
  node::Node* n = w.open(m);
  if (n == nullptr) return {};
  Oracle oracle(w, *n);
  if (auto ok = oracle.read(); !ok) return {"cannot read its logs: " + ok.error().to_string()};
  return oracle.compare(silent);
}

std::vector<std::string> check_the_others(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr || n->roster().proposals().empty()) return {};
  ++w.counts.compared;
  const mechanism::Chain& chain = n->roster().chain();
  std::vector<std::string> out;
  const auto cut = n->cut();
  if (!cut) return {"has no cut: " + cut.error().to_string()};
  picture::MemoryTables tables;
  const auto source = n->source();
  const auto folded = picture::fold({&n->founding(), *cut, {}, {}}, *source, tables);
  if (!folded) return {"cannot fold its logs: " + folded.error().to_string()};
  const auto rows = picture::read_rows<picture::AmendmentRow>(tables);
  if (!rows) return {"has no rows of amendments: " + rows.error().to_string()};
  for (const picture::AmendmentRow& row : *rows) {
    const auto id = StatementId::parse(row.statement);
    const bool is_in_force = std::ranges::any_of(chain.links, [&](const auto& l) { return id && l.id == *id; });
    if (is_in_force != (row.state == "in-force"))
      out.push_back(row.statement + " is " + row.state + " in its picture, " +
                    (is_in_force ? "in force" : "not in force") + " at the node");
  }
  const auto subject = verify::folder_subject(w.files, m.folder, 1);
  const auto founding = w.files.read(m.folder + "/mechanism.json", 1 << 20);
  if (!founding) return {"has no founding document: " + founding.error().to_string()};
  const verify::Report report = verify::verify(*subject, *founding, {0, Instant{Instant::kMax}});
  if (report.document != chain.links.back().document) {
    out.push_back("truce-verify finds version " + std::to_string(report.version) + " in force, the node version " +
                  std::to_string(chain.mechanism.version));
  }
  return out;
}

}  // namespace truce::sim
