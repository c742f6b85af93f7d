// SPDX-License-Identifier: Apache-2.0

#include "truce/sim/world.h"

#include <algorithm>

#include "truce/base/decimal.h"
#include "truce/node/founding.h"
#include "truce/node/recover.h"
#include "truce/record/envelope.h"
#include "truce/record/statements.h"

namespace truce::sim {
namespace {

// Origin, size and root of a checkpoint's text, without looking at anything else.
struct Parsed {
  std::string origin;
  SignedHead head;
};
std::optional<Parsed> parse_head(std::string_view text) {
  const std::size_t one = text.find('\n');
  const std::size_t two = one == std::string_view::npos ? one : text.find('\n', one + 1);
  const std::size_t three = two == std::string_view::npos ? two : text.find('\n', two + 1);
  if (three == std::string_view::npos) return std::nullopt;
  const auto checkpoint = record::Checkpoint::parse_text(text.substr(0, three + 1));
  if (!checkpoint) return std::nullopt;
  return Parsed{checkpoint->origin, {checkpoint->size, checkpoint->root}};
}

std::optional<LogId> log_of(std::string_view origin, const Hash& mechanism) {
  const std::string prefix = "truce/" + mechanism.hex() + '/';
  if (!origin.starts_with(prefix)) return std::nullopt;
  const auto log = LogId::parse(origin.substr(prefix.size()));
  return log ? std::optional(*log) : std::nullopt;
}

}  // namespace

SimWorld::SimWorld(const Options& all)
    : options(all),
      is_silent(all.silence || all.seed % 4 == 2),
      is_talking(!is_silent && all.seed % 4 == 0),
      draws(all.seed),
      watch_([this](std::string_view key, std::string_view message) { heard(key, message); }) {}

void SimWorld::violated(std::string check, std::string what) {
  if (violation) return;
  violation = Violation{step, std::move(check), std::move(what)};
  say("VIOLATED " + violation->check + ": " + violation->what);
}

void SimWorld::heard(std::string_view public_key, std::string_view message) {
  if (message.starts_with("cosignature/v1\ntime ")) {
    const auto party = cosign_keys.find(std::string(public_key));
    const std::size_t text = message.find('\n', 15);
    if (party == cosign_keys.end() || text == std::string_view::npos) return;
    const auto head = parse_head(message.substr(text + 1));
    const auto log = head ? log_of(head->origin, mechanism_id) : std::nullopt;
    if (log) cosigned[party->second][*log].insert(head->head);
    return;
  }
  if (!message.starts_with("truce/")) return;
  const auto head = parse_head(message);
  const auto log = head ? log_of(head->origin, mechanism_id) : std::nullopt;
  if (log) signed_heads[*log].insert(head->head);
}

void SimWorld::note_given(const std::vector<std::string>& checkpoints) {
  for (const std::string& c : checkpoints) {
    const auto head = parse_head(c);
    const auto log = head ? log_of(head->origin, mechanism_id) : std::nullopt;
    if (!log || !parties.contains(log->party) || !is_honest(log->party)) continue;
    std::uint64_t& size = given[*log];
    // Junk that a liar made up is not given by the party: only what its key has signed.
    if (head->head.size > size && signed_heads[*log].contains(head->head)) size = head->head.size;
  }
}

Machine& SimWorld::add_machine(const std::string& name, const std::string& party) {
  auto m = std::make_unique<Machine>();
  m->name = name;
  m->folder = '/' + name;
  m->party = party;
  m->clock = std::make_unique<ShiftedClock>(time);
  m->random = std::make_unique<SeededRandom>(draws.next());
  m->log = {party, "main"};
  // A clock that is a little off, and now and then by years.
  m->clock->shift_ms = draws.chance(8) ? draws.between(-3, 3) * 365 * 86'400'000 : draws.between(-300'000, 300'000);
  machines.push_back(std::move(m));
  replug(*machines.back());
  return *machines.back();
}

void SimWorld::replug(Machine& m) {
  m.node.reset();
  m.files = std::make_unique<FaultyFileSystem>(files, draws.next());
}

void SimWorld::found() {
  for (const char* folder : {"/backups", "/older", "/sticks"}) {
    if (!files.make_folders(folder)) return violated("stuck", "no folders");
  }
  std::vector<std::string> ids = {"east", "north", "south"};
  const char* observers[] = {"watch-a", "watch-b", "watch-c"};
  const std::uint64_t observer_count = draws.below(4);
  for (std::uint64_t i = 0; i < observer_count; ++i) ids.push_back(observers[i]);
  if (draws.chance(4)) ids.push_back("relief");
  std::ranges::sort(ids);
  for (const std::string& id : ids) {
    SimParty p;
    p.id = id;
    p.role = id.starts_with("watch") ? mechanism::Role::kObserver
             : id == "relief"        ? mechanism::Role::kHumanitarian
                                     : mechanism::Role::kGuarantor;
    parties.emplace(id, p);
  }
  // At most one in three is not honest.
  const auto any = [&]() -> SimParty& { return parties.at(ids[static_cast<std::size_t>(draws.below(ids.size()))]); };
  if (draws.chance(2)) any().conduct = Conduct::kLiar;
  if (draws.chance(3)) any().conduct = Conduct::kCareless;
  if (ids.size() > 5 && draws.chance(3)) any().conduct = Conduct::kLiar;

  mechanism::Mechanism& m = founding_mechanism;
  m.name = "invented line";
  switch (draws.below(4)) {
    case 0: break;
    case 1: m.decisions["amendment"] = {"k-of-n", "guarantors", 2, 0}; break;
    default:
      m.decisions["amendment"] = {"silence", draws.chance(2) ? "all" : "guarantors", 0, draws.between(1, 3) * 24};
  }
  if (is_silent) m.decisions["amendment"] = {"silence", "guarantors", 0, 12};
  for (const std::string& id : ids) {
    Machine& machine = add_machine(id, id);
    const auto made = node::keygen(world_of(machine), {machine.folder, id, "Party " + id, parties.at(id).role, {}});
    if (!made) return violated("stuck", "no keys: " + made.error().to_string());
    cosign_keys[made->card.party.keys.cosign] = id;
    m.parties.push_back(made->card.party);
  }
  const auto bytes = m.to_bytes();
  if (!bytes) return violated("stuck", "no founding document: " + bytes.error().to_string());
  founding = *bytes;
  mechanism_id = mechanism::mechanism_id(founding);
  std::string told;
  for (const auto& machine : machines) {
    machine->push_only = draws.chance(8);
    const auto ok = node::accept(world_of(*machine), machine->folder, founding);
    if (!ok) return violated("stuck", machine->name + " cannot accept: " + ok.error().to_string());
    if (open(*machine) == nullptr) return;
    acknowledge(*machine, {machine->log, 0});
    observe(*machine);
    told += ' ' + machine->name;
    told += conduct(*machine) == Conduct::kLiar       ? "(liar)"
            : conduct(*machine) == Conduct::kCareless ? "(careless)"
                                                      : "";
    if (machine->push_only) told += "(push only)";
    told += "@" + std::to_string(machine->clock->shift_ms / 1000);
  }
  say("founded:" + told + ", amendment by " + m.rule("amendment").rule);
}

// ---- opening, faults

node::Node* SimWorld::open(Machine& m) {
  if (m.node) return m.node.get();
  auto opened = node::Node::open(world_of(m), m.folder);
  if (!opened) {
    demand(m, fail(opened.error()), "open its folder");
    return nullptr;
  }
  m.node = std::move(opened).value();
  return m.node.get();
}

void SimWorld::arm(Machine& m) {
  armed_ = &m;
  armed_at_ = m.files->steps();
  armed_for_ = 0;
  armed_power_ = false;
  if (draws.chance(3)) {
    armed_for_ = 1 + draws.below(draws.chance(2) ? 12 : 60);
    switch (draws.below(4)) {
      case 0: m.files->fail_at(armed_for_); break;
      case 1: m.files->fill_disk_at(armed_for_); break;
      default: armed_power_ = true; m.files->cut_power_after(armed_for_);
    }
  }
}

bool SimWorld::is_struck(const Machine& m) const {
  return armed_for_ != 0 && armed_ == &m && m.files->steps() - armed_at_ >= armed_for_;
}

void SimWorld::power_on(Machine& m) {
  m.files->power_on();
  // The removal of the mark may not have lasted: it has to ask again.
  if (files.exists(m.folder + "/restored")) m.is_marked = true;
}

bool SimWorld::disarm(Machine& m) {
  const bool struck = is_struck(m);
  armed_for_ = 0;
  if (struck) {
    ++(armed_power_ ? counts.crashes : counts.failed_writes);
    if (armed_power_) m.node.reset();
    say("  " + m.name + (armed_power_ ? ": the power went" : ": the disk failed"));
  }
  power_on(m);
  return struck;
}

void SimWorld::demand(Machine& m, const Status& outcome, std::string_view what) {
  if (outcome || is_struck(m) || conduct(m) == Conduct::kLiar) return;
  violated("stuck", m.name + " cannot " + std::string(what) + ": " + outcome.error().to_string());
}

// ---- stating and receiving

void SimWorld::acknowledge(Machine& m, const StatementId& id) {
  ++counts.statements;
  if (conduct(m) != Conduct::kHonest) return;
  // What lies on the disk below, whether its power is on or not.
  const auto place = m.node ? m.node->place_of(id.log) : fail(ErrorCode::kNotFound, "not open");
  auto reader = place ? record::LogReader::open(files, *place) : fail(place.error());
  const auto entry = reader ? reader->entry(id.index) : fail(reader.error());
  if (!entry)
    return violated("acknowledged",
                    id.to_string() + " was acknowledged and cannot be read: " + entry.error().to_string());
  acknowledged[id.log][id.index] = record::leaf_hash(*entry);
}

bool SimWorld::state(Machine& m, std::vector<node::Draft> drafts, const std::vector<std::string>& blobs,
                     std::vector<StatementRef>* made) {
  node::Node* n = open(m);
  if (n == nullptr) return false;
  std::vector<StatementRef> refs;
  const auto act = [&]() -> Status {
    TRUCE_TRY(const auto writer, n->writer());
    for (const std::string& b : blobs) TRUCE_CHECK(writer->put_blob(b).map([](const Hash&) {}));
    for (node::Draft& d : drafts) {
      TRUCE_TRY(const StatementRef ref, writer->add(std::move(d)));
      refs.push_back(ref);
    }
    return writer->commit();
  };
  const Status done = act();
  if (!done && done.error().code != ErrorCode::kRolledBack) demand(m, done, "append to its log");
  if (!done && done.error().code == ErrorCode::kRolledBack && !m.is_marked && is_honest(m.party))
    demand(m, done, "append to its log, which is whole");
  if (!done) return false;
  counts.statements += refs.size();
  if (conduct(m) == Conduct::kHonest) {
    for (const StatementRef& r : refs) acknowledged[r.id.log][r.id.index] = r.leaf;
  }
  if (made != nullptr) *made = std::move(refs);
  return true;
}

bool SimWorld::receive(Machine& to, Machine& from, const std::string& folder, Line line) {
  node::Node* n = open(to);
  if (n == nullptr) return false;
  ++counts.exchanges;
  bool had_heads = false;
  const auto before = std::move(line.heads_given);
  line.heads_given = [&](const std::vector<std::string>& heads) {
    had_heads = true;
    note_given(heads);
    if (before) before(heads);
  };
  SimPeer peer(files, folder, std::move(line), draws.next());
  node::ReceiveOptions how;
  how.state = !(broken("never-receipts") && to.party == "north") && !broken("deaf");
  const auto got = node::receive(*n, peer, how);
  if (!got) {
    ++counts.cut_short;
    if (had_heads) demand(to, fail(got.error()), "receive from " + from.name);
    return false;
  }
  for (const StatementId& id : got->stated) acknowledge(to, id);
  last_report = *got;
  if (broken("deaf")) {
    files.remove_folder(to.folder + "/evidence");
    if (const auto stated = node::state_due(*n)) {
      for (const StatementId& id : *stated) acknowledge(to, id);
      last_report.stated = *stated;
    }
  }
  if (broken("never-quiet") && to.party == "south") {
    std::vector<StatementRef> made;
    if (state(to, {{record::kHeartbeatType, Json::object(), {}, {}, {}}}, {}, &made))
      last_report.stated.push_back(made.front().id);
  }
  if (options.trace) {
    for (const auto& l : got->logs) {
      if (l.error) say("  " + to.name + ", " + l.log.to_string() + ": " + l.error->to_string());
      if (l.blobs_missing != 0) say("  " + to.name + ", " + l.log.to_string() + ": blobs are missing");
      if (l.is_forked) say("  " + to.name + ", " + l.log.to_string() + ": two versions");
    }
  }
  return true;
}

bool SimWorld::import(Machine& to, const std::string& path) {
  node::Node* n = open(to);
  if (n == nullptr) return false;
  ++counts.imports;
  const auto got = node::import_bundle(*n, path, {});
  if (!got) return false;
  for (const StatementId& id : got->stated) acknowledge(to, id);
  return true;
}

bool SimWorld::recover(Machine& m, const std::vector<Machine*>& from, const std::function<Line()>& line) {
  node::Node* n = open(m);
  if (n == nullptr) return false;
  std::vector<std::unique_ptr<SimPeer>> peers;
  std::vector<node::Peer*> asked;
  for (const Machine* f : from) {
    Line there = line();
    there.heads_given = [this](const std::vector<std::string>& heads) { note_given(heads); };
    peers.push_back(std::make_unique<SimPeer>(files, f->folder, std::move(there), draws.next()));
    asked.push_back(peers.back().get());
  }
  node::RecoverOptions believed;
  for (const auto& other : machines) {
    if (conduct(*other) == Conduct::kLiar) believed.despite.insert(other->party);
  }
  const auto done = node::recover(*n, asked, believed);
  demand(m, done ? Status() : fail(done.error()), "recover");
  return done && !node::is_marked_restored(*n) && !n->is_behind(m.log);
}

// ---- looking

// A receipt says that its author holds what it names. The entry is the last of `m.own`.
void SimWorld::check_receipt(Machine& m, std::string_view entry) {
  const auto e = record::decode(entry);
  if (!e || e->type != record::kReceiptType) return;
  // What a recovery brought back was stated before.
  if (party_of(m).was_restored && trees.find(m.log, m.own.size(), m.own.root(m.own.size())) != nullptr) return;
  const auto receipt = record::Receipt::from_body(e->body);
  if (!receipt) return violated("receipt", m.name + " stated a receipt that cannot be read");
  for (const record::Head& h : receipt->heads) {
    auto reader = m.node->reader(h.log);
    const bool holds = reader && reader->head().size >= h.size && reader->root_at(h.size).value_or(Hash()) == h.root;
    if (!holds)
      violated("receipt", m.name + " stated a receipt for " + h.log.to_string() + " at " + std::to_string(h.size) +
                              " and does not hold it");
  }
}

void SimWorld::observe_own(Machine& m, node::Node& n) {
  auto reader = n.reader(m.log);
  if (!reader) {
    if (conduct(m) != Conduct::kLiar)
      violated("acknowledged", m.name + " cannot read its log: " + reader.error().to_string());
    return;
  }
  record::Head head = reader->head();
  const std::uint64_t before = m.own.size();
  const auto has_grown = [&] {
    return head.size >= before && reader->root_at(before).value_or(Hash()) == m.own.root(before);
  };
  bool grew = has_grown();
  if (!grew && conduct(m) == Conduct::kHonest && !m.is_marked) {
    // A head whose writing failed was to be seen and did not last: the journal has what is below it.
    { const auto writer = n.writer(); }
    reader = n.reader(m.log);
    if (!reader) return violated("acknowledged", m.name + " cannot read its log: " + reader.error().to_string());
    head = reader->head();
    grew = has_grown();
  }
  if (!grew) {
    if (conduct(m) == Conduct::kHonest && !m.is_marked)
      return violated("own-fork", m.name + ": the log of " + std::to_string(before) + " statements is one of " +
                                      std::to_string(head.size) + " now that does not hold them");
    m.own = Tree();
  }
  const std::uint64_t begin = m.own.size();
  const auto ok = reader->visit(begin, head.size, [&](std::uint64_t, std::string_view entry, const Hash&) -> Status {
    m.own.append(record::leaf_hash(entry));
    if (grew && conduct(m) != Conduct::kLiar && !m.is_twin && !m.is_marked) check_receipt(m, entry);
    return {};
  });
  if (!ok && conduct(m) != Conduct::kLiar)
    return violated("acknowledged", m.name + " cannot read its log: " + ok.error().to_string());
  if (m.own.size() == head.size && m.own.root(head.size) != head.root && conduct(m) != Conduct::kLiar)
    violated("own-fork", m.name + ": the head is not of the entries below it");
  trees.add(m.log, m.own);
  if (conduct(m) != Conduct::kHonest || m.is_marked) return;
  const auto all = acknowledged.find(m.log);
  if (all == acknowledged.end() || all->second.empty()) return;
  const auto last = all->second.rbegin();
  if (last->first >= m.own.size()) {
    ++counts.lost;
    return violated("acknowledged", m.name + ": " + StatementId{m.log, last->first}.to_string() +
                                        " was acknowledged and the log ends at " + std::to_string(m.own.size()));
  }
  // What was checked once stays, as the log has only grown.
  for (auto it = all->second.lower_bound(grew ? begin : 0); it != all->second.end(); ++it) {
    if (m.own.leaf(it->first) != it->second) {
      ++counts.lost;
      return violated("acknowledged",
                      m.name + ": " + StatementId{m.log, it->first}.to_string() + " is not what was acknowledged");
    }
  }
}

void SimWorld::observe(Machine& m) {
  node::Node* n = open(m);
  if (n == nullptr || violation) return;
  if (auto ok = n->refresh_roster(); !ok) return demand(m, ok, "read its folder");
  observe_own(m, *n);
  if (conduct(m) == Conduct::kLiar) return;
  for (const auto& fault : n->roster().faults())
    violated("mirror", m.name + " has a damaged copy of " + fault.log.to_string() + ": " + fault.error.to_string());
  for (const auto& [log, head] : n->roster().heads()) {
    record::Head& held = m.held[log];
    if (held.size == head.size && held.root == head.root) continue;
    const auto excludes =
        held.size == 0 ? std::optional(false) : trees.excludes(log, held.size, held.root, head.size, head.root);
    if (log != m.log && trees.find(log, head.size, head.root) == nullptr)
      violated("mirror", m.name + " holds a head of " + log.to_string() + " at " + std::to_string(head.size) +
                             " that no branch has");
    if (log != m.log && excludes.value_or(true)) {
      violated("mirror", m.name + ": its copy of " + log.to_string() + " went from " + std::to_string(held.size) +
                             " to another branch at " + std::to_string(head.size));
    }
    // A head whose writing failed was to be seen and did not last; what was receipted did.
    const auto receipted = n->roster().received(m.party, log);
    if (log != m.log && !m.is_desk && !party_of(m).was_restored && receipted && receipted->size > head.size) {
      violated("mirror", m.name + " has stated a receipt for " + log.to_string() + " at " +
                             std::to_string(receipted->size) + " and holds " + std::to_string(head.size));
    }
    if (options.trace)
      say("  " + m.name + " holds " + log.to_string() + " at " + std::to_string(head.size) + ' ' +
          head.root.hex().substr(0, 8));
    held = head;
  }
}

}  // namespace truce::sim
