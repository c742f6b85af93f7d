// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/report.h"
#include "truce/node/founding.h"
#include "truce/node/parties_testing.h"
#include "truce/node/recover.h"
#include "truce/record/evidence.h"
#include "truce/record/statements.h"
#include "truce/sim/liar.h"
#include "truce/sim/world.h"

namespace truce::sim {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

Machine& any_machine(SimWorld& w) {
  return *w.machines[static_cast<std::size_t>(w.draws.below(w.machines.size()))];
}

Json report_body(SimWorld& w, const Machine& m) {
  const auto number = static_cast<int>(w.draws.below(1000));
  // Half of them of few places and hours, so that parties confirm each other.
  const Instant at = w.draws.chance(2) ? Instant{w.time.now().ms / kHourMs * kHourMs} : m.clock->now();
  return node::invented_report(w.draws.chance(2) ? number % 3 : number, at);
}

node::Draft zone(SimWorld& w, std::vector<std::string>& blobs) {
  const auto corner = static_cast<std::int32_t>(358'000'000 + w.draws.below(50) * 10'000);
  geo::MultiPolygon square;
  square.polygons.push_back(
      {{{geo::LatLng::from_e7(corner, 365'000'000), geo::LatLng::from_e7(corner, 367'000'000),
         geo::LatLng::from_e7(360'000'000, 367'000'000), geo::LatLng::from_e7(360'000'000, 365'000'000)}},
       {}});
  monitor::ZoneStatement z;
  z.id = "zone-" + std::to_string(w.draws.below(3));
  blobs.push_back(geo::to_blob(square));
  z.geometry = sha256(blobs.back());
  return {monitor::kTypeZone, z.to_body(), {}, {}, {z.geometry}};
}

// A statement of this log that may be corrected or withdrawn.
std::optional<StatementRef> earlier_report(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr || m.own.size() < 2) return std::nullopt;
  const StatementId id{m.log, 1 + w.draws.below(m.own.size() - 1)};
  const auto e = n->envelope(id);
  if (!e || e->type != monitor::kTypeReport) return std::nullopt;
  return StatementRef{id, m.own.leaf(id.index)};
}

void say_something(SimWorld& w, Machine& m) {
  std::vector<node::Draft> drafts;
  std::vector<std::string> blobs;
  std::string told;
  const std::uint64_t count = 1 + w.draws.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t kind = w.draws.below(10);
    const auto earlier = kind < 3 ? earlier_report(w, m) : std::nullopt;
    if (earlier && kind < 2) {
      drafts.push_back(
          {monitor::kTypeReport, report_body(w, m), {{std::string(monitor::kCorrects), *earlier}}, {}, {}});
      told += " corrects " + std::to_string(earlier->id.index);
    } else if (earlier) {
      drafts.push_back({monitor::kTypeWithdrawal,
                        Json::object({{"reason", "mistake"}}),
                        {{std::string(monitor::kWithdraws), *earlier}},
                        {},
                        {}});
      told += " withdraws " + std::to_string(earlier->id.index);
    } else if (kind == 3) {
      drafts.push_back(zone(w, blobs));
      told += " zone";
    } else {
      drafts.push_back({monitor::kTypeReport, report_body(w, m), {}, {}, {}});
      told += " report";
    }
  }
  // Beside a server that has the folder open, or in it.
  const bool beside = m.node && w.draws.chance(4);
  std::unique_ptr<node::Node> server = beside ? std::move(m.node) : nullptr;
  w.arm(m);
  const bool said = w.state(m, std::move(drafts), blobs);
  w.say(m.name + " states" + told + (beside ? " beside its server" : "") + (said ? "" : ": not acknowledged"));
  const bool struck = w.disarm(m);
  if (beside && !struck) m.node = std::move(server);
}

Line any_line(SimWorld& w, Machine& from) {
  Line line;
  if (w.draws.chance(4)) line.cut_after = w.draws.below(25);
  if (w.draws.chance(8)) line.lose_one_in = 2 + w.draws.below(10);
  if (w.draws.chance(16)) line.change_one_in = 2 + w.draws.below(10);
  if (w.draws.chance(16)) line.no_blobs = true;
  line.shuffle = w.draws.chance(4);
  if (w.conduct(from) == Conduct::kLiar) bend(w, from, line);
  return line;
}

