// SPDX-License-Identifier: Apache-2.0
//
// truce fsck: verifies logs as a stranger would.

#include "truce/record/fsck.h"

#include <fmt/format.h>

#include "truce/base/counted.h"
#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"

namespace truce::cmd {
namespace {

struct Options {
  std::string log, set_aside;
  bool json = false;
};

Result<int> run(const Context& context, const Options& o) {
  TRUCE_TRY(const auto node, context.open_node());
  if (!o.set_aside.empty()) {
    const auto id = LogId::parse(o.set_aside);
    if (!id) return fail(ErrorCode::kInvalidArgument, id.error().message, "--set-aside");
    TRUCE_CHECK(node->set_aside(*id));
    print_line(id->to_string() + ": set aside, into " + node->folder() + "/aside; truce sync takes it in again");
    return kOk;
  }
  std::vector<LogId> logs;
  if (o.log.empty()) {
    TRUCE_TRY(logs, node->logs());
    if (logs.empty()) return fail(ErrorCode::kNotFound, "this node holds no log", node->folder());
  } else {
    const auto id = LogId::parse(o.log);
    if (!id) return fail(ErrorCode::kInvalidArgument, id.error().message, "--log");
    logs.push_back(id.value());
  }
  bool ok = true;
  Json list = Json::array();
  for (const LogId& log : logs) {
    TRUCE_TRY(const auto place, node->place_of(log));
    record::FsckOptions options;
    options.blobs_folder = node->folder() + "/blobs";
    options.sealed_folder = node->folder() + "/sealed";
    if (const auto bar = progress_bar()) {
      options.progress = [bar, &log](std::uint64_t done, std::uint64_t all) {
        bar("checking " + log.to_string(), done, all);
      };
    }
    TRUCE_TRY(const auto report, record::fsck(*node->world().files, place, options));
    ok = ok && report.ok();
    Json faults = Json::array();
    for (const auto& f : report.faults) {
      faults.push_back(Json::object(
          {{"code", error_code_name(f.error.code)}, {"where", f.error.where}, {"message", f.error.message}}));
    }
    list.push_back(Json::object({{"log", log.to_string()},
                                 {"ok", report.ok()},
                                 {"size", static_cast<std::int64_t>(report.head.size)},
                                 {"entries", static_cast<std::int64_t>(report.entries)},
                                 {"bytes", static_cast<std::int64_t>(report.entry_bytes)},
                                 {"blobs", static_cast<std::int64_t>(report.blobs)},
                                 {"sealed", static_cast<std::int64_t>(report.sealed)},
                                 {"sealed_absent", static_cast<std::int64_t>(report.sealed_absent)},
                                 {"faults", std::move(faults)}}));
    if (o.json) continue;
    if (report.ok()) {
      print_line(fmt::format("{}: good. {} ({}), {}, {}, {}, {} ({} not here)", log.to_string(),
                             counted(report.entries, "statement"), counted(report.entry_bytes, "byte"),
                             counted(report.hash_tiles, "hash tile"), counted(report.older_tiles, "older tile"),
                             counted(report.blobs, "blob"), counted(report.sealed, "sealed part"),
                             report.sealed_absent));
    } else {
      print_line(fmt::format("{}: BAD, {} fault(s); the first: {}", log.to_string(), report.faults.size(),
                             report.faults[0].error.to_string()));
      for (const auto& f : report.faults) note("  " + f.error.to_string());
    }
  }
  if (o.json) print_json(Json::object({{"ok", ok}, {"logs", std::move(list)}}));
  return ok ? kOk : kProblem;
}

}  // namespace

void add_fsck(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("fsck", "verify logs: signatures, tiles, roots, canonical form, blobs");
  c->add_option("--log", o->log, "one log, such as un/main (default: all)")->type_name("PARTY/LOG");
  c->add_option("--set-aside", o->set_aside,
                "move this damaged copy of another party's log out of the way, so that it is taken in again")
      ->type_name("PARTY/LOG");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce fsck --log un/main");
  c->callback([o, &context] { context.run = guarded([o, &context] { return run(context, *o); }); });
}

}  // namespace truce::cmd
