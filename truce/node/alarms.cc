// SPDX-License-Identifier: Apache-2.0
//
// What everybody who looks at the record should know (Alarm, node.h), gathered from evidence, heads, receipts and
// copies.

#include <algorithm>
#include <span>

#include "truce/base/encoding.h"
#include "truce/node/digests.h"
#include "truce/node/node.h"

namespace truce::node {

namespace {

constexpr std::uint64_t kDisbelievedBytesMax = 1 << 20;

std::string name_of(const ReceiptBeyond& r) {
  return r.party + ' ' + r.log.to_string();
}

}  // namespace

std::string ReceiptBeyond::to_string() const {
  if (differs())
    return party + "'s receipt names another version of " + log.to_string() + " at " + std::to_string(size) +
           " statements than is here";
  return party + "'s receipt names " + std::to_string(size) + " statements of " + log.to_string() + ", of which " +
         std::to_string(here) + " are here";
}

Result<std::vector<ReceiptBeyond>> Node::receipts_beyond() const {
  std::vector<ReceiptBeyond> out;
  TRUCE_TRY(const auto forks, proven_forks());
  const auto file = world_.files->read(path("disbelieved"), kDisbelievedBytesMax);
  const auto disbelieved = file ? Json::parse_canonical(*file) : Result<Json>(Json::object({}));
  const auto is_believed = [&](const ReceiptBeyond& r) {
    const Json* size = disbelieved ? disbelieved->find(name_of(r)) : nullptr;
    return size == nullptr || !size->is_integer() || size->as_integer() < static_cast<std::int64_t>(r.size);
  };
  for (const auto& [log, opened] : roster_->logs()) {
    if (!has_log_key(log) || forks.contains(log)) continue;
    auto here = reader(log);
    const std::uint64_t size = here ? here->head().size : 0;
    for (const mechanism::Party& party : mechanism().parties) {
      if (party.id == log.party || !party.receives()) continue;
      const auto received = roster_->received(party.id, log);
      if (!received || received->size == 0) continue;
      if (received->size <= size) {
        const auto root = here->root_at(received->size);
        if (!root || *root == received->root) continue;  // of a damaged copy others tell
      }
      ReceiptBeyond r{log, party.id, received->size, size};
      if (is_believed(r)) out.push_back(std::move(r));
    }
  }
  return out;
}

Status Node::disbelieve(const ReceiptBeyond& receipt) {
  const auto file = world_.files->read(path("disbelieved"), kDisbelievedBytesMax);
  auto all = file ? Json::parse_canonical(*file) : Result<Json>(Json::object({}));
  if (!all) all = Json::object({});  // a damaged list: alarms are raised again
  all->set(name_of(receipt), static_cast<std::int64_t>(receipt.size));
  return world_.files->write_atomic(path("disbelieved"), all->to_canonical());
}

Result<std::vector<Alarm>> Node::alarms() const {
  std::vector<Alarm> out;
  const std::map<LogId, Error> damage = damaged();
  TRUCE_TRY(const auto forks, proven_forks());
  for (const auto& [log, proven] : forks) {
    Alarm alarm{"two-versions", log.party,
                "two versions of " + log.party + "'s record exist: log " + log.log + ", heads of " +
                    std::to_string(proven.first.size) + " and of " + std::to_string(proven.second.size) +
                    " statements, both signed with its key"};
    if (const auto cause = roster_->fork_cause(log)) {
      alarm.words +=
          "; " + log.party + " says: " + cause->cause + (cause->text.empty() ? "" : ", " + quoted(cause->text));
    }
    const mechanism::Party* party = mechanism().party(log.party);
    if (const mechanism::EndedLog* ended = party != nullptr ? party->ended_log(log.log) : nullptr) {
      alarm.is_over = true;
      alarm.words += "; the log was ended at " + std::to_string(ended->size) + " by the parties' rule" +
                     (party->left ? ", when it left" : ", and goes on as " + party->main);
    }
    if (const auto opened = roster_->logs().find(log);
        opened != roster_->logs().end() && !opened->second.is_main && opened->second.closed_at) {
      alarm.is_over = true;
      alarm.words += "; its party closed the log at " + std::to_string(*opened->second.closed_at);
    }
    out.push_back(std::move(alarm));
  }
  if (world_.files->exists(path("restored"))) {
    out.push_back({"restored", me(),
                   "this folder was restored from a backup, and nothing is appended to its logs until truce recover "
                   "has reached somebody who holds them"});
  }
  for (const auto& [log, opened] : roster_->logs()) {
    if (has_log_key(log) && is_behind(log)) {
      out.push_back(
          {"behind-own-head", log.party, "more of " + log.to_string() + " was published than is here: truce recover"});
    }
  }
  TRUCE_TRY(const auto beyond, receipts_beyond());
  for (const ReceiptBeyond& b : beyond) {
    if (is_behind(b.log)) continue;
    out.push_back({b.differs() ? "receipt-differs" : "receipt-beyond", b.party,
                   b.to_string() + (b.differs() ? ": two versions of it exist, or that receipt says what is not so"
                                                : ": this folder is an older one than it was (truce recover "
                                                  "--restored), or that receipt says what is not so")});
  }
  for (const auto& [log, opened] : roster_->logs()) {
    // A desk's node need not hold what its party's main node does.
    const auto received = settings_.desk.empty() ? roster_->received(me(), log) : std::nullopt;
    const auto here = roster_->heads().find(log);
    const std::uint64_t size = here == roster_->heads().end() ? 0 : here->second.size;
    if (log.party == me() || forks.contains(log) || damage.contains(log) || !received || received->size <= size)
      continue;
    out.push_back({"receipt-unheld", log.party,
                   "this party has stated a receipt for " + std::to_string(received->size) + " statements of " +
                       log.to_string() + ", of which " + std::to_string(size) +
                       " are here: truce sync or bundle import"});
  }
  for (const mechanism::DoubleConsent& d : roster_->chain().contradictions) {
    out.push_back({"two-consents", d.party,
                   d.party + " consented to two documents that follow the same one: " + d.first.hex().substr(0, 16) +
                       " and " + d.second.hex().substr(0, 16)});
  }
  for (const ComparedDigest& c : known_differences(*this)) {
    std::string where;
    for (const std::string& w : std::span(c.where).first(std::min<std::size_t>(c.where.size(), 3)))
      where += (where.empty() ? ": " : ", ") + w;
    if (c.where.size() > 3) where += " and " + std::to_string(c.where.size() - 3) + " more";
    out.push_back(
        {"digest-differs", c.party,
         c.party + "'s digest " + c.id.to_string() + " is of another picture than the one computed here" + where});
  }
  for (const auto& [log, error] : damage) {
    out.push_back({"damaged-log", log.party,
                   "this copy of " + log.to_string() + " is damaged: " + error.to_string() +
                       (has_log_key(log) ? "; restore it from a backup, then: truce recover --restored"
                                         : "; to take it in again: truce fsck --set-aside " + log.to_string() +
                                               ", then truce sync or bundle import")});
  }
  return out;
}

}  // namespace truce::node
