// SPDX-License-Identifier: Apache-2.0
//
// truce share, truce open, truce erase: sealed parts given to others, read, proven wrong, deleted for good.

#include "truce/cmd/truce/command.h"
#include "truce/node/sharing.h"

namespace truce::cmd {
namespace {

// Longest file of a revealed part.
constexpr std::uint64_t kRevealedFileBytesMax = 100ULL << 20;

struct ShareOptions {
  std::string id;
  std::vector<std::string> to;
  bool rotate = false, now = false, json = false;
};

Result<int> rotate(node::Node& node, const ShareOptions& o) {
  TRUCE_TRY(const StatementId stated, node::rotate_sealing_key(node, o.now));
  if (o.json) {
    print_json(Json::object({{"statement", stated.to_string()}, {"previous_kept", !o.now}}));
  } else {
    print_line(stated.to_string() + ": a fresh key for what is given to " + node.me() +
               (o.now ? "; the one before is destroyed" : "; the one before is kept until the next time"));
  }
  return kOk;
}

Result<int> share(const Context& context, const ShareOptions& o) {
  if (o.rotate && (!o.id.empty() || !o.to.empty()))
    return fail(ErrorCode::kInvalidArgument, "--rotate goes without a statement and without --to");
  if (o.now && !o.rotate) return fail(ErrorCode::kInvalidArgument, "--now goes with --rotate");
  if (!o.rotate && (o.id.empty() || o.to.empty()))
    return fail(ErrorCode::kInvalidArgument, "name a statement and --to whom its sealed part is given");
  TRUCE_TRY(const auto node, context.open_node());
  if (o.rotate) return rotate(*node, o);
  TRUCE_TRY(const StatementId id, parse_statement_argument(o.id));
  TRUCE_TRY(const StatementId stated, node::share(*node, id, o.to));
  if (o.json) {
    print_json(Json::object({{"of", id.to_string()}, {"statement", stated.to_string()}}));
    return kOk;
  }
  print_line(stated.to_string() + ": the sealed part of " + id.to_string() + " waits for them");
  note("It goes to them by truce sync or truce serve, or with: truce bundle export FILE --for PARTY");
  return kOk;
}

struct OpenOptions {
  std::string id, prove, check;
};

Result<int> prove(node::Node& node, const StatementId& id, const std::string& path) {
  TRUCE_TRY(const record::Revealed revealed, node::reveal(node, id));
  TRUCE_TRY(const record::Envelope envelope, node.envelope(id));
  TRUCE_TRY(const auto verdict, record::check_revealed(id, envelope, revealed));
  std::string bytes = revealed.to_bytes();
  const auto written = node.world().files->write_atomic(path, bytes, 0600);
  record::wipe(bytes);
  TRUCE_CHECK(written);
  print_line(path + (verdict == record::RevealedVerdict::kLie
                         ? ": proves that the sealed part of " + id.to_string() + " is not what its author stated"
                         : ": proves what the sealed part of " + id.to_string() + " says; its hashes hold"));
  note("Whoever has this file can read the sealed part.");
  return kOk;
}

// What somebody else has revealed; exit status 1 for a lie.
Result<int> check(node::Node& node, const StatementId& id, const std::string& path) {
  TRUCE_TRY(std::string bytes, read_argument_file(path, kRevealedFileBytesMax));
  TRUCE_TRY(const record::Revealed revealed, record::Revealed::parse(bytes));
  TRUCE_TRY(const record::Envelope envelope, node.envelope(id));
  TRUCE_TRY(const auto verdict, record::check_revealed(id, envelope, revealed));
  const bool lie = verdict == record::RevealedVerdict::kLie;
  print_line(id.to_string() + (lie ? ": the author's sealed hashes are a lie: the author's own key does not open the "
                                     "author's own ciphertext to what was stated"
                                   : ": the author's sealed hashes hold"));
  return lie ? kProblem : kOk;
}

Result<int> open(const Context& context, const OpenOptions& o) {
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const StatementId id, parse_statement_argument(o.id));
  if (!o.prove.empty() && !o.check.empty())
    return fail(ErrorCode::kInvalidArgument, "--prove and --check do not go together");
  if (!o.prove.empty()) return prove(*node, id, o.prove);
  if (!o.check.empty()) return check(*node, id, o.check);
  TRUCE_TRY(Json payload, node::open_part(*node, id));
  payload.erase("salt");
  print_json(payload);
  record::wipe(payload);
  return kOk;
}

Result<int> erase(const Context& context, const std::string& text, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const StatementId id, parse_statement_argument(text));
  TRUCE_TRY(const StatementId stated, node::erase(*node, id));
  if (json) {
    print_json(Json::object({{"of", id.to_string()}, {"statement", stated.to_string()}}));
    return kOk;
  }
  print_line(stated.to_string() + ": the sealed part of " + id.to_string() + " is erased here");
  note("A copy of keys/ made before undoes it: make a new one and destroy the old ones.");
  note("Others who hold the part erase it for themselves. What was given to " + node->me() +
       " and had not come yet must be given anew.");
  return kOk;
}

}  // namespace

void add_share(CLI::App& app, Context& context) {
  {
    auto o = std::make_shared<ShareOptions>();
    CLI::App* c = app.add_subcommand("share", "give a statement's sealed part to other parties, and state that");
    c->add_option("ID", o->id, "the statement, such as un/main/17");
    c->add_option("--to", o->to, "parties that may read it from now on")->type_name("PARTY");
    c->add_flag("--rotate", o->rotate, "instead: a fresh key for what others give to this party");
    c->add_flag("--now", o->now, "with --rotate: destroy the previous key at once, and with it what is under way");
    c->add_flag("--json", o->json, "print for programs");
    c->footer("Example: truce share un/main/17 --to north east");
    c->callback([o, &context] { context.run = guarded([o, &context] { return share(context, *o); }); });
  }
  {
    auto o = std::make_shared<OpenOptions>();
    CLI::App* c = app.add_subcommand("open", "print a sealed part that this party can read");
    c->add_option("ID", o->id, "the statement, such as un/main/17")->required();
    c->add_option("--prove", o->prove, "write key and ciphertext, so that anybody can check them; gives it away")
        ->type_name("FILE");
    c->add_option("--check", o->check, "check what somebody else has revealed; exit status 1 if the author lied")
        ->type_name("FILE");
    c->footer("Example: truce open un/main/17");
    c->callback([o, &context] { context.run = guarded([o, &context] { return open(context, *o); }); });
  }
  {
    auto id = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    CLI::App* c = app.add_subcommand("erase", "delete a sealed part here for good, and state that");
    c->add_option("ID", *id, "the statement, such as un/main/17")->required();
    c->add_flag("--json", *json, "print for programs");
    c->footer("Example: truce erase un/main/17");
    c->callback([=, &context] { context.run = guarded([=, &context] { return erase(context, *id, *json); }); });
  }
}

}  // namespace truce::cmd
