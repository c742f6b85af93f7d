// SPDX-License-Identifier: Apache-2.0
//
// truce desk add, close: one more log of this party, for an office or device that works alone.

#include "truce/base/counted.h"
#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/mechanism/fingerprint.h"
#include "truce/node/succession.h"

namespace truce::cmd {
namespace {

Result<int> add(const Context& context, const std::string& file) {
  TRUCE_TRY(const node::Card card, read_card(file, CardOf::kDesk));
  TRUCE_TRY(const auto node, context.open_node());
  if (card.party.id != node->me())
    return fail(ErrorCode::kInvalidArgument, "is a desk of " + quoted(card.party.id) + ", not of " + node->me(), file);
  const LogId log{node->me(), card.desk};
  if (const auto it = node->roster().logs().find(log); it != node->roster().logs().end()) {
    if (it->second.key != card.desk_key) return fail(ErrorCode::kExists, "is open with another key", log.to_string());
    print_line(log.to_string() + " is open already");
    return kOk;
  }
  TRUCE_TRY(const auto writer, node->main_writer());
  TRUCE_TRY(const StatementRef ref,
            writer->add({record::kLogOpenType, record::LogOpen{card.desk, card.desk_key}.to_body(), {}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  print_line("opened " + log.to_string() + " by " + ref.id.to_string());
  print_line(
      "Give the desk what it needs to begin with: truce bundle export FILE; and there: truce bundle import FILE");
  return kOk;
}

struct CloseOptions {
  std::string name;
  bool empty = false;
  std::vector<std::string> despite;
};

Result<int> close(const Context& context, const CloseOptions& o) {
  const std::string& name = o.name;
  TRUCE_TRY(const auto node, context.open_node());
  const LogId log{node->me(), name};
  const auto it = node->roster().logs().find(log);
  if (it == node->roster().logs().end() || it->second.is_main)
    return fail(ErrorCode::kNotFound, "no desk of this name is open", name);
  if (it->second.closed_at) {
    print_line(log.to_string() + " is closed already");
    return kOk;
  }
  if (const auto damaged = node->damaged(); damaged.contains(log)) {
    return fail(ErrorCode::kInvalidArgument,
                "the copy of it here is damaged (truce status): take it in again first (truce fsck --set-aside " +
                    log.to_string() + ", truce sync)",
                log.to_string());
  }
  TRUCE_TRY(const auto despite, other_parties(*node, o.despite));
  record::LogClose body{name, 0, sha256({})};
  const auto head = node->roster().heads().find(log);
  if (head != node->roster().heads().end()) {
    body = {name, head->second.size, head->second.root};
  } else if (!o.empty) {
    return fail(
        ErrorCode::kInvalidArgument,
        "nothing of it is here, and whatever it has stated would count for nothing: take it in first (truce sync, "
        "truce bundle import); a desk that never stated anything, or is lost: truce desk close " +
            name + " --empty",
        log.to_string());
  } else {
    for (const mechanism::Party& p : node->mechanism().parties) {
      const auto received = node->roster().received(p.id, log);
      if (!received || received->size == 0 || despite.contains(p.id)) continue;
      return fail(ErrorCode::kInvalidArgument,
                  p.id + " has received " + counted(received->size, "statement") +
                      " of it, which would count for nothing: take them in first (truce sync); if that is "
                      "not so: --despite " +
                      p.id,
                  log.to_string());
    }
  }
  TRUCE_TRY(const auto writer, node->main_writer());
  TRUCE_TRY(const StatementRef ref, writer->add({record::kLogCloseType, body.to_body(), {}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  print_line("closed " + log.to_string() + " at " + counted(body.size, "statement") + " by " + ref.id.to_string() +
             "; what it holds beyond counts for nothing");
  return kOk;
}

Result<int> renew(const Context& context, bool card) {
  TRUCE_TRY(const auto node, context.open_node());
  if (card) {
    TRUCE_TRY(const auto made, node::next_card(*node));
    print_line("public card:  " + made.card_path);
    print_line("fingerprint:  " + mechanism::fingerprint_words(sha256(made.card.to_bytes())));
    print_line(
        "Hand it to the others, and read its fingerprint aloud to them. One of them proposes, the others consent:");
    print_line("truce mechanism amend --add " + made.card_path.substr(made.card_path.rfind('/') + 1));
    print_line("When that is in force here: truce -C " + node->folder() + " mechanism accept mechanism.json");
    return kOk;
  }
  TRUCE_TRY(const node::Successor s, node::renew_main(*node));
  if (s.before == s.after) {
    print_line(s.after.to_string() + " is begun");
  } else {
    print_line(s.before.to_string() + " is closed; this party goes on in " + s.after.to_string());
  }
  return kOk;
}

}  // namespace

void add_desk(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("desk", "more logs of this party, for offices and devices that work alone");
  group->require_subcommand(1);
  {
    auto file = std::make_shared<std::string>();
    CLI::App* c = group->add_subcommand("add", "open the log of a desk whose keys were made with keygen --desk");
    c->add_option("CARD", *file, "the desk's card")->required();
    c->callback([=, &context] { context.run = guarded([=, &context] { return add(context, *file); }); });
  }
  {
    auto o = std::make_shared<CloseOptions>();
    CLI::App* c = group->add_subcommand("close", "end the log of a desk where this node's copy of it ends");
    c->add_option("NAME", o->name, "the desk's name")->required();
    c->add_flag("--empty", o->empty, "though nothing of its log is here");
    c->add_option("--despite", o->despite, "with --empty: parties whose receipts of it are not believed");
    c->callback([=, &context] { context.run = guarded([=, &context] { return close(context, *o); }); });
  }
  auto card = std::make_shared<bool>(false);
  CLI::App* c =
      group->add_subcommand("renew", "close this party's main log and go on in a fresh one, under a fresh key");
  c->add_flag("--card", *card,
              "where two versions of it exist: make the fresh key and a card, so that the others end the log");
  c->callback([=, &context] { context.run = guarded([=, &context] { return renew(context, *card); }); });
}

}  // namespace truce::cmd
