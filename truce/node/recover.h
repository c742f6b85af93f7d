// SPDX-License-Identifier: Apache-2.0
//
// Recovery of a node that was restored from a backup (docs/security.md): its own logs are fetched from those who hold
// them, before anything is appended. A log that went on in the meantime, here or by another copy of the node, is
// forked: nothing here can undo that, and the party goes on in a fresh log.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "truce/node/exchange.h"
#include "truce/record/log.h"

namespace truce::node {

struct RecoverReport {
  struct LogReport {
    LogId log;
    std::uint64_t before = 0, after = 0;
    bool is_forked = false;
    std::optional<Error> error;
    // Statements that were written here, never published, and whose places the others' copy gives to other ones.
    record::SetAside set_aside = {};
  };
  std::vector<LogReport> logs;  // this node's own ones
  std::size_t answered = 0;     // peers with something of this mechanism
  // Of these, where somebody is believed to have received these logs, only those that hold something of them.
  std::size_t asked = 0;
  std::set<std::string> received_by = {};  // those parties
};

struct RecoverOptions {
  bool must_hold = false;  // whoever holds nothing of these logs has not answered, as a bundle of something else
  std::set<std::string> despite = {};  // parties whose receipts are not believed
};

// Fetches what the peers hold of this node's own logs, the longest first. Nothing is appended. Fails with kIo where
// this node cannot write; peers that do not answer are left out. A log of which somebody's receipt names more than was
// had is not whole (kRolledBack): another peer holds the rest.
[[nodiscard]] Result<RecoverReport> recover(Node& node, std::span<Peer* const> peers,
                                            const RecoverOptions& options = {});

// Keeps anything from being appended to logs that are here, until recover() has reached a peer. `fresh`: a desk's log
// that was begun since, and may be used; empty: none.
[[nodiscard]] Status mark_restored(Node& node, const std::string& fresh = {});
[[nodiscard]] bool is_marked_restored(const Node& node);

}  // namespace truce::node
