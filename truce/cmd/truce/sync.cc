// SPDX-License-Identifier: Apache-2.0
//
// truce serve, truce sync: exchange with other nodes over the network.

#include "truce/server/sync.h"

#include <csignal>

#include "truce/base/counted.h"
#include "truce/cmd/truce/command.h"

namespace truce::cmd {
namespace {

std::atomic<bool> g_stop = false;
void on_signal(int) {
  g_stop = true;
}

struct Options {
  std::vector<std::string> peers;
  std::string listen, certificate, key, ca_file, attachments = "small";
  std::uint64_t max_rate = 0;  // kbit/s
  bool push = false, json = false;
};

server::HttpClientOptions client_options(const Options& o, const node::Settings& settings) {
  server::HttpClientOptions client;
  client.max_rate_bytes_per_s = o.max_rate * 1000 / 8;
  client.ca_file = o.ca_file.empty() ? settings.ca_file : o.ca_file;
  return client;
}

Result<int> serve(const Context& context, const Options& o) {
  TRUCE_TRY(const auto node, context.open_node());
  const node::Settings& settings = node->settings();
  server::ServeOptions options;
  options.listen = o.listen.empty() ? settings.listen : o.listen;
  options.tls_certificate = o.certificate.empty() ? settings.tls_certificate : o.certificate;
  options.tls_key = o.key.empty() ? settings.tls_key : o.key;
  options.peers = o.peers.empty() ? settings.peers : o.peers;
  options.client = client_options(o, settings);
  options.sync.push = o.push;
  TRUCE_TRY(options.sync.receive.attachments, parse_attachments(o.attachments));
  options.tell = [](const std::string& line) { note(line); };
  if (options.listen.empty() && options.peers.empty())
    return fail(ErrorCode::kInvalidArgument, "nothing to do: name an address with --listen, or peers");
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  if (node->is_locked()) note("this node's keys are locked: it mirrors and serves, but cosigns and states nothing");
  TRUCE_CHECK(server::serve(node->world(), node->folder(), options, g_stop));
  return kOk;
}

Result<int> sync(const Context& context, const Options& o) {
  TRUCE_TRY(const auto node, context.open_node());
  const std::vector<std::string>& peers = o.peers.empty() ? node->settings().peers : o.peers;
  if (peers.empty()) return fail(ErrorCode::kInvalidArgument, "no peer: name one, or put peers into truce.toml");
  server::SyncOptions options;
  options.push = o.push;
  TRUCE_TRY(options.receive.attachments, parse_attachments(o.attachments));
  Json list = Json::array();
  bool problem = false;
  for (const std::string& peer : peers) {
    TRUCE_TRY(server::Url url, server::Url::parse(peer));
    server::HttpPeer http(std::move(url), client_options(o, node->settings()));
    const auto report = server::sync(*node, http, options);
    if (!report) {
      // One that is away does not keep the others from being asked.
      problem = true;
      note(peer + ": " + report.error().to_string());
      list.push_back(Json::object({{"peer", peer}, {"error", report.error().to_string()}}));
      continue;
    }
    const Json j = receive_json(report->received);
    problem = problem || std::ranges::any_of(report->received.logs, [](const auto& l) { return l.error.has_value(); });
    if (o.json) {
      Json one = j;
      one.set("peer", peer);
      one.set("pushed_parts", static_cast<std::int64_t>(report->pushed_parts));
      one.set("pushed_statements", static_cast<std::int64_t>(report->pushed_statements));
      list.push_back(std::move(one));
      continue;
    }
    print_line(peer + ":");
    print_received(report->received);
    if (o.push) {
      print_line("  pushed " + counted(report->pushed_statements, "statement") +
                 (report->pushed_parts == 0 ? "" : ", sealed parts: " + std::to_string(report->pushed_parts)));
    }
  }
  if (o.json) print_json(list);
  note_receipts_beyond(*node);
  return problem ? kProblem : kOk;
}

void add_common(CLI::App* c, Options& o) {
  c->add_flag("--push", o.push, "also give peers what they lack: for a node that nobody can connect to");
  c->add_option("--max-rate", o.max_rate, "kbit/s each way (default: no limit)");
  c->add_option("--attachments", o.attachments, "optional attachments to fetch: none, small, all (default small)");
  c->add_option("--ca-file", o.ca_file, "certificates that peers are checked with, PEM (default: the system's)");
}

}  // namespace

Result<node::Attachments> parse_attachments(const std::string& text) {
  if (text == "none") return node::Attachments::kNone;
  if (text == "small") return node::Attachments::kSmall;
  if (text == "all") return node::Attachments::kAll;
  return fail(ErrorCode::kInvalidArgument, "--attachments is none, small or all, not " + text);
}

void note_receipts_beyond(const node::Node& node) {
  const auto beyond = node.receipts_beyond();
  if (!beyond) return;
  for (const node::ReceiptBeyond& b : *beyond) note(b.to_string() + ": truce status");
}

Json receive_json(const node::ReceiveReport& r) {
  Json logs = Json::array();
  for (const auto& l : r.logs) {
    Json j = Json::object({{"log", l.log.to_string()},
                           {"before", static_cast<std::int64_t>(l.before)},
                           {"after", static_cast<std::int64_t>(l.after)},
                           {"two_versions", l.is_forked},
                           {"blobs_missing", static_cast<std::int64_t>(l.blobs_missing)}});
    if (l.error) j.set("error", l.error->to_string());
    logs.push_back(std::move(j));
  }
  Json stated = Json::array(), behind = Json::array();
  for (const StatementId& id : r.stated) stated.push_back(id.to_string());
  for (const LogId& log : r.own_behind) behind.push_back(log.to_string());
  Json parts = Json::array();
  for (const auto& p : r.parts) {
    Json j = Json::object({{"statement", p.statement.to_string()}, {"from", p.from}, {"wrong", p.is_wrong}});
    if (p.error) j.set("error", p.error->to_string());
    parts.push_back(std::move(j));
  }
  return Json::object({{"logs", std::move(logs)},
                       {"parts", std::move(parts)},
                       {"blobs", static_cast<std::int64_t>(r.blobs)},
                       {"behind_own_head", std::move(behind)},
                       {"stated", std::move(stated)}});
}

void print_received(const node::ReceiveReport& r) {
  for (const auto& l : r.logs) {
    std::string line = "  " + l.log.to_string() + ": ";
    if (l.after > l.before) line += std::to_string(l.before) + " -> " + counted(l.after, "statement");
    if (l.is_forked) line += "two versions of " + l.log.party + "'s record exist; what is held stays";
    if (l.blobs_missing != 0) line += "waits for " + std::to_string(l.blobs_missing) + " attachments that it needs";
    if (l.error) line += l.error->to_string();
    print_line(line);
  }
  for (const LogId& log : r.own_behind)
    print_line("  more of this party's own " + log.to_string() + " was published than is here: truce recover");
  if (r.logs.empty()) print_line("  nothing new");
  for (const auto& p : r.parts) {
    print_line("  sealed part of " + p.statement.to_string() + " from " + p.from + ": " +
               (p.error      ? "refused: " + p.error->to_string()
                : p.is_wrong ? "came, and is not what its author stated: truce open --prove"
                             : "came"));
  }
  if (r.handovers_error) print_line("  sealed parts: " + r.handovers_error->to_string());
  for (const StatementId& id : r.stated) print_line("  stated " + id.to_string());
}

void add_sync(CLI::App& app, Context& context) {
  {
    auto o = std::make_shared<Options>();
    CLI::App* c = app.add_subcommand("serve", "serve this node's logs to others and keep in exchange with peers");
    c->add_option("--listen", o->listen, "address and port, 127.0.0.1:8400 (default: listen in truce.toml)");
    c->add_option("--tls-certificate", o->certificate, "certificate with its chain, PEM: serves https");
    c->add_option("--tls-key", o->key, "its private key, PEM");
    c->add_option("--peer", o->peers, "address of another node, http(s)://HOST:PORT; once for each");
    add_common(c, *o);
    c->footer("Example: truce serve --listen 127.0.0.1:8400 --peer https://north.example:8400");
    c->callback([o, &context] { context.run = guarded([o, &context] { return serve(context, *o); }); });
  }
  {
    auto o = std::make_shared<Options>();
    CLI::App* c = app.add_subcommand("sync", "exchange once with peers: heads, then statements, then attachments");
    c->add_option("PEER", o->peers, "http(s)://HOST:PORT (default: peers in truce.toml)");
    add_common(c, *o);
    c->add_flag("--json", o->json, "print for programs");
    c->footer("Example: truce sync https://north.example:8400");
    c->callback([o, &context] { context.run = guarded([o, &context] { return sync(context, *o); }); });
  }
}

}  // namespace truce::cmd
