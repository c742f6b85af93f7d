// SPDX-License-Identifier: Apache-2.0
//
// truce bundle export, import: the exchange as one file on a stick. truce recover: after a backup was restored.

#include "truce/base/counted.h"
#include "truce/cmd/truce/command.h"
#include "truce/node/founding.h"
#include "truce/node/recover.h"
#include "truce/server/http_peer.h"

namespace truce::cmd {
namespace {

struct ExportOptions {
  std::string file, since, attachments = "small", for_party;
  bool json = false;
};

Result<int> export_to(const Context& context, const ExportOptions& o) {
  TRUCE_TRY(const auto node, context.open_node());
  node::BundleRequest request;
  TRUCE_TRY(request.attachments, parse_attachments(o.attachments));
  if (!o.since.empty()) {
    TRUCE_TRY(const std::string bytes, read_argument_file(o.since, 16 << 20));
    std::string text = bytes;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    TRUCE_TRY(const Json json, Json::parse_canonical(text));
    TRUCE_TRY(const picture::Cut cut, picture::Cut::from_json(json));
    if (cut.mechanism != node->mechanism_id())
      return fail(ErrorCode::kInvalidArgument, "a cut of another mechanism", o.since);
    for (const picture::CutLog& l : cut.logs) request.since[l.log] = l.size;
  }
  request.for_party = o.for_party;
  // What is written over is a bundle, or nothing.
  if (node->world().files->exists(o.file)) {
    constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd";
    const auto magic = node->world().files->read_at(o.file, 0, kZstd.size());
    if (!magic || *magic != kZstd) return fail(ErrorCode::kExists, "is there already, and is no bundle", o.file);
  }
  TRUCE_TRY(const auto facts, node::export_bundle(*node, o.file, request));
  for (const LogId& log : facts.left_out)
    note(log.to_string() + " is left out: the copy of it here is damaged (truce status)");
  if (o.json) {
    print_json(Json::object({{"file", o.file},
                             {"logs", static_cast<std::int64_t>(facts.logs)},
                             {"statements", static_cast<std::int64_t>(facts.statements)},
                             {"blobs", static_cast<std::int64_t>(facts.blobs)},
                             {"handovers", static_cast<std::int64_t>(facts.handovers)},
                             {"bytes", static_cast<std::int64_t>(facts.bytes)}}));
    return kOk;
  }
  print_line(o.file + ": " + counted(facts.statements, "statement") + " of " + counted(facts.logs, "log") + ", " +
             counted(facts.blobs, "blob") + ", " + counted(facts.bytes, "byte"));
  if (!o.for_party.empty())
    print_line(counted(facts.handovers, "sealed part") + " for " + o.for_party + ", whom alone this bundle is for");
  return kOk;
}

Result<int> import_from(const Context& context, const std::string& file, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const auto report, node::import_bundle(*node, file, {}));
  if (json) {
    print_json(receive_json(report));
  } else {
    print_received(report);
  }
  note_receipts_beyond(*node);
  const bool problem = std::ranges::any_of(report.logs, [](const auto& l) { return l.error || l.is_forked; });
  return problem ? kProblem : kOk;
}

struct RecoverCommand {
  std::vector<std::string> peers, despite;
  std::string ca_file, desk;
  bool restored = false, json = false;
};

Result<int> recover(const Context& context, const RecoverCommand& o) {
  TRUCE_TRY(const auto node, context.open_node());
  if (!o.desk.empty()) {
    // No peer can be had: go on in a fresh log, which main will have to open once it is whole again.
    TRUCE_CHECK(check_id(o.desk, "desk"));
    if (!node->settings().desk.empty()) return fail(ErrorCode::kInvalidArgument, "this node is a desk itself");
    return fail(ErrorCode::kInvalidArgument,
                "make the desk in a folder of its own: truce keygen DIR --party " + node->me() + " --desk " + o.desk +
                    "; truce -C DIR mechanism accept mechanism.json. Its log counts once main has opened it");
  }
  std::vector<std::unique_ptr<server::HttpPeer>> peers;
  std::vector<std::unique_ptr<node::UnpackedBundle>> bundles;
  std::vector<node::Peer*> asked;
  const std::vector<std::string>& names = o.peers.empty() ? node->settings().peers : o.peers;
  for (const std::string& name : names) {
    if (node->world().files->exists(name)) {
      TRUCE_TRY(auto bundle, node::UnpackedBundle::open(*node, name));
      bundles.push_back(std::move(bundle));
      asked.push_back(&bundles.back()->peer());
      continue;
    }
    if (!name.starts_with("http")) return fail(ErrorCode::kInvalidArgument, "no such file, and no URL", name);
    TRUCE_TRY(server::Url url, server::Url::parse(name));
    server::HttpClientOptions client;
    client.ca_file = o.ca_file.empty() ? node->settings().ca_file : o.ca_file;
    peers.push_back(std::make_unique<server::HttpPeer>(std::move(url), client));
    asked.push_back(peers.back().get());
  }
  node::RecoverOptions options;
  options.must_hold = !bundles.empty();
  TRUCE_TRY(options.despite, other_parties(*node, o.despite));
  if (asked.empty() && !o.restored)
    return fail(ErrorCode::kInvalidArgument, "name a peer or a bundle of somebody who holds this party's logs");
  if (o.restored) TRUCE_CHECK(node::mark_restored(*node));
  TRUCE_TRY(const auto report, node::recover(*node, asked, options));
  bool problem = report.asked == 0;
  Json logs = Json::array();
  for (const auto& l : report.logs) {
    problem = problem || l.is_forked || l.error || l.set_aside.count != 0;
    Json j = Json::object({{"log", l.log.to_string()},
                           {"before", static_cast<std::int64_t>(l.before)},
                           {"after", static_cast<std::int64_t>(l.after)},
                           {"two_versions", l.is_forked}});
    if (l.error) j.set("error", l.error->to_string());
    if (l.set_aside.count != 0) {
      j.set("set_aside", static_cast<std::int64_t>(l.set_aside.count));
      j.set("set_aside_file", l.set_aside.file);
    }
    logs.push_back(std::move(j));
  }
  if (o.json) {
    print_json(Json::object({{"asked", static_cast<std::int64_t>(report.asked)}, {"logs", std::move(logs)}}));
    return problem ? kProblem : kOk;
  }
  if (report.asked == 0 && report.answered != 0) {
    std::string who;
    for (const std::string& party : report.received_by) who += (who.empty() ? "" : ", ") + party;
    print_line(
        "nothing of this party's logs came from whoever was asked" +
        (who.empty() ? std::string() : ", and was received by " + who + " (if that is not so: --despite PARTY)") +
        ": nothing may be appended until somebody gives them back");
    return kProblem;
  }
  if (report.asked == 0) {
    print_line(
        "no peer answered: nothing may be appended to this log until one does. What is urgent goes into a desk of its "
        "own:");
    print_line("truce keygen DIR --party " + node->me() + " --desk NAME");
    return kProblem;
  }
  for (const auto& l : report.logs) {
    if (l.is_forked) {
      print_line(l.log.to_string() +
                 ": two versions exist, both signed with this party's key; the others must end it by an amendment");
    } else if (l.error && l.error->code == ErrorCode::kRolledBack) {
      print_line(l.log.to_string() + ": not whole: " + l.error->message +
                 ". Ask another peer or take a newer bundle; if that receipt says what is not so: --despite PARTY");
    } else if (l.error) {
      print_line(l.log.to_string() + ": " + l.error->to_string());
    } else if (l.after > l.before) {
      print_line(l.log.to_string() + ": " + std::to_string(l.before) + " -> " + counted(l.after, "statement"));
    } else {
      print_line(l.log.to_string() + ": whole, " + counted(l.after, "statement"));
    }
    if (l.set_aside.count != 0) {
      print_line(
          l.log.to_string() + ": " + std::to_string(l.set_aside.count) +
          " statements were written here and never published, and others hold other ones in their places. They are "
          "kept in " +
          l.set_aside.file + "; state again what still holds");
    }
  }
  if (report.logs.empty()) print_line("the peers hold nothing of this party's logs");
  if (!bundles.empty()) {
    note(
        "A bundle holds what its maker had when it was written: only one that was exported after this node's last "
        "statement went out brings everything back. Who appends behind a head that others hold forks the log.");
  }
  return problem ? kProblem : kOk;
}

}  // namespace

