// SPDX-License-Identifier: Apache-2.0

#include "truce/sim/liar.h"

#include "truce/monitor/bodies.h"
#include "truce/node/parties_testing.h"
#include "truce/record/evidence.h"
#include "truce/record/keys.h"
#include "truce/record/note.h"
#include "truce/record/statements.h"

namespace truce::sim {
namespace {

constexpr std::int64_t kYearMs = std::int64_t{365} * 86'400'000;

std::string any_checkpoint(SimWorld& w) {
  const Machine& m = *w.machines[static_cast<std::size_t>(w.draws.below(w.machines.size()))];
  return w.files.read(m.folder + "/logs/" + m.log.to_string() + "/checkpoint", record::kNoteBytesMax).value_or("");
}

Hash any_hash(SimWorld& w) {
  return sha256(std::to_string(w.draws.next()));
}

std::vector<node::Draft> reports(SimWorld& w, std::uint64_t count, Instant at) {
  std::vector<node::Draft> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    out.push_back({monitor::kTypeReport, node::invented_report(static_cast<int>(w.draws.below(1000)), at), {}, {}, {}});
  }
  return out;
}

// Receipts of other logs with roots and sizes of its own making.
node::Draft wrong_receipt(SimWorld& w, const Machine& m) {
  record::Receipt receipt;
  for (const auto& [log, trees] : w.trees.logs()) {
    if (log.party == m.party || trees.empty()) continue;
    const std::uint64_t size = 1 + w.draws.below(trees.front().size() + 5);
    receipt.heads.push_back({log, size, any_hash(w)});
  }
  return {record::kReceiptType, receipt.to_body(), {}, {}, {}};
}

// "Evidence" against somebody who never forked, out of heads that are real.
std::optional<node::Draft> false_evidence(SimWorld& w) {
  const Machine& victim = *w.machines[static_cast<std::size_t>(w.draws.below(w.machines.size()))];
  const std::string one =
      w.files.read(victim.folder + "/logs/" + victim.log.to_string() + "/checkpoint", record::kNoteBytesMax)
          .value_or("");
  std::string other = one;
  if (!victim.older.empty()) {
    other = w.files.read(victim.older + "/logs/" + victim.log.to_string() + "/checkpoint", record::kNoteBytesMax)
                .value_or(one);
  }
  record::ForkEvidence e;
  e.log = victim.log;
  e.first = other;
  e.second = one;
  e.prefix_root = any_hash(w);
  if (w.draws.chance(2)) e.proof.push_back(any_hash(w));
  return node::Draft{record::kEvidenceType, e.to_body(), {}, {}, {}};
}

// Two documents that follow the same one, both proposed by the same party.
void two_amendments(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr) return;
  std::vector<node::Draft> drafts;
  std::vector<std::string> blobs;
  for (int i = 0; i < 2; ++i) {
    mechanism::Mechanism next = n->mechanism();
    next.permitted_use = "a liar's use " + std::to_string(w.draws.below(1000));
    next.version += 1;
    next.amends = n->roster().chain().links.back().document;
    const auto document = next.to_bytes();
    if (!document) return;
    const record::Amendment body{*next.amends, sha256(*document), next.version};
    drafts.push_back({record::kAmendmentType, body.to_body(), {}, {}, {body.document}});
    blobs.push_back(*document);
  }
  if (w.state(m, std::move(drafts), blobs)) w.counts.amendments += 2;
}

void consent_to_all(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr) return;
  const auto proposals = n->roster().proposals();
  std::vector<node::Draft> drafts;
  for (const mechanism::Proposal& p : proposals) {
    const auto ref = n->reference(p.id);
    if (!ref || !p.mechanism.amends) continue;
    record::VoiceStatement voice;
    voice.amendment = record::Amendment{*p.mechanism.amends, p.document, p.mechanism.version};
    drafts.push_back({record::kConsentType, voice.to_body(), {{std::string(record::kRelationTo), *ref}}, {}, {}});
  }
  static_cast<void>(w.state(m, std::move(drafts)));
}

