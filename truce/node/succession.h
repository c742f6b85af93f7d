// SPDX-License-Identifier: Apache-2.0
//
// Succession: a party's main log ends, and the party goes on in a fresh one (main-2, main-3, ...) under a fresh key: by
// its own statement, or, where its log is forked or its key lost, by an amendment of the others (docs/security.md). One
// key is of one log for life. One thread, one Node.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "truce/node/founding.h"
#include "truce/node/node.h"

namespace truce::node {

struct Successor {
  LogId before, after;
};
// States the successor in the main log, closes that, and begins the successor. Cut short at any step it goes on when
// called again. Fails with kRefused where two versions of the main log are known (next_card()), kInvalidArgument on a
// desk, kLocked, kBusy, kRolledBack.
[[nodiscard]] Result<Successor> renew_main(Node& node);

// Makes the key of the next main log, where it is not there yet, and writes the card that names it: for an amendment of
// the others. The same card again when called again. kLocked, kInvalidArgument on a desk.
[[nodiscard]] Result<KeygenResult> next_card(Node& node);

// Takes a party's card into a document that is to follow the one in force: a party that is new, or the next main log of
// one that is known or has left, whose main log ends at `end_at` (default: what is settled of it here). Fails with
// kInvalidArgument where the card changes the key of the same log, or `end_at` is beyond what is here.
[[nodiscard]] Status put_card(const Node& node, mechanism::Mechanism& next, const Card& card,
                              std::optional<std::uint64_t> end_at);

// Holds the ends of logs that a document adds to the one in force against the logs here. Gives them in words. Fails
// with kInvalidArgument where that much is not here or damaged, kRefused where the log has another root.
[[nodiscard]] Result<std::vector<std::string>> check_ends(const Node& node, const mechanism::Mechanism& next);

// Lets a party leave by a document that is to follow the one in force: its logs end there, the main log at `end_at`,
// the others, and by default that one too, with what is here of them (of a forked one: where it is frozen). It goes
// from the turns of duty. Fails with kUnknownParty, kInvalidArgument where it has left already, its main log is not
// here, a copy is damaged or `end_at` is beyond what is here.
[[nodiscard]] Status put_leaving(const Node& node, mechanism::Mechanism& next, const std::string& party,
                                 std::optional<std::uint64_t> end_at);

// States why two versions of a log of this party exist, in its main log. kNotFound where no evidence of it is here.
[[nodiscard]] Result<StatementId> state_cause(Node& node, const record::ForkCause& cause);

}  // namespace truce::node