void exchange(SimWorld& w, Machine& to, Machine& from) {
  if (&to == &from) return;
  if (to.group != from.group || from.push_only) return w.say(to.name + " does not reach " + from.name);
  Line line = any_line(w, from);
  const bool old = !from.older.empty() && w.draws.chance(6);
  // The other side goes on while it is being read.
  if (!old && w.draws.chance(10)) {
    line.heads_given = [&](const std::vector<std::string>&) {
      static_cast<void>(w.state(from, {{monitor::kTypeReport, report_body(w, from), {}, {}, {}}}));
    };
  }
  std::string told = to.name + " receives from " + from.name + (old ? " as it was" : "");
  if (line.cut_after != UINT64_MAX) told += ", cut after " + std::to_string(line.cut_after);
  w.arm(to);
  const bool got = w.receive(to, from, old ? from.older : from.folder, std::move(line));
  w.say(told + (got ? "" : ": in vain"));
  w.disarm(to);
  w.observe(from);
}

void push(SimWorld& w, Machine& from, Machine* to) {
  node::Node* n = w.open(from);
  if (n == nullptr) return;
  const Stick stick{"/sticks/" + std::to_string(w.sticks.size()), from.name};
  node::BundleRequest request;
  if (to != nullptr && w.draws.chance(2)) {
    node::FolderPeer there(w.files, to->folder);
    if (auto since = node::sizes_at(*n, there)) request.since = std::move(since).value();
  }
  w.arm(from);
  const auto made = node::export_bundle(*n, stick.path, request);
  w.say(from.name + (to != nullptr ? " pushes to " + to->name : " writes a stick") + (made ? "" : ": in vain"));
  if (!made) w.demand(from, fail(made.error()), "write a bundle");
  w.disarm(from);
  if (!made) return;
  ++w.counts.bundles;
  node::FolderPeer self(w.files, from.folder);
  if (const auto heads = self.heads()) w.note_given(*heads);
  w.sticks.push_back(stick);
  if (to == nullptr) return;
  w.arm(*to);
  const bool got = w.import(*to, stick.path);
  w.say(to->name + " takes the push in" + (got ? "" : ": in vain"));
  w.disarm(*to);
  w.observe(*to);
}

void import_stick(SimWorld& w, Machine& to) {
  if (w.sticks.empty()) return;
  const Stick stick = w.sticks[static_cast<std::size_t>(w.draws.below(w.sticks.size()))];
  w.arm(to);
  const bool got = w.import(to, stick.path);
  w.say(to.name + " imports the stick " + stick.path + " of " + stick.from + (got ? "" : ": in vain"));
  w.disarm(to);
}

// ---- amendments

// Free to be for a document that follows this one: what it was for before is refused for good, as far as it can see.
bool is_free(SimWorld& w, const Machine& m, const node::Node& n, const Hash& amends) {
  const std::set<Hash>& before = w.party_of(m).consented[amends];
  return std::ranges::all_of(before, [&](const Hash& document) {
    const auto& all = n.roster().proposals();
    const auto p = std::ranges::find_if(
        all, [&](const auto& q) { return q.mechanism.amends == amends && q.document == document; });
    return p != all.end() && p->is_refused_for_good;
  });
}

// A document that follows the one in force is known to this node.
bool is_waited_for(const node::Node& n) {
  const Hash amends = n.roster().chain().links.back().document;
  return std::ranges::any_of(n.roster().proposals(), [&](const auto& p) { return p.mechanism.amends == amends; });
}

void propose(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr || m.is_desk || w.party_of(m).role == mechanism::Role::kHumanitarian) return;
  const Hash amends = n->roster().chain().links.back().document;
  if (w.is_honest(m.party) && !is_free(w, m, *n, amends)) return;
  mechanism::Mechanism next = n->mechanism();
  next.permitted_use = "use " + std::to_string(w.draws.below(1000));
  next.version += 1;
  next.amends = amends;
  const auto document = next.to_bytes();
  if (!document) return;
  const record::Amendment body{amends, sha256(*document), next.version};
  w.arm(m);
  // Whatever came of it: what was not acknowledged may be there all the same.
  w.party_of(m).consented[amends].insert(body.document);
  const bool said = w.state(m, {{record::kAmendmentType, body.to_body(), {}, {}, {body.document}}}, {*document});
  w.say(m.name + " proposes an amendment" + (said ? "" : ": not acknowledged"));
  w.disarm(m);
  if (said) ++w.counts.amendments;
}

