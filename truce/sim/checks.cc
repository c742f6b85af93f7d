// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "truce/picture/fold.h"
#include "truce/picture/tables.h"
#include "truce/record/evidence.h"
#include "truce/record/fsck.h"
#include "truce/record/keys.h"
#include "truce/record/note.h"
#include "truce/record/statements.h"
#include "truce/sim/oracle.h"
#include "truce/sim/world.h"

namespace truce::sim {
namespace {

// Main machines of parties whose program is honest.
std::vector<Machine*> speakers(SimWorld& w) {
  std::vector<Machine*> out;
  for (const auto& m : w.machines) {
    if (w.conduct(*m) != Conduct::kLiar && !m->is_twin && !m->is_desk) out.push_back(m.get());
  }
  return out;
}

// 1: what was acknowledged is at every honest party.
void check_acknowledged(SimWorld& w, const std::vector<Machine*>& all) {
  for (const auto& [log, statements] : w.acknowledged) {
    if (!w.is_honest(log.party) || statements.empty()) continue;
    for (Machine* m : all) {
      const auto head = m->node->roster().heads().find(log);
      const std::uint64_t size = head != m->node->roster().heads().end() ? head->second.size : 0;
      const Tree* tree = size != 0 ? w.trees.find(log, size, head->second.root) : nullptr;
      for (const auto& [index, leaf] : statements) {
        if (index < size && tree != nullptr && tree->leaf(index) == leaf) continue;
        ++w.counts.lost;
        return w.violated("acknowledged", StatementId{log, index}.to_string() + " was acknowledged and is not at " +
                                              m->name + ", which holds " + std::to_string(size));
      }
    }
  }
}

// 2 and 8: heads that a key signed are of one tree.
bool is_one_tree(const SimWorld& w, const LogId& log, const std::set<SignedHead>& heads, std::string& told) {
  const SignedHead* before = nullptr;
  for (const SignedHead& h : heads) {  // ascending by size: prefixes of prefixes
    if (before != nullptr && before->size != 0 &&
        w.trees.excludes(log, before->size, before->root, h.size, h.root).value_or(true)) {
      told = log.to_string() + " at " + std::to_string(before->size) + " and at " + std::to_string(h.size);
      return false;
    }
    before = &h;
  }
  return true;
}

void check_signatures(SimWorld& w) {
  std::string told;
  for (const auto& [log, heads] : w.signed_heads) {
    if (w.is_honest(log.party) && !is_one_tree(w, log, heads, told))
      return w.violated("own-fork", "signed two heads that exclude each other: " + told);
  }
  for (const auto& [party, logs] : w.cosigned) {
    if (!w.is_honest(party) || w.parties.at(party).was_restored) continue;
    for (const auto& [log, heads] : logs) {
      if (!is_one_tree(w, log, heads, told))
        return w.violated("cosigned", party + " cosigned two heads that exclude each other: " + told);
    }
  }
}

// 3: every copy is what the author wrote, whole, with its blobs.
void check_mirrors(SimWorld& w, Machine& m) {
  for (const auto& [log, head] : m.node->roster().heads()) {
    const std::string what = m.name + ": its copy of " + log.to_string();
    const Tree* tree = w.trees.find(log, head.size, head.root);
    if (head.size != 0 && tree == nullptr) return w.violated("mirror", what + " is of no branch");
    auto reader = m.node->reader(log);
    if (!reader) return w.violated("mirror", what + ": " + reader.error().to_string());
    const auto ok = reader->visit(0, head.size, [&](std::uint64_t i, std::string_view entry, const Hash&) -> Status {
      if (record::leaf_hash(entry) != tree->leaf(i))
        return fail(ErrorCode::kBadTile, "another entry at " + std::to_string(i));
      const auto e = record::decode(entry);
      if (!e) return {};
      for (const Hash& h : e->required_blobs) TRUCE_CHECK(m.node->blob(h).map([](const std::string&) {}));
      return {};
    });
    if (!ok) return w.violated("mirror", what + ": " + ok.error().to_string());
    if (w.parties.at(log.party).conduct == Conduct::kLiar) continue;  // it may say anything in its own entries
    const auto place = m.node->place_of(log);
    const auto report =
        place ? record::fsck(w.files, *place, {m.folder + "/blobs", {}, 1, 10, {}, {}}) : fail(place.error());
    if (!report) return w.violated("mirror", what + ": " + report.error().to_string());
    if (!report->ok()) return w.violated("mirror", what + ": " + report->faults.front().error.to_string());
  }
}

// A source that reads one report where there is another.
class ChangedStatements final : public picture::StatementSource {
 public:
  explicit ChangedStatements(std::unique_ptr<picture::StatementSource> under) : under_(std::move(under)) {}
  Status visit(const LogId& log, std::uint64_t begin, std::uint64_t end, const Visitor& visitor) override {
    return under_->visit(log, begin, end, [&](std::uint64_t i, std::string_view entry, const Hash& leaf) {
      std::string bytes(entry);
      if (const auto at = bytes.find("\"heard\""); at != std::string::npos) bytes.replace(at, 7, "\"seen\"");
      return visitor(i, bytes, leaf);
    });
  }
  Result<std::string> entry(const StatementId& id) override { return under_->entry(id); }
  Result<std::string> blob(const Hash& hash) override { return under_->blob(hash); }

