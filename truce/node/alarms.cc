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

std::string ReceiptBeyond::to_string() const {
  return party + "'s receipt names " + std::to_string(size) + " statements of " + log.to_string() + ", of which " +
         std::to_string(here) + " are here";
}

Result<std::vector<ReceiptBeyond>> Node::receipts_beyond() const {
  std::vector<ReceiptBeyond> out;
  TRUCE_TRY(const auto forks, proven_forks());
  for (const auto& [log, opened] : roster_->logs()) {
    if (!has_log_key(log) || forks.contains(log)) continue;
    const auto own = roster_->heads().find(log);
    const std::uint64_t here = own == roster_->heads().end() ? 0 : own->second.size;
    for (const mechanism::Party& party : mechanism().parties) {
      const auto received = party.id == log.party ? std::nullopt : roster_->received(party.id, log);
      if (received && received->size > here) out.push_back({log, party.id, received->size, here});
    }
  }
  return out;
}

Result<std::vector<Alarm>> Node::alarms() const {
  std::vector<Alarm> out;
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
  for (const auto& [log, opened] : roster_->logs()) {
    if (has_log_key(log) && is_behind(log)) {
      out.push_back(
          {"behind-own-head", log.party, "more of " + log.to_string() + " was published than is here: truce recover"});
    }
  }
  TRUCE_TRY(const auto beyond, receipts_beyond());
  for (const ReceiptBeyond& b : beyond) {
    if (!is_behind(b.log)) {
      out.push_back({"receipt-beyond", b.party,
                     b.to_string() + ": this folder is an older one than it was (truce recover --restored), or that "
                                     "receipt says what is not so"});
    }
  }
  for (const auto& [log, opened] : roster_->logs()) {
    // A desk's node need not hold what its party's main node does.
    const auto received = settings_.desk.empty() ? roster_->received(me(), log) : std::nullopt;
    const auto here = roster_->heads().find(log);
    const std::uint64_t size = here == roster_->heads().end() ? 0 : here->second.size;
    if (log.party == me() || forks.contains(log) || damaged().contains(log) || !received || received->size <= size)
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
  for (const auto& [log, error] : damaged()) {
    out.push_back({"damaged-log", log.party,
                   "this copy of " + log.to_string() + " is damaged: " + error.to_string() +
                       (has_log_key(log) ? "; restore it from a backup, then: truce recover --restored"
                                         : "; to take it in again: truce fsck --set-aside " + log.to_string() +
                                               ", then truce sync or bundle import")});
  }
  return out;
}

}  // namespace truce::node