void speak(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr || m.is_desk || w.party_of(m).role == mechanism::Role::kHumanitarian) return;
  const auto& proposals = n->roster().proposals();
  if (proposals.empty()) return;
  const mechanism::Proposal p = proposals[static_cast<std::size_t>(w.draws.below(proposals.size()))];
  if (p.id.log.party == m.party || p.question.voices.contains(m.party) || !p.mechanism.amends) return;
  const bool consents = !w.draws.chance(4);
  if (consents && w.is_honest(m.party) && !is_free(w, m, *n, *p.mechanism.amends)) return;
  const auto ref = n->reference(p.id);
  if (!ref) return;
  record::VoiceStatement voice;
  voice.amendment = record::Amendment{*p.mechanism.amends, p.document, p.mechanism.version};
  w.arm(m);
  if (consents) w.party_of(m).consented[*p.mechanism.amends].insert(p.document);
  const bool said = w.state(m, {{consents ? record::kConsentType : record::kObjectionType,
                                 voice.to_body(),
                                 {{std::string(record::kRelationTo), *ref}},
                                 {},
                                 {}}});
  w.say(m.name + (consents ? " consents to " : " objects to ") + p.id.to_string() + (said ? "" : ": not acknowledged"));
  w.disarm(m);
}

// ---- folders

void back_up(SimWorld& w, Machine& m) {
  m.backup = "/backups/" + m.name;
  w.files.copy_from(m.folder, m.backup);
  w.say(m.name + " is backed up at " + std::to_string(m.own.size()));
}

void restore(SimWorld& w, Machine& m, bool told) {
  if (m.backup.empty()) return;
  w.replug(m);
  w.files.copy_from(m.backup, m.folder);
  m.held.clear();
  m.older.clear();  // went with the disk
  w.party_of(m).was_restored = true;
  ++(told ? w.counts.restores_told : w.counts.restores_untold);
  w.say(m.name + " is restored" + (told ? "" : " in silence"));
  if (!told) return;
  m.is_marked = true;
  if (w.broken("append-behind")) {
    finish_recovery(w, m);
    return;
  }
  if (node::Node* n = w.open(m)) w.demand(m, node::mark_restored(*n), "mark itself restored");
}

void recover(SimWorld& w, Machine& m) {
  std::vector<Machine*> from;
  for (const auto& other : w.machines) {
    if (other.get() != &m && !other->is_twin) from.push_back(other.get());
  }
  w.arm(m);
  const bool whole = w.recover(m, from, [&] {
    Line line;
    if (w.draws.chance(4)) line.cut_after = w.draws.below(12);
    if (w.draws.chance(8)) line.lose_one_in = 3;
    return line;
  });
  w.say(m.name + " recovers" + (whole ? "" : ": not yet"));
  w.disarm(m);
  // The mark's going may not have lasted; or it has, and the power went just behind it.
  const node::Node* n = w.open(m);
  if (n != nullptr && !node::is_marked_restored(*n) && !n->is_behind(m.log)) finish_recovery(w, m);
}

void twin(SimWorld& w, Machine& m) {
  std::uint64_t count = 0;
  for (const auto& other : w.machines) count += other->is_twin && other->party == m.party;
  if (count >= 2 || m.is_twin || m.is_desk) return;
  Machine& copy = w.add_machine(m.name + "-twin-" + std::to_string(count + 1), m.party);
  w.files.copy_from(m.folder, copy.folder);
  copy.is_twin = true;
  copy.own = m.own;
  copy.log = m.log;
  ++w.counts.twins;
  w.say("a copy of " + m.name + " goes on as " + copy.name);
}