// Entries that are no statements at all.
void garbage(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  const auto keys = record::KeyRing::open(w.files, m.folder + "/keys");
  const auto place = n != nullptr ? n->place_of(m.log) : fail(ErrorCode::kNotFound, "");
  const auto seed = keys ? keys->log_seed(m.log.log) : fail(ErrorCode::kNotFound, "");
  if (!place || !seed) return;
  auto log = record::Log::open(*m.files, *place, *seed, {0, m.clock.get()});
  if (!log) return;
  std::vector<std::string> entries;
  for (std::uint64_t i = 0; i <= w.draws.below(3); ++i)
    entries.push_back(changed(R"({"author":["east","main"],"type":"report","v":1})", w.draws) + "?");
  if ((*log)->append(entries)) static_cast<void>((*log)->publish());
}

}  // namespace

void lie(SimWorld& w, Machine& m) {
  ++w.counts.lies;
  const std::int64_t shift = m.clock->shift_ms;
  std::string told;
  switch (w.draws.below(10)) {
    case 0:
    case 1: {  // forks its own log
      std::uint64_t count = 0;
      for (const auto& other : w.machines) count += other->party == m.party && other->is_twin;
      if (m.is_desk || count >= 2) return;
      Machine& copy = w.add_machine(m.name + "-branch-" + std::to_string(count + 1), m.party);
      w.files.copy_from(m.folder, copy.folder);
      copy.is_twin = true;
      copy.own = m.own;
      copy.log = m.log;
      // Another word at the same place in each.
      static_cast<void>(w.state(m, reports(w, 1, m.clock->now())));
      static_cast<void>(w.state(copy, reports(w, 1 + w.draws.below(2), copy.clock->now())));
      w.observe(copy);
      told = " forks its log as " + copy.name;
      break;
    }
    case 2:  // backdated, postdated
      m.clock->shift_ms += w.draws.between(-9, 9) * kYearMs;
      static_cast<void>(w.state(m, reports(w, 2, m.clock->now())));
      m.clock->shift_ms = shift;
      told = " states at another time";
      break;
    case 3:
      if (w.draws.chance(3)) {
        static_cast<void>(w.state(m, reports(w, 200 + w.draws.below(120), m.clock->now())));
        told = " floods";
      }
      break;
    case 4:
      static_cast<void>(w.state(m, {wrong_receipt(w, m)}));
      told = " receipts what is not there";
      break;
    case 5:
      if (auto e = false_evidence(w)) static_cast<void>(w.state(m, {*e}));
      told = " makes evidence up";
      break;
    case 6:
      two_amendments(w, m);
      told = " proposes two successors";
      break;
    case 7:
      consent_to_all(w, m);
      told = " consents to everything";
      break;
    case 8:
      garbage(w, m);
      told = " writes garbage into its log";
      break;
    default:
      if (m.older.empty()) return;
      w.replug(m);
      w.files.copy_from(m.older, m.folder);
      told = " rolls its folder back";
  }
  w.say(m.name + told);
}

void bend(SimWorld& w, Machine& from, Line& line) {
  if (w.draws.chance(4)) line.change_one_in = 1 + w.draws.below(6);
  if (w.draws.chance(6)) line.no_blobs = true;
  if (w.draws.chance(4)) {
    // A head of its own log that no tree has, signed.
    const auto keys = record::KeyRing::open(w.files, from.folder + "/keys");
    const auto seed = keys ? keys->log_seed(from.log.log) : fail(ErrorCode::kNotFound, "");
    const std::string origin = "truce/" + w.mechanism_id.hex() + '/' + from.log.to_string();
    if (seed)
      line.more_heads.push_back(
          record::sign_checkpoint({origin, w.draws.below(from.own.size() + 10), any_hash(w), {}}, *seed));
  }
  if (w.draws.chance(4)) line.more_heads.push_back(changed(any_checkpoint(w), w.draws));
  if (w.draws.chance(4)) line.more_heads.push_back(any_checkpoint(w));
  if (w.draws.chance(8)) line.more_heads.push_back("no checkpoint\nat all\n");
  line.shuffle = true;
}

}  // namespace truce::sim
