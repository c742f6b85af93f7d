// SPDX-License-Identifier: Apache-2.0
//
// SimWorld: the parties of a simulated record, their machines, and the account that the simulation keeps beside them:
// what was acknowledged, signed, cosigned and given away. Internal to sim; one thread.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "truce/base/clock.h"
#include "truce/base/file_testing.h"
#include "truce/base/memory_files.h"
#include "truce/node/exchange.h"
#include "truce/node/node.h"
#include "truce/sim/peer.h"
#include "truce/sim/run.h"
#include "truce/sim/signature_watch.h"
#include "truce/sim/trees.h"

namespace truce::sim {

// The world's time, off by so much.
class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(FixedClock& world) : world_(world) {}
  [[nodiscard]] Instant now() override { return Instant{world_.now().ms + shift_ms}; }
  std::int64_t shift_ms = 0;

 private:
  FixedClock& world_;
};

// kCareless: an honest program whose owner restores a backup in silence, or lets a copy of the folder go on.
enum class Conduct { kHonest, kCareless, kLiar };

struct SimParty {
  std::string id;
  mechanism::Role role = mechanism::Role::kGuarantor;
  Conduct conduct = Conduct::kHonest;
  bool was_restored = false;                 // told or untold: its witness's memory is an old one
  std::map<Hash, std::set<Hash>> consented;  // documents -> their successors that it has agreed to
};

struct Machine {
  std::string name, folder, party;
  std::unique_ptr<FaultyFileSystem> files;
  std::unique_ptr<ShiftedClock> clock;
  std::unique_ptr<SeededRandom> random;
  std::unique_ptr<node::Node> node;  // as a server holds it; may be empty
  bool is_desk = false, is_twin = false, push_only = false;
  bool is_marked = false;  // restored and told, not recovered yet
  int group = 0;           // of a partition
  LogId log;
  Json opening;                        // of a desk: what its main log says of it
  Tree own;                            // its own log as last seen
  std::map<LogId, record::Head> held;  // copies as last seen
  std::string backup, older;           // copies of the folder; empty: none
};

struct Stick {
  std::string path, from;
};

struct SignedHead {
  std::uint64_t size = 0;
  Hash root;
  friend auto operator<=>(const SignedHead&, const SignedHead&) = default;
};

class SimWorld {
 public:
  explicit SimWorld(const Options& options);

  // Parties, keys, founding document, acceptances.
  void found();

  // ---- machines
  [[nodiscard]] SimParty& party_of(const Machine& m) { return parties.at(m.party); }
  [[nodiscard]] Conduct conduct(const Machine& m) { return parties.at(m.party).conduct; }
  [[nodiscard]] bool is_honest(const std::string& party) const { return parties.at(party).conduct == Conduct::kHonest; }
  // The node, opened if it is not; nullptr where it cannot be.
  [[nodiscard]] node::Node* open(Machine& m);
  [[nodiscard]] node::World world_of(Machine& m) { return {m.files.get(), m.clock.get(), m.random.get()}; }
  Machine& add_machine(const std::string& name, const std::string& party);
  // A machine whose folder was put there anew: everything in memory goes.
  void replug(Machine& m);

  // ---- operations, each of which may meet a fault that was armed
  void arm(Machine& m);
  // Ends the fault; true if one has struck.
  bool disarm(Machine& m);
  void power_on(Machine& m);
  // One batch. True if it was acknowledged.
  bool state(Machine& m, std::vector<node::Draft> drafts, const std::vector<std::string>& blobs = {},
             std::vector<StatementRef>* made = nullptr);
  bool receive(Machine& to, Machine& from, const std::string& folder, Line line);
  bool import(Machine& to, const std::string& path);
  void acknowledge(Machine& m, const StatementId& id);
  // What an honest program must do without a fault of its own disk.
  void demand(Machine& m, const Status& outcome, std::string_view what);
  [[nodiscard]] bool is_struck(const Machine& m) const;
  // Looks at a machine after a step: its log has only grown, copies have only grown, nothing acknowledged is gone.
  void observe(Machine& m);
  void observe_own(Machine& m, node::Node& node);
  void note_given(const std::vector<std::string>& checkpoints);
  // Fetches what others hold of its log; true if it may append again.
  bool recover(Machine& m, const std::vector<Machine*>& from, const std::function<Line()>& line);

  void violated(std::string check, std::string what);
  [[nodiscard]] bool broken(std::string_view way) const { return options.broken == way; }
  void say(const std::string& line) {
    if (options.trace) options.trace(line);
  }

  const Options& options;
  const bool is_silent;   // a run of silence: one document follows the other, and nobody says a word on any
  const bool is_talking;  // a run of talks: documents and words on them take the place of most reports
  SeededNumbers draws;
  FixedClock time{Instant{1'800'000'000'000}};
  MemoryFileSystem files{time};
  std::map<std::string, SimParty> parties;
  std::vector<std::unique_ptr<Machine>> machines;
  std::vector<Stick> sticks;
  std::string founding;
  mechanism::Mechanism founding_mechanism;
  Hash mechanism_id;

  TreeBook trees;
  std::map<LogId, std::map<std::uint64_t, Hash>> acknowledged;  // leaf hashes, of parties that are honest
  std::map<LogId, std::set<SignedHead>> signed_heads;
  std::map<std::string, std::map<LogId, std::set<SignedHead>>> cosigned;  // by party
  std::map<std::string, std::string> cosign_keys;                         // raw key -> party
  std::map<LogId, std::uint64_t> given;                                   // largest size that left the machine
  node::ReceiveReport last_report;                                        // of receive()
  Counts counts;
  std::uint64_t step = 0;
  std::optional<Violation> violation;

 private:
  void heard(std::string_view public_key, std::string_view message);
  void check_receipt(Machine& m, std::string_view entry);
  const Machine* armed_ = nullptr;
  std::uint64_t armed_at_ = 0, armed_for_ = 0;
  bool armed_power_ = false;
  SignatureWatch watch_;
};

// Steps, until healing (steps.cc).
void random_step(SimWorld& w);
// No more faults; honest parties exchange until nothing is new (healing.cc).
void heal(SimWorld& w);
// Everything that must hold then (checks.cc).
void check_all(SimWorld& w);

}  // namespace truce::sim