void add_bundle(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("bundle", "the exchange as one file on a stick");
  group->require_subcommand(1);
  {
    auto o = std::make_shared<ExportOptions>();
    CLI::App* c = group->add_subcommand("export", "write what this node holds of all logs into a file");
    c->add_option("FILE", o->file, "the bundle")->required();
    c->add_option("--since", o->since, "file with a cut, as status --cut prints it: only what came after it");
    c->add_option("--for", o->for_party, "with the sealed parts that were given to this party; for nobody else")
        ->type_name("PARTY");
    c->add_option("--attachments", o->attachments, "optional attachments: none, small, all (default small)");
    c->add_flag("--json", o->json, "print for programs");
    c->footer("Example: truce bundle export /media/stick/east.truce");
    c->callback([o, &context] { context.run = guarded([o, &context] { return export_to(context, *o); }); });
  }
  {
    auto file = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    CLI::App* c = group->add_subcommand("import", "take in a bundle, checked as if a stranger had sent it");
    c->add_option("FILE", *file, "the bundle")->required();
    c->add_flag("--json", *json, "print for programs");
    c->callback([=, &context] { context.run = guarded([=, &context] { return import_from(context, *file, *json); }); });
  }
}

void add_recover(CLI::App& app, Context& context) {
  auto o = std::make_shared<RecoverCommand>();
  CLI::App* c =
      app.add_subcommand("recover", "after restoring a backup: get this node's own logs back from the others");
  c->add_option("PEER", o->peers, "http(s)://HOST:PORT (default: peers in truce.toml)");
  c->add_flag("--restored", o->restored, "this folder was just restored: append nothing until a peer was asked");
  c->add_option("--despite", o->despite, "do not believe this party's receipts, which name more than there is")
      ->type_name("PARTY");
  c->add_option("--ca-file", o->ca_file, "certificates that peers are checked with, PEM");
  c->add_option("--desk", o->desk, "no peer can be had: how to go on in a fresh log of this name");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce recover --restored https://north.example:8400");
  c->callback([o, &context] { context.run = guarded([o, &context] { return recover(context, *o); }); });
}

}  // namespace truce::cmd