void open_desk(SimWorld& w, Machine& m) {
  if (m.is_desk || m.is_twin || w.party_of(m).role == mechanism::Role::kHumanitarian) return;
  const std::string name = m.name + "-desk";
  for (const auto& other : w.machines) {
    if (other->name == name) return;
  }
  Machine& desk = w.add_machine(name, m.party);
  desk.is_desk = true;
  desk.log = {m.party, "desk-a"};
  const auto made = node::keygen(w.world_of(desk), {desk.folder, m.party, "", mechanism::Role::kGuarantor, "desk-a"});
  if (!made) return w.demand(desk, fail(made.error()), "make a desk's keys");
  const auto accepted = node::accept(w.world_of(desk), desk.folder, w.founding);
  if (!accepted) return w.demand(desk, fail(accepted.error()), "begin a desk's log");
  if (w.open(desk) == nullptr) return;
  w.acknowledge(desk, {desk.log, 0});
  desk.opening = record::LogOpen{"desk-a", made->card.desk_key}.to_body();
  w.arm(m);
  const bool said = w.state(m, {{record::kLogOpenType, desk.opening, {}, {}, {}}});
  w.disarm(m);
  w.say(m.name + " opens a desk" + (said ? "" : ": not acknowledged"));
  w.observe(desk);
}

// ---- the witness asked over HTTP, with any branch

void ask_witness(SimWorld& w, Machine& m) {
  Machine& from = any_machine(w);
  node::Node* n = w.open(m);
  if (n == nullptr || from.own.size() == 0 || from.log.party == m.party) return;
  if (w.broken("witness-forgets")) {
    m.node.reset();
    w.files.remove_folder(m.folder + "/witness/memory");
    n = w.open(m);
  }
  const auto checkpoint =
      w.files.read(from.folder + "/logs/" + from.log.to_string() + "/checkpoint", record::kNoteBytesMax);
  const auto place = n->place_of(from.log);
  const auto witness = n->witness();
  if (!checkpoint || !place || !witness || *witness == nullptr) return;
  const auto last = (*witness)->last_checkpoint(place->origin());
  const auto head = record::open_checkpoint(*checkpoint, place->origin(), place->public_key);
  if (!last || !head || head->size > from.own.size()) return;
  std::uint64_t size = 0;
  if (!last->empty()) {
    const auto known = record::open_checkpoint(*last, place->origin(), place->public_key);
    if (!known) return;
    size = known->size;
  }
  if (size > head->size) return;
  std::string body = "old " + std::to_string(size) + '\n';
  if (size != 0 && size != head->size) {
    const auto proof = record::prove_consistency(size, head->size, from.own.nodes());
    if (!proof) return;
    for (const Hash& h : *proof) body += to_base64(h.view()) + '\n';
  }
  body += '\n' + *checkpoint;
  ++w.counts.witness_asked;
  w.note_given({*checkpoint});
  w.arm(m);
  const auto answer = (*witness)->add_checkpoint(body, [&](std::string_view origin) {
    const auto known = n->roster().place_by_origin(origin);
    return known ? std::optional(record::Witness::KnownLog{known->log, known->public_key}) : std::nullopt;
  });
  if (answer.fork) w.demand(m, n->keep_evidence(*answer.fork), "keep evidence");
  w.say(m.name + " is asked to cosign " + from.log.to_string() + " at " + std::to_string(head->size) + " by " +
        from.name + ": " + std::to_string(answer.status));
  w.disarm(m);
}

}  // namespace

// What nobody has is gone; what somebody has and was not asked for makes a fork sooner or later.
void finish_recovery(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  const auto reader = n != nullptr ? n->reader(m.log) : fail(ErrorCode::kNotFound, "");
  if (!reader) return;
  const std::uint64_t size = reader->head().size;
  const bool clean = w.given[m.log] <= size;
  if (!clean && w.is_honest(m.party) && !w.broken("append-behind")) {
    w.say("  " + m.name + " has given more away than anybody could tell it of");
    w.party_of(m).conduct = Conduct::kCareless;
  }
  if (w.conduct(m) == Conduct::kHonest && clean) {
    auto& all = w.acknowledged[m.log];
    w.counts.with_disk += static_cast<std::uint64_t>(std::distance(all.lower_bound(size), all.end()));
    all.erase(all.lower_bound(size), all.end());
    std::erase_if(w.signed_heads[m.log], [&](const SignedHead& h) { return h.size > size; });
    w.trees.cut(m.log, size);
    if (m.own.size() > size) m.own.cut(size);
  }
  w.observe(m);  // while it is still marked: its log may be shorter than it was
  m.is_marked = false;
}

