// SPDX-License-Identifier: Apache-2.0
//
// truce brief, truce verify-brief: the day's brief, and the same computed again from its own cut.

#include "truce/brief/brief.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "truce/base/counted.h"
#include "truce/base/encoding.h"
#include "truce/cmd/truce/brief_command.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/days.h"
#include "truce/node/cuts.h"
#include "truce/picture/fold.h"

namespace truce::cmd {
namespace {

struct Options {
  DayOptions days;
  std::string zone, as_of, edition = "parties", lang = "en", out, borders;
  bool json = false;
};

Result<int> run(const Context& context, const Options& o) {
  brief::BriefRequest request;
  TRUCE_TRY(const auto span, o.days.span());
  if (o.out.empty()) return fail(ErrorCode::kInvalidArgument, "--out is required: a folder to write to");
  if (!span) return fail(ErrorCode::kInvalidArgument, "say which days: --day D, or --from D --to D");
  request.first_day = span->first;
  request.last_day = span->last;
  request.zone = o.zone;
  request.lang = o.lang;
  TRUCE_TRY(request.edition, brief::edition_from(o.edition));
  node::Node::PictureOptions options;
  if (!o.as_of.empty()) {
    TRUCE_TRY(const auto node, context.open_node());
    TRUCE_TRY(options.as_of, parse_time_argument(o.as_of, node->mechanism(), "--as-of"));
  }
  node::Node::PictureFacts facts;
  TRUCE_TRY(const auto node, context.open_picture(&facts, options));
  TRUCE_TRY(const auto layer, border_layer(*node, o.borders));
  TRUCE_TRY(const picture::Cut cut, cut_for_brief(*node));
  picture::MemoryTables tables;
  std::optional<picture::Folded> folded;
  if (cut != facts.cut) {
    TRUCE_TRY(folded, fold_cut(*node, cut, options.as_of, tables));
    facts.digest = folded->digest;
  }
  const auto made_of = [&]() -> Result<brief::Brief> {
    if (folded) return brief_of(*node, request, *folded, tables, layer);
    const brief::PictureFacts used{node->mechanism_id(), facts.cut.to_json(), facts.cut.rules_version, facts.as_of,
                                   facts.digest};
    // The document in force at this cut and time, as verify-brief finds it.
    const auto source = node->source();
    TRUCE_TRY(const mechanism::Mechanism in_force,
              picture::mechanism_in_force(node->founding(), node->picture(), *source));
    return brief::make_brief(
        request, used, in_force, node->picture(), [&](const Hash& h) { return node->blob(h); },
        layer ? &*layer : nullptr);
  };
  TRUCE_TRY(const brief::Brief made, made_of());
  FileSystem& files = *node->world().files;
  TRUCE_CHECK(files.make_folders(o.out));
  TRUCE_TRY(const auto there, files.list(o.out));
  if (!there.empty() &&
      std::ranges::none_of(there, [](const std::string& name) { return name.ends_with("brief.json"); }))
    return fail(ErrorCode::kExists, "is a folder of something else than a brief", o.out);
  for (const auto& [name, bytes] : made.files) TRUCE_CHECK(files.write_atomic(o.out + '/' + name, bytes));
  const std::string page = o.out + '/' + brief::brief_file_name("index.html", node->mechanism().exercise);
  if (o.json) {
    Json names = Json::array();
    for (const auto& [name, bytes] : made.files) names.push_back(name);
    print_json(Json::object({{"digest", made.digest.hex()},
                             {"picture", facts.digest.hex()},
                             {"files", std::move(names)},
                             {"folder", o.out}}));
  } else {
    print_line("brief  " + page);
    print_line("digest " + made.digest.hex());
    if (!layer && node->mechanism().borders != "none")
      note("the map has no border lines: the layer " + node->mechanism().borders + " is not installed");
  }
  return kOk;
}

// Folds the brief's own cut into memory and makes the brief again.
Result<int> verify(const Context& context, const std::string& folder, const std::string& borders, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  FileSystem& files = *node->world().files;
  constexpr std::uint64_t kBriefFileBytesMax = std::uint64_t{1} << 30;
  std::map<std::string, std::string> on_disk;
  TRUCE_TRY(const auto names, files.list(folder));
  for (const std::string& name : names) {
    TRUCE_TRY(const FileStatus status, files.status(folder + '/' + name));
    if (status.is_directory) continue;
    TRUCE_TRY(on_disk[name], files.read(folder + '/' + name, kBriefFileBytesMax));
  }
  const std::string brief_name = brief::find_brief_json(on_disk);
  if (brief_name.empty()) return fail(ErrorCode::kNotFound, "no brief.json here", folder);
  auto asked = brief::read_brief(on_disk[brief_name]);
  if (!asked) return fail(at(asked.error(), folder + '/' + brief_name));
  if (asked->facts.mechanism != node->mechanism_id()) {
    return fail(ErrorCode::kNotComputable, "the brief is of another mechanism, " + asked->facts.mechanism.hex(),
                folder);
  }
  if (asked->facts.rules_version != mechanism::kRulesVersion) {
    return fail(ErrorCode::kNotComputable,
                "the brief is of rules version " + std::to_string(asked->facts.rules_version) +
                    ", this program computes version " + std::to_string(mechanism::kRulesVersion),
                folder);
  }
  TRUCE_TRY(const picture::Cut cut, picture::Cut::from_json(asked->facts.cut));
  if (cut.rules_version != asked->facts.rules_version) {
    return fail(ErrorCode::kNotComputable,
                "the brief's cut names rules version " + std::to_string(cut.rules_version) + ", the brief " +
                    std::to_string(asked->facts.rules_version),
                folder);
  }
  if (auto ok = node::check_cut_is_here(*node, cut, "the brief"); !ok) return fail(at(std::move(ok).error(), folder));
  picture::MemoryTables tables;
  TRUCE_TRY(const picture::Folded folded, fold_cut(*node, cut, asked->facts.as_of, tables));
  std::optional<brief::BorderLayer> layer;
  if (!asked->borders.id.empty()) {
    TRUCE_TRY(layer, border_layer(*node, borders));
    if (!layer || layer->sha256 != asked->borders.sha256) layer = asked->borders;
  }
  TRUCE_TRY(const brief::Brief made, brief_of(*node, asked->request, folded, tables, layer));
  const brief::BriefDifferences found = brief::compare(made, on_disk);
  if (json) {
    Json differences = Json::array();
    for (const auto& d : found.differences) differences.push_back(d);
    Json notes = Json::array();
    for (const auto& n : found.notes) notes.push_back(n);
    print_json(Json::object({{"same", found.differences.empty()},
                             {"digest", made.digest.hex()},
                             {"picture", folded.digest.hex()},
                             {"differences", std::move(differences)},
                             {"notes", std::move(notes)}}));
  } else {
    for (const std::string& n : found.notes) note(n);
    if (found.differences.empty()) {
      print_line(fmt::format("same: {}, recomputed from {}; digest {}", counted(made.files.size(), "file"),
                             counted(cut.statements(), "statement"), made.digest.hex()));
    } else {
      print_line(fmt::format("DIFFERS in {} place(s):", found.differences.size()));
      for (const std::string& d : found.differences) print_line("  " + d);
    }
  }
  return found.differences.empty() ? kOk : kProblem;
}

}  // namespace

Result<std::optional<brief::BorderLayer>> border_layer(const node::Node& node, const std::string& named) {
  FileSystem& files = *node.world().files;
  std::vector<std::string> paths;
  if (!named.empty()) {
    paths.push_back(named);
  } else if (node.mechanism().borders == "none") {
    return std::optional<brief::BorderLayer>();
  } else {
    char self[PATH_MAX];
    const ssize_t n = ::readlink("/proc/self/exe", self, sizeof self);
    std::string folder(self, n > 0 ? static_cast<std::size_t>(n) : 0);
    folder.resize(std::min(folder.size(), folder.rfind('/')));
    const std::string file = "borders-" + node.mechanism().borders + ".json";
    paths = {folder + "/share/" + file, folder + "/../share/truce/" + file};
  }
  for (const std::string& path : paths) {
    if (!files.exists(path) && named.empty()) continue;
    TRUCE_TRY(const std::string bytes, files.read(path, brief::kBorderLayerBytesMax));
    auto layer = brief::BorderLayer::parse(bytes);
    if (!layer) return fail(at(layer.error(), path));
    return std::optional<brief::BorderLayer>(std::move(layer).value());
  }
  return std::optional<brief::BorderLayer>();
}

Result<picture::Cut> cut_for_brief(const node::Node& node) {
  TRUCE_TRY(picture::Cut cut, node.cut());
  std::erase_if(cut.logs, [&](const picture::CutLog& l) {
    const mechanism::Party* p = node.mechanism().party(l.log.party);
    const bool is_needed = std::ranges::any_of(node.roster().chain().links,
                                               [&](const auto& link) { return link.id.log.party == l.log.party; });
    return p != nullptr && !p->receives() && !p->named && !is_needed;
  });
  return cut;
}

Result<picture::Folded> fold_cut(node::Node& node, const picture::Cut& cut, std::optional<Instant> as_of,
                                 picture::MemoryTables& tables) {
  return node::fold_cut(node, cut, as_of, tables, progress_bar());
}

Result<brief::Brief> brief_of(node::Node& node, const brief::BriefRequest& request, const picture::Folded& folded,
                              picture::MemoryTables& tables, const std::optional<brief::BorderLayer>& layer) {
  const brief::PictureFacts facts{node.mechanism_id(), folded.cut.to_json(), folded.cut.rules_version, folded.as_of,
                                  folded.digest};
  // The document in force at that cut: a later amendment changes no older brief.
  const auto source = node.source();
  TRUCE_TRY(const mechanism::Mechanism in_force, picture::mechanism_in_force(node.founding(), tables, *source));
  return brief::make_brief(
      request, facts, in_force, tables, [&](const Hash& h) { return node.blob(h); }, layer ? &*layer : nullptr);
}

void add_brief(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("brief", "write the brief of a day, a week or a month");
  o->days.add_to(*c);
  c->add_option("--zone", o->zone, "only this zone");
  c->add_option("--as-of", o->as_of, "time that drives clocks, RFC 3339; default: stated by the logs");
  c->add_option("--edition", o->edition, "parties (default) or public: places rounded, no observer, post or source");
  c->add_option("--lang", o->lang, "language of the page: en");
  c->add_option("--out", o->out, "folder to write to (needed)")->type_name("DIR");
  c->add_option("--borders", o->borders, "file with a layer of border lines (default: the mechanism's, as installed)");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce brief --day 2018-09-18 --edition public --out brief-0918");
  add_brief_signing(*c, context);
  c->callback([c, o, &context] {
    if (!c->get_subcommands().empty()) return;  // theirs
    context.run = guarded([o, &context] { return run(context, *o); });
  });
}

void add_verify_brief(CLI::App& app, Context& context) {
  struct VerifyOptions {
    std::string folder, borders;
    bool json = false;
  };
  auto o = std::make_shared<VerifyOptions>();
  CLI::App* c = app.add_subcommand("verify-brief", "compute a brief again from its own cut and compare");
  c->add_option("DIR", o->folder, "folder of the brief")->required();
  c->add_option("--borders", o->borders, "file with the layer of border lines that the brief names");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce verify-brief brief-0918");
  c->callback([o, &context] {
    context.run = guarded([o, &context] { return verify(context, o->folder, o->borders, o->json); });
  });
}

}  // namespace truce::cmd
