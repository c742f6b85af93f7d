// SPDX-License-Identifier: Apache-2.0
//
// truce init: founds a mechanism of one party, or writes keys, card and draft for one of several.

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"

namespace truce::cmd {
namespace {

struct Options {
  std::string folder, mechanism, me, cutoff = "00:00", offset = "+00:00";
  std::vector<std::string> parties;
  bool exercise = false;
  bool json = false;
};

// "un=United Observers:observer"; the role is what follows the last colon, if it is one.
Result<mechanism::Party> parse_party(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    return fail(ErrorCode::kInvalidArgument, "--party is ID=NAME[:guarantor|observer], not " + quoted(text));
  mechanism::Party p;
  p.id = text.substr(0, equals);
  p.name = text.substr(equals + 1);
  TRUCE_CHECK(check_id(p.id, "party id"));
  const std::size_t colon = p.name.rfind(':');
  if (colon != std::string::npos) {
    const auto role = mechanism::role_from(p.name.substr(colon + 1));
    if (!role) return fail(ErrorCode::kInvalidArgument, role.error().message, "--party " + p.id);
    if (role.value() == mechanism::Role::kHumanitarian) {
      return fail(ErrorCode::kInvalidArgument,
                  "a role is guarantor or observer, not " + quoted(p.name.substr(colon + 1)), "--party " + p.id);
    }
    p.role = role.value();
    p.name.resize(colon);
  }
  if (p.name.empty()) return fail(ErrorCode::kInvalidArgument, "a party needs a name", "--party " + p.id);
  return p;
}

Result<int> run(const Options& o) {
  node::Node::InitRequest request;
  request.folder = o.folder;
  request.me = o.me;
  mechanism::Mechanism& m = request.mechanism;
  m.name = o.mechanism;
  if (m.name.empty()) return fail(ErrorCode::kInvalidArgument, "a mechanism needs a name", "--mechanism");
  m.exercise = o.exercise;
  for (const std::string& text : o.parties) {
    TRUCE_TRY(mechanism::Party p, parse_party(text));
    m.parties.push_back(std::move(p));
  }
  std::ranges::sort(m.parties, {}, &mechanism::Party::id);
  if (const auto twice = std::ranges::adjacent_find(m.parties, {}, &mechanism::Party::id); twice != m.parties.end()) {
    return fail(ErrorCode::kInvalidArgument, "stands twice", "--party " + twice->id);
  }
  if (m.party(o.me) == nullptr)
    return fail(ErrorCode::kInvalidArgument, "--me " + quoted(o.me) + " is none of the parties");
  TRUCE_TRY(m.days.cutoff_minutes, parse_cutoff(o.cutoff));
  const auto offset = parse_offset_minutes(o.offset);
  if (!offset) return fail(ErrorCode::kInvalidArgument, offset.error().message, "--utc-offset");
  m.days.offsets[0].minutes = offset.value();
  const bool guarantors =
      std::ranges::any_of(m.parties, [](const auto& p) { return p.role == mechanism::Role::kGuarantor; });
  if (!guarantors || m.parties.size() == 1) m.decision.of = "all";
  TRUCE_TRY(const auto result, node::Node::init(node::system_world(), std::move(request)));
  if (o.json) {
    Json j = Json::object({{"founded", result.founded}, {"folder", o.folder}});
    if (result.founded) j.set("mechanism", result.mechanism_id.hex());
    Json waiting = Json::array();
    for (const std::string& id : result.waiting_for) waiting.push_back(id);
    j.set("waiting_for", std::move(waiting));
    print_json(j);
    return kOk;
  }
  if (!result.founded) {
    std::string ids;
    for (const std::string& id : result.waiting_for) ids += (ids.empty() ? "" : ", ") + id;
    print_line("Nothing is founded yet. Keys are in " + o.folder + "/keys, this party's public card in " + o.folder +
               "/card-" + o.me + ".json,");
    print_line("the draft in " + o.folder + "/mechanism-draft.json. It needs the cards of: " + ids + ".");
    return kOk;
  }
  print_line(std::string(o.exercise ? "EXERCISE: " : "") + "mechanism " + quoted(o.mechanism) +
             " is founded and in force.");
  print_line("id: " + result.mechanism_id.hex());
  print_line("next: truce -C " + o.folder + " zone import ZONES.geojson, then truce -C " + o.folder + " report --help");
  return kOk;
}

}  // namespace

Result<int> parse_cutoff(const std::string& text) {
  const bool shaped = text.size() == 5 && text[2] == ':' && text.find_first_not_of("0123456789:") == std::string::npos;
  const int minutes = shaped ? std::stoi(text.substr(0, 2)) * 60 + std::stoi(text.substr(3)) : -1;
  if (!shaped || std::stoi(text.substr(3)) > 59 || minutes > 1439) {
    return fail(ErrorCode::kInvalidArgument, "--day-cutoff is HH:MM within 00:00 and 23:59, not " + quoted(text));
  }
  return minutes;
}

void add_init(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("init", "make a node: found a mechanism, or prepare a party's keys for one");
  c->add_option("DIR", o->folder, "folder to make the node in")->required();
  c->add_option("--mechanism", o->mechanism, "name of the mechanism")->required();
  c->add_option("--party", o->parties, "a party, ID=NAME[:guarantor|observer] (default role: guarantor); once for each")
      ->required();
  c->add_option("--me", o->me, "id of the party that this node belongs to")->required();
  c->add_flag("--exercise", o->exercise, "for training: marks everything EXERCISE, for ever");
  c->add_option("--day-cutoff", o->cutoff, "hour at which a reporting day begins, HH:MM (default 00:00)");
  c->add_option("--utc-offset", o->offset, "offset of the reporting day from UTC, +HH:MM (default +00:00)");
  c->add_flag("--json", o->json, "print for programs");
  c->footer(
      "Example: truce init ~/un --mechanism \"Line of contact\" --party un=\"United Observers\":observer --me un "
      "--utc-offset +03:00");
  c->callback([o, &context] { context.run = guarded([o] { return run(*o); }); });
}

}  // namespace truce::cmd