void random_step(SimWorld& w) {
  w.time.set(Instant{w.time.now().ms + w.draws.between(1'000, w.draws.chance(12) ? 40 * kHourMs : 2 * kHourMs)});
  Machine& m = any_machine(w);
  if (w.draws.chance(6)) m.node.reset();  // as a command does, which opens the folder each time
  const Conduct conduct = w.conduct(m);
  if (m.is_marked && w.draws.chance(2)) {
    recover(w, m);
    return w.observe(m);
  }
  if (conduct == Conduct::kLiar && w.draws.chance(3)) {
    lie(w, m);
    return w.observe(m);
  }
  if (w.broken("witness-forgets") && w.draws.chance(2)) {
    ask_witness(w, m);
    return w.observe(m);
  }
  if (w.broken("receipts-unheld") && w.draws.chance(4) && !m.is_desk && conduct == Conduct::kHonest) {
    Machine& other = any_machine(w);
    if (other.party == m.party || other.own.size() == 0) return;
    const record::Receipt receipt{{{other.log, other.own.size(), other.own.root(other.own.size())}}};
    static_cast<void>(w.state(m, {{record::kReceiptType, receipt.to_body(), {}, {}, {}}}));
    return w.observe(m);
  }
  const std::uint64_t draw = w.draws.below(100);
  if (w.is_silent && (draw < 4 || (draw >= 72 && draw < 78))) {
    if (node::Node* n = w.open(m); n != nullptr && !is_waited_for(*n)) propose(w, m);
  } else if (w.is_talking && draw < 20) {
    if (draw < 4) {
      propose(w, m);
    } else {
      speak(w, m);
    }
  } else if (draw < 28) {
    say_something(w, m);
  } else if (draw < 62) {
    Machine& other = any_machine(w);
    if (m.push_only && w.draws.chance(2)) {
      push(w, m, &other);
    } else {
      exchange(w, m, other);
    }
  } else if (draw < 65) {
    push(w, m, nullptr);
  } else if (draw < 69) {
    import_stick(w, m);
  } else if (draw < 72) {
    propose(w, m);
  } else if (draw < 78) {
    speak(w, m);
  } else if (draw < 81) {
    ask_witness(w, m);
  } else if (draw < 84) {
    m.files->cut_power_after(0);
    m.node.reset();
    w.power_on(m);
    ++w.counts.crashes;
    w.say(m.name + ": the power goes while it is idle");
    if (w.broken("forgets-acknowledged") && !m.older.empty() && !m.is_marked) w.files.copy_from(m.older, m.folder);
  } else if (draw < 88) {
    back_up(w, m);
  } else if (draw < 90) {
    if (!m.is_twin && !m.is_marked && conduct != Conduct::kLiar)
      restore(w, m, conduct == Conduct::kHonest || w.draws.chance(2));
  } else if (draw < 91) {
    if (conduct == Conduct::kCareless && w.draws.chance(2)) twin(w, m);
  } else if (draw < 93) {
    open_desk(w, m);
  } else if (draw < 95) {
    for (const auto& each : w.machines) each->group = w.draws.chance(2) ? 0 : static_cast<int>(w.draws.below(2));
    w.say("other lines");
  } else if (draw < 98) {
    m.older = "/older/" + m.name;
    w.files.copy_from(m.folder, m.older);
  } else {
    // A clock is set.
    m.clock->shift_ms =
        w.draws.chance(4) ? w.draws.between(-2, 2) * 365 * 24 * kHourMs : w.draws.between(-60'000, 60'000);
    w.say(m.name + "'s clock is set to be off by " + std::to_string(m.clock->shift_ms / 1000) + " s");
  }
  w.observe(m);
}

}  // namespace truce::sim
