// SPDX-License-Identifier: Apache-2.0
//
// truce picture: brings the common picture up to date; prints digest and cut.

#include "truce/base/counted.h"
#include "truce/cmd/truce/command.h"

namespace truce::cmd {
namespace {

struct Options {
  bool rebuild = false, digest = false, cut = false, json = false;
  std::string as_of;
};

Result<int> run(const Context& context, const Options& o) {
  node::Node::PictureOptions options;
  options.rebuild = o.rebuild;
  if (!o.as_of.empty()) {
    TRUCE_TRY(const auto node, context.open_node());
    TRUCE_TRY(options.as_of, parse_time_argument(o.as_of, node->mechanism(), "--as-of"));
  }
  node::Node::PictureFacts facts;
  TRUCE_TRY(const auto node, context.open_picture(&facts, options));
  if (o.json) {
    TRUCE_TRY(const auto digests, node->picture().digests());
    Json tables = Json::array();
    for (const auto& d : digests) {
      tables.push_back(Json::object({{"table", d.table}, {"day", d.day}, {"rows", d.rows}, {"hash", d.hash.hex()}}));
    }
    print_json(Json::object({{"cut", facts.cut.to_json()},
                             {"as_of", to_string(facts.as_of)},
                             {"digest", facts.digest.hex()},
                             {"tables", std::move(tables)}}));
    return kOk;
  }
  if (o.cut) print_line(facts.cut.to_json().to_canonical());
  if (o.digest) print_line(facts.digest.hex());
  if (o.cut || o.digest) return kOk;
  print_line("picture of " + counted(facts.cut.statements(), "statement") + " in " +
             counted(facts.cut.logs.size(), "log") + ", as of " + to_string(facts.as_of));
  print_line("file    " + node->folder() + "/picture.gpkg");
  print_line("digest  " + facts.digest.hex());
  return kOk;
}

}  // namespace

void add_picture(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("picture", "bring the common picture up to date; its digest and cut");
  c->add_flag("--rebuild", o->rebuild, "make it again from the logs");
  c->add_option("--as-of", o->as_of,
                "time that drives clocks (deadlines, overdue), RFC 3339; default: stated by the logs");
  c->add_flag("--digest", o->digest, "print the digest: 64 hexadecimal digits");
  c->add_flag("--cut", o->cut, "print the cut: log, size and root of every log");
  c->add_flag("--json", o->json, "print for programs, with the digest of every table and day");
  c->footer("Example: truce picture --digest");
  c->callback([o, &context] { context.run = guarded([o, &context] { return run(context, *o); }); });
}

}  // namespace truce::cmd
