// SPDX-License-Identifier: Apache-2.0

#include "truce/node/succession.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/picture/log_book.h"
#include "truce/record/statements.h"

namespace truce::node {
namespace {

Status check_main_node(const Node& node) {
  if (!node.settings().desk.empty())
    return fail(ErrorCode::kInvalidArgument, "this is the node of a desk: only the party's main node does that");
  if (node.is_locked()) return fail(ErrorCode::kLocked, "the keys are locked: unlock first");
  return {};
}

Result<bool> is_forked(const Node& node, const LogId& log) {
  TRUCE_TRY(const auto forks, node.proven_forks());
  return forks.contains(log);
}

// The name after every one that the party has used.
std::string next_name(const Node& node, const std::string& party) {
  std::uint64_t last = 1;
  for (const auto& [log, opened] : node.roster().logs()) {
    if (log.party == party) last = std::max(last, picture::main_number(log.log));
  }
  return "main-" + std::to_string(last + 1);
}

// The log that the main log has opened as its successor and not given way to yet.
std::optional<LogId> opened_successor(const Node& node, const LogId& main) {
  for (const auto& [log, opened] : node.roster().logs()) {
    if (log.party == main.party && picture::main_number(log.log) > picture::main_number(main.log)) return log;
  }
  return std::nullopt;
}

Status begin(Node& node, const LogId& log) {
  TRUCE_TRY(const record::KeyRing keys, record::KeyRing::open(*node.world().files, node.folder() + "/keys"));
  TRUCE_TRY(const record::LogPlace place, node.place_of(log));
  TRUCE_CHECK(node.check_not_behind(log));
  TRUCE_CHECK(begin_log(node.world(), place, keys));
  return node.refresh_roster();
}

// Ends all main logs of a party in a document, and its desks' too if asked: those that are over where they ended, the
// last main log at `end_at`, what is forked where it is frozen. The others end at what is settled of them here, or,
// with the desks, at what is here. A party that has left keeps its ends.
Status end_logs(const Node& node, mechanism::Party& party, bool desks_too, std::optional<std::uint64_t> end_at) {
  if (party.left) return {};
  const LogId main = node.roster().main_log(party.id);
  for (const auto& [log, opened] : node.roster().logs()) {
    if (log.party != party.id || (!opened.is_main && !desks_too) || party.ended_log(log.log) != nullptr) continue;
    std::uint64_t size = 0;
    if (log == main && end_at) {
      size = *end_at;
    } else if (opened.closed_at) {
      size = *opened.closed_at;
    } else if (const auto head = node.roster().heads().find(log); head != node.roster().heads().end()) {
      TRUCE_TRY(const auto frozen, node.roster().frozen_at(log));
      if (frozen) {
        size = *frozen;
      } else if (desks_too) {
        size = head->second.size;
      } else {
        TRUCE_TRY(size, node.roster().settled(log));
      }
    } else if (opened.is_main) {
      return fail(ErrorCode::kInvalidArgument, "is not here, so that nobody here can say where it ends: sync first",
                  log.to_string());
    }
    if (const auto damaged = node.damaged(); damaged.contains(log))
      return fail(ErrorCode::kInvalidArgument, "the copy of it here is damaged (truce status)", log.to_string());
    mechanism::EndedLog ended{log.log, size, sha256({}), opened.key};
    if (size != 0) {
      TRUCE_TRY(auto reader, node.reader(log));
      if (size > reader.head().size) {
        return fail(ErrorCode::kInvalidArgument,
                    "only " + std::to_string(reader.head().size) + " statements of " + log.to_string() + " are here");
      }
      TRUCE_TRY(ended.root, reader.root_at(size));
    }
    party.ended.push_back(std::move(ended));
  }
  std::ranges::sort(party.ended, {}, &mechanism::EndedLog::log);
  return {};
}

}  // namespace

Result<std::vector<std::string>> check_ends(const Node& node, const mechanism::Mechanism& next) {
  std::vector<std::string> out;
  const std::map<LogId, Error> damaged = node.damaged();
  for (const mechanism::Party& p : next.parties) {
    const mechanism::Party* before = node.mechanism().party(p.id);
    for (const mechanism::EndedLog& e : p.ended) {
      if (before != nullptr && before->ended_log(e.log) != nullptr) continue;
      const LogId log{p.id, e.log};
      const auto head = node.roster().heads().find(log);
      const std::uint64_t here = head != node.roster().heads().end() ? head->second.size : 0;
      if (e.size > here || damaged.contains(log)) {
        return fail(ErrorCode::kInvalidArgument, "it ends " + log.to_string() + " at " + std::to_string(e.size) +
                                                     ", and " + std::to_string(here) + " of its statements are here" +
                                                     (damaged.contains(log) ? ", in a damaged copy" : "") +
                                                     ": sync first, so that the end can be checked");
      }
      if (e.size != 0) {
        TRUCE_TRY(auto reader, node.reader(log));
        TRUCE_TRY(const Hash root, reader.root_at(e.size));
        if (root != e.root)
          return fail(ErrorCode::kRefused, "it ends " + log.to_string() + " with another root than the log has here");
      }
      out.push_back("ends " + log.to_string() + " at " + std::to_string(e.size) + " of " + std::to_string(here) +
                    " statements that are here");
    }
  }
  return out;
}

Result<Successor> renew_main(Node& node) {
  TRUCE_CHECK(check_main_node(node));
  const LogId main = node.roster().main_log(node.me());
  const auto head = node.roster().heads().find(main);
  if (head == node.roster().heads().end() || head->second.size == 0) {  // cut short before its first statement
    TRUCE_CHECK(begin(node, main));
    return Successor{main, main};
  }
  TRUCE_TRY(const bool forked, is_forked(node, main));
  if (forked) {
    return fail(ErrorCode::kRefused,
                "two versions of " + main.to_string() +
                    " exist: its end is for the others to say; give them: truce desk renew --card");
  }
  const auto opened = opened_successor(node, main);
  const LogId next = opened.value_or(LogId{node.me(), next_name(node, node.me())});
  TRUCE_TRY(record::KeyRing keys, record::KeyRing::open(*node.world().files, node.folder() + "/keys"));
  if (!keys.log_public_key(next.log)) TRUCE_CHECK(keys.add_log(*node.world().files, next.log, *node.world().random));
  TRUCE_TRY(const std::string key, keys.log_public_key(next.log));
  {
    TRUCE_TRY(const auto writer, node.main_writer());
    if (!opened) {
      TRUCE_TRY(const StatementRef ref,
                writer->add({record::kLogOpenType, record::LogOpen{next.log, key}.to_body(), {}, {}, {}}));
      static_cast<void>(ref);
      TRUCE_CHECK(writer->commit());
    }
    TRUCE_TRY(auto reader, node.reader(main));
    const record::LogClose close{main.log, reader.head().size, reader.head().root};
    TRUCE_TRY(const StatementRef ref, writer->add({record::kLogCloseType, close.to_body(), {}, {}, {}}));
    static_cast<void>(ref);
    TRUCE_CHECK(writer->commit());
  }
  TRUCE_CHECK(node.refresh_roster());
  TRUCE_CHECK(begin(node, next));
  return Successor{main, next};
}

Result<KeygenResult> next_card(Node& node) {
  TRUCE_CHECK(check_main_node(node));
  const mechanism::Party* me = node.mechanism().party(node.me());
  if (me == nullptr) return fail(ErrorCode::kUnknownParty, "this party is in no document that is in force");
  TRUCE_TRY(record::KeyRing keys, record::KeyRing::open(*node.world().files, node.folder() + "/keys"));
  const std::string name = next_name(node, node.me());
  if (!keys.log_public_key(name)) TRUCE_CHECK(keys.add_log(*node.world().files, name, *node.world().random));
  TRUCE_TRY(const std::string key, keys.log_public_key(name));
  KeygenResult out;
  out.card.party = *me;
  out.card.party.main = name;
  out.card.party.ended.clear();
  out.card.party.keys = {key, keys.cosign_public_key(), keys.x25519_public_key()};
  out.card_path = card_path(node.folder(), node.me(), name);
  TRUCE_CHECK(node.world().files->write_atomic(out.card_path, out.card.to_bytes()));
  return out;
}

Status put_card(const Node& node, mechanism::Mechanism& next, const Card& card, std::optional<std::uint64_t> end_at) {
  const auto known = std::ranges::find(next.parties, card.party.id, &mechanism::Party::id);
  if (known == next.parties.end()) {
    next.parties.push_back(card.party);
    return {};
  }
  const std::string& id = known->id;
  if (card.party.main == known->main || picture::main_number(card.party.main) <= picture::main_number(known->main)) {
    if (card.party.keys.log != known->keys.log || known->left) {
      return fail(ErrorCode::kInvalidArgument,
                  std::string(known->left ? "has left, and its log has ended with it"
                                          : "another key of the same log: one key a log for life") +
                      "; its fresh log is named by: truce desk renew --card, or keygen --main",
                  "card of " + id);
    }
    known->keys = card.party.keys;
    return {};
  }
  TRUCE_CHECK(end_logs(node, *known, false, end_at));
  known->main = card.party.main;
  known->keys = card.party.keys;
  known->left = false;
  return {};
}

Status put_leaving(const Node& node, mechanism::Mechanism& next, const std::string& party,
                   std::optional<std::uint64_t> end_at) {
  const auto known = std::ranges::find(next.parties, party, &mechanism::Party::id);
  if (known == next.parties.end()) return fail(ErrorCode::kUnknownParty, quoted(party) + " is not a party");
  if (known->left) return fail(ErrorCode::kInvalidArgument, quoted(party) + " has left already");
  TRUCE_CHECK(end_logs(node, *known, true, end_at));
  known->left = true;
  if (next.duty) {
    std::erase(next.duty->order, party);
    if (next.duty->order.empty()) next.duty.reset();
  }
  return {};
}

Result<StatementId> state_cause(Node& node, const record::ForkCause& cause) {
  TRUCE_CHECK(check_main_node(node));
  TRUCE_TRY(const bool forked, is_forked(node, {node.me(), cause.log}));
  if (!forked)
    return fail(ErrorCode::kNotFound, "no proof of two versions of this log is here", node.me() + '/' + cause.log);
  TRUCE_TRY(const auto writer, node.main_writer());
  TRUCE_TRY(const StatementRef ref, writer->add({record::kForkCauseType, cause.to_body(), {}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  return ref.id;
}

}  // namespace truce::node
