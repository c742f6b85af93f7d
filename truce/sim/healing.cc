// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "truce/node/recover.h"
#include "truce/record/statements.h"
#include "truce/sim/liar.h"
#include "truce/sim/world.h"

namespace truce::sim {
namespace {

constexpr int kRoundCountMax = 24;

// A node that did not recover, of which nobody who tells the truth holds more than it does itself: what it has
// published since its backup is in the hands of liars alone, who give its head and not what is below, or was lost with
// the disk of whoever stated a receipt for it.
bool is_withheld(SimWorld& w, Machine& m) {
  node::Node* n = w.open(m);
  if (n == nullptr) return false;
  if (const auto beyond = n->receipts_beyond(); !n->is_behind(m.log) && (!beyond || beyond->empty())) return false;
  const auto reader = n->reader(m.log);
  return reader && std::ranges::none_of(w.machines, [&](const auto& other) {
           const auto held = other->held.find(m.log);
           return w.conduct(*other) != Conduct::kLiar && other.get() != &m && held != other->held.end() &&
                  held->second.size > reader->head().size;
         });
}

}  // namespace

void heal(SimWorld& w) {
  w.say("healing");
  std::vector<Machine*> all;
  for (const auto& m : w.machines) {
    m->group = 0;
    m->push_only = false;
    if (w.conduct(*m) == Conduct::kLiar || m->is_twin) continue;
    all.push_back(m.get());
    w.observe(*m);
    // The next to append brings tiles and head up to the journal.
    if (node::Node* n = w.open(*m); n != nullptr && !m->is_marked) {
      const auto writer = n->writer();
      if (!writer && w.is_honest(m->party)) w.demand(*m, fail(writer.error()), "append to its log");
    }
    w.observe(*m);
  }
  const auto others = [&](const Machine* m) {
    std::vector<Machine*> out;
    for (const auto& o : w.machines) {
      if (o.get() != m && !o->is_twin) out.push_back(o.get());
    }
    return out;
  };
  for (Machine* m : all) {
    if (w.violation) return;
    if (!m->is_marked) continue;
    if (!w.recover(*m, others(m), [] { return Line(); })) {
      if (!w.is_honest(m->party)) continue;
      if (!is_withheld(w, *m)) return w.violated("stuck", m->name + " asked everybody and did not recover");
      w.say("  " + m->name + " waits for what liars alone hold");
      w.party_of(*m).conduct = Conduct::kCareless;
      ++w.counts.withheld;
      continue;
    }
    finish_recovery(w, *m);
  }
  // A desk that its main log does not know, since that statement did not come to be or was lost with a disk.
  for (const Machine* desk : all) {
    for (Machine* m : all) {
      if (!desk->is_desk || m->is_desk || m->party != desk->party) continue;
      node::Node* n = w.open(*m);
      if (n == nullptr || n->roster().logs().contains(desk->log)) continue;
      static_cast<void>(w.state(*m, {{record::kLogOpenType, desk->opening, {}, {}, {}}}));
      w.observe(*m);
    }
  }
  // What lies around comes in late.
  for (const Stick& stick : w.sticks) {
    if (!w.draws.chance(4)) continue;
    Machine& to = *all[static_cast<std::size_t>(w.draws.below(all.size()))];
    static_cast<void>(w.import(to, stick.path));
    w.observe(to);
  }
  // Liars speak a last time, each branch to somebody.
  for (const auto& m : w.machines) {
    if (w.conduct(*m) != Conduct::kLiar && !m->is_twin) continue;
    Machine& to = *all[static_cast<std::size_t>(w.draws.below(all.size()))];
    if (!w.draws.chance(3)) static_cast<void>(w.receive(to, *m, m->folder, {}));
    w.observe(to);
  }
  std::map<const Machine*, int> recoveries;
  bool quiet = true;
  // How often each has changed: of two that have not since, nothing new can come.
  std::map<const Machine*, int> changes;
  std::map<std::pair<const Machine*, const Machine*>, std::pair<int, int>> pulled;
  const auto pull = [&](Machine* to, Machine* from) {
    if (to == from || w.violation) return;
    const std::pair now{changes[to], changes[from]};
    const auto known = pulled.find({to, from});
    if (known != pulled.end() && known->second == now) return;
    pulled[{to, from}] = now;
    if (!w.receive(*to, *from, from->folder, {}))
      return w.violated("stuck", to->name + " cannot receive from " + from->name + " on a good line");
    if (w.last_report.any_new() || !w.last_report.stated.empty()) {
      quiet = false;
      ++changes[to];
    }
    if (!w.last_report.own_behind.empty()) {
      // Its owner restored it in silence, and the exchange has told. A forked one stays behind.
      if (w.is_honest(to->party)) return w.violated("own-fork", to->name + " is behind its own head");
      if (++recoveries[to] > 2) return;
      static_cast<void>(w.recover(*to, others(to), [] { return Line(); }));
      ++changes[to];
      quiet = false;
    }
  };
  const auto after = [&](Machine* to) {
    w.observe(*to);
    w.time.set(Instant{w.time.now().ms + 1'000});
  };
  // First by way of one of them, which is cheap, then everybody with everybody.
  Machine* hub = all[static_cast<std::size_t>(w.draws.below(all.size()))];
  for (int i = 0; i < 2; ++i) {
    for (Machine* m : all) pull(hub, m);
    after(hub);
    for (Machine* m : all) {
      pull(m, hub);
      after(m);
    }
  }
  int round = 0;
  for (quiet = false; !quiet && !w.violation; ++round) {
    if (round == kRoundCountMax)
      return w.violated("stuck", "the exchange is not quiet after " + std::to_string(round) + " rounds");
    quiet = true;
    for (Machine* to : all) {
      for (Machine* from : all) pull(to, from);
      after(to);
    }
  }
  w.say("quiet after " + std::to_string(round) + " rounds");
}

}  // namespace truce::sim