 private:
  std::unique_ptr<picture::StatementSource> under_;
};

// 4: the same cut, the same picture: of all logs of which everybody holds the same.
void check_pictures(SimWorld& w, const std::vector<Machine*>& all) {
  std::vector<picture::Cut> cuts;
  for (Machine* m : all) {
    auto cut = m->node->cut();
    if (!cut) return w.violated("picture", m->name + " has no cut: " + cut.error().to_string());
    cuts.push_back(std::move(cut).value());
  }
  picture::Cut common = cuts.front();
  std::erase_if(common.logs, [&](const picture::CutLog& l) {
    return std::ranges::any_of(cuts,
                               [&](const picture::Cut& c) { return c.find(l.log) == nullptr || *c.find(l.log) != l; });
  });
  std::optional<picture::Folded> first;
  for (Machine* m : all) {
    picture::MemoryTables tables;
    auto source = m->node->source();
    if (w.broken("other-picture") && m->party == "north")
      source = std::make_unique<ChangedStatements>(std::move(source));
    const auto folded = picture::fold({&m->node->founding(), common, {}, {}}, *source, tables);
    if (!folded) return w.violated("picture", m->name + " cannot fold: " + folded.error().to_string());
    ++w.counts.pictures;
    if (w.options.trace) {
      std::string told = "  " + m->name + " sees " + folded->digest.hex().substr(0, 8);
      for (const picture::DayDigest& d : folded->digests)
        told += ' ' + d.table + (d.day.empty() ? "" : "/" + d.day) + '=' + std::to_string(d.rows);
      w.say(told);
    }
    if (!first) first = *folded;
    if (folded->digest != first->digest || folded->as_of != first->as_of || folded->digests != first->digests)
      return w.violated("picture", m->name + " and " + all.front()->name + " see two pictures of one cut");
  }
}

// 5: forks are told by everybody, and nobody else is accused.
void check_alarms(SimWorld& w, const std::vector<Machine*>& all) {
  std::map<std::string, std::set<std::string>> forked_at;  // party -> machines with an alarm
  for (Machine* m : all) {
    const auto alarms = m->node->alarms();
    if (!alarms) return w.violated("stuck", m->name + " has no alarms: " + alarms.error().to_string());
    for (const node::Alarm& a : *alarms) {
      if (a.kind == "two-versions") forked_at[a.party].insert(m->name);
      // Receipts of the truthful go beyond the folder of whoever was set back for good.
      if (w.is_honest(a.party) && (!a.kind.starts_with("receipt-") || w.is_honest(m->party)))
        return w.violated("accused", m->name + " says of " + a.party + ": " + a.kind + ", " + a.words);
    }
    // Every piece of evidence that is here, kept or stated.
    std::vector<record::ForkEvidence> kept = m->node->evidence().value_or(std::vector<record::ForkEvidence>());
    for (const auto& [id, body] : m->node->roster().stated_evidence()) kept.push_back(body);
    for (const record::ForkEvidence& e : kept) {
      const auto place = m->node->place_of(e.log);
      if (place && w.parties.contains(e.log.party) && w.is_honest(e.log.party) &&
          record::verify(e, place->origin(), place->public_key))
        return w.violated("accused", m->name + " holds evidence against " + e.log.to_string() + ", which never forked");
    }
  }
  std::string told;
  for (const auto& [log, heads] : w.signed_heads) {
    if (!w.is_honest(log.party) && !is_one_tree(w, log, heads, told)) {
      ++w.counts.forks_made;
      if (forked_at[log.party].size() == all.size()) ++w.counts.forks_caught;
    }
    for (const Machine* a : all) {
      for (const Machine* b : all) {
        const auto one = a->held.find(log), two = b->held.find(log);
        if (one == a->held.end() || two == b->held.end() || one->second.size == 0 || two->second.size == 0) continue;
        if (!w.trees.excludes(log, one->second.size, one->second.root, two->second.size, two->second.root)
                 .value_or(true))
          continue;
        for (const Machine* m : all) {
          if (!forked_at[log.party].contains(m->name))
            return w.violated("fork-caught", a->name + " and " + b->name + " hold two versions of " + log.to_string() +
                                                 ", and " + m->name + " raises no alarm");
        }
      }
    }
  }
}

// 6: amendments, and who was counted as silent.
void check_consent(SimWorld& w, const std::vector<Machine*>& all) {
  for (Machine* m : all) {
    if (w.broken("forgets-receipts")) {
      // The cache knows of no receipts.
      const std::string path = m->folder + "/roster.json";
      std::string cache = w.files.read(path, 1 << 24).value_or("");
      constexpr std::string_view kReceipts = "\"receipt\":[";
      for (std::size_t at = cache.find(kReceipts); at != std::string::npos; at = cache.find(kReceipts, at))
        cache[at + 1] = 'x';
      static_cast<void>(w.files.write(path, cache));
      m->node.reset();
      if (w.open(*m) == nullptr) return;
    }
    for (const std::string& fault : check_decisions(w, *m, w.counts.by_silence))
      w.violated("consent", m->name + ": " + fault);
    for (const std::string& fault : check_the_others(w, *m)) w.violated("consent", m->name + ": " + fault);
    w.counts.in_force += m->node->roster().chain().links.size() - 1;
    for (const mechanism::Proposal& p : m->node->roster().proposals())
      w.counts.refused_for_good += p.is_refused_for_good;
  }
}

// 7: everything is settled wherever enough honest parties are there to settle it.
void check_settled(SimWorld& w, const std::vector<Machine*>& all) {
  for (Machine* m : all) {
    for (const std::string& fault : check_settled_sizes(w, *m)) w.violated("settled", m->name + ": " + fault);
    const mechanism::Mechanism& now = m->node->mechanism();
    for (const auto& [log, head] : m->node->roster().heads()) {
      if (!w.is_honest(log.party)) continue;
      std::int64_t able = 0;
      for (const mechanism::Party& p : now.parties) able += p.id != log.party && p.receives() && w.is_honest(p.id);
      if (able < mechanism::quorum_for(now, log.party).needed) continue;
      ++w.counts.settled_checked;
      const auto settled = m->node->roster().settled(log);
      if (!settled || *settled < m->node->roster().counting_size(log)) {
        return w.violated("settled", m->name + ": " + log.to_string() + " is settled to " +
                                         (settled ? std::to_string(*settled) : settled.error().to_string()) + " of " +
                                         std::to_string(m->node->roster().counting_size(log)));
      }
    }
  }
}

// What somebody with the victim's key could make, in another party's folder.
void plant_evidence(SimWorld& w, Machine& victim, Machine& at) {
  const auto keys = record::KeyRing::open(w.files, victim.folder + "/keys");
  const auto seed = keys ? keys->log_seed(victim.log.log) : fail(keys.error());
  if (!seed || w.open(at) == nullptr) return;
  const std::string origin = "truce/" + w.mechanism_id.hex() + '/' + victim.log.to_string();
  const Hash low = std::min(sha256("one"), sha256("two")), high = std::max(sha256("one"), sha256("two"));
  record::ForkEvidence e;
  e.log = victim.log;
  e.first = record::sign_checkpoint({origin, 3, low, {}}, *seed);
  e.second = record::sign_checkpoint({origin, 3, high, {}}, *seed);
  e.prefix_root = high;
  static_cast<void>(at.node->keep_evidence(e));
}

}  // namespace

void check_all(SimWorld& w) {
  const std::vector<Machine*> all = speakers(w);
  if (w.broken("changed-tile")) {
    Machine& m = *all.back();
    const LogId log = all.front()->log;
    const std::string folder = m.folder + "/logs/" + log.to_string() + "/tile/entries/000.p";
    if (const auto names = w.files.list(folder); names && !names->empty()) {
      std::string bytes = w.files.read(folder + '/' + names->back(), 1 << 20).value_or("");
      if (!bytes.empty()) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
      static_cast<void>(w.files.write(folder + '/' + names->back(), bytes));
    }
  }
  if (w.broken("accuses")) plant_evidence(w, *all.front(), *all.back());
  for (Machine* m : all) {
    if (w.open(*m) == nullptr) return w.violated("stuck", m->name + " cannot be opened");
    check_mirrors(w, *m);
  }
  for (const auto check : {check_acknowledged, check_alarms, check_settled, check_pictures, check_consent}) {
    if (!w.violation) check(w, all);
  }
  if (!w.violation) check_signatures(w);
}

}  // namespace truce::sim
