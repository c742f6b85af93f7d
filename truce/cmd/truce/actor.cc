// SPDX-License-Identifier: Apache-2.0
//
// truce actor add|list: the sides that fight, forces and groups, as statements of this party; the picture shows each
// party's.

#include <fmt/format.h>

#include "truce/base/encoding.h"
#include "truce/base/unicode.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/place_argument.h"

namespace truce::cmd {
namespace {

struct AddOptions {
  std::string id, part_of, from, to;
  std::vector<std::string> names, called, neutral;
  bool correct = false, json = false;
};

Result<monitor::ActorStatement> actor_of(const AddOptions& o, const mechanism::Mechanism& m) {
  monitor::ActorStatement a;
  TRUCE_CHECK(check_id(o.id, "actor id"));
  a.id = o.id;
  TRUCE_TRY(a.names, parse_names_argument(o.names, "--name"));
  TRUCE_TRY(a.neutral, parse_names_argument(o.neutral, "--neutral"));
  std::map<std::string, std::vector<std::string>> by_party;
  for (const std::string& text : o.called) {
    const std::size_t colon = text.find(':');
    const std::string party = text.substr(0, colon);
    if (colon == std::string::npos || !is_id(party)) {
      return fail(ErrorCode::kInvalidArgument,
                  quoted(text) + " is not PARTY:LANGUAGE=NAME, such as turkey:en=Opposition", "--called");
    }
    if (m.party(party) == nullptr)
      return fail(ErrorCode::kInvalidArgument, quoted(party) + " is no party of this mechanism", "--called");
    by_party[party].push_back(text.substr(colon + 1));
  }
  for (const auto& [party, pairs] : by_party) {
    TRUCE_TRY(a.called[party], parse_names_argument(pairs, "--called"));
  }
  a.part_of = o.part_of;
  if (!o.from.empty()) {
    TRUCE_TRY(a.from, parse_time_argument(o.from, m, "--from"));
  }
  if (!o.to.empty()) {
    TRUCE_TRY(a.to, parse_time_argument(o.to, m, "--to"));
  }
  // The statement's own rules, in the words of who reads it.
  if (const auto parsed = monitor::ActorStatement::from_body(a.to_body()); !parsed) {
    return fail(ErrorCode::kInvalidArgument, parsed.error().message, parsed.error().where);
  }
  return a;
}

Result<int> add(const Context& context, const AddOptions& o) {
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const monitor::ActorStatement actor, actor_of(o, node->mechanism()));
  // The lock first, then the picture: what is known cannot change between the look-up and the append.
  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node->update_picture());
  if (!facts.notice.empty()) note(facts.notice);
  TRUCE_TRY(const auto rows, picture::read_rows<picture::ActorRow>(node->picture()));
  const auto is_stated = [&](const std::string& id) {
    return std::ranges::any_of(rows, [&](const auto& r) { return r.actor == id; });
  };
  if (!actor.part_of.empty()) {
    if (actor.part_of == actor.id)
      return fail(ErrorCode::kInvalidArgument, "an actor is no part of itself", "--part-of");
    if (!is_stated(actor.part_of)) {
      return fail(ErrorCode::kNotFound,
                  "no actor " + quoted(actor.part_of) + " is stated; add it first with: truce actor add", "--part-of");
    }
  }
  const auto mine =
      std::ranges::find_if(rows, [&](const auto& r) { return r.actor == actor.id && r.party == node->me(); });
  node::Draft draft{monitor::kTypeActor, actor.to_body(), {}, {}, {}};
  if (mine == rows.end()) {
    if (o.correct)
      return fail(ErrorCode::kNotFound,
                  "this party has stated no actor " + quoted(actor.id) + ", so there is nothing to correct");
  } else {
    TRUCE_TRY(const StatementId version, StatementId::parse(mine->statement));
    TRUCE_TRY(const auto envelope, node->envelope(version));
    if (envelope.body == draft.body) {
      if (o.json) {
        print_json(Json::object({{"actor", actor.id}, {"known", true}, {"statement", mine->statement}}));
      } else {
        print_line(fmt::format("actor {} is known as {} already; nothing was added", actor.id, mine->statement));
      }
      return kOk;
    }
    if (!o.correct) {
      return fail(ErrorCode::kExists, "is stated as " + mine->statement + " with other content; --correct replaces it",
                  "actor " + actor.id);
    }
    TRUCE_TRY(const StatementRef target, node->reference(version));
    draft.references.push_back({std::string(monitor::kCorrects), target});
  }
  TRUCE_TRY(const StatementRef made, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  if (o.json) {
    Json j = Json::object({{"actor", actor.id}, {"known", false}, {"statement", made.id.to_string()}});
    if (mine != rows.end()) j.set("corrects", mine->statement);
    print_json(j);
  } else {
    print_line(fmt::format("actor {} is {} as {}", actor.id, mine == rows.end() ? "stated" : "corrected",
                           made.id.to_string()));
  }
  return kOk;
}

Result<Json> json_or_null(const std::string& canonical) {
  if (canonical.empty()) return Json();
  return Json::parse_canonical(canonical);
}

Result<std::string> shown_names(const std::string& canonical) {
  TRUCE_TRY(const Json json, json_or_null(canonical));
  std::string out;
  if (json.is_object()) {
    for (const auto& [lang, name] : json.as_object()) {
      if (name.is_string()) out += (out.empty() ? "" : ", ") + lang + "=" + name.as_string();
    }
  }
  return out;
}

std::string shown_time(const picture::OptInt& ms) {
  return ms ? to_string(Instant{*ms}) : std::string("-");
}

Result<int> list(const Context& context, bool json) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto rows, picture::read_rows<picture::ActorRow>(node->picture()));
  if (json) {
    Json out = Json::array();
    for (const auto& r : rows) {
      Json j = Json::object({{"actor", r.actor}, {"party", r.party}, {"statement", r.statement}});
      TRUCE_TRY(Json names, json_or_null(r.names));
      TRUCE_TRY(Json neutral, json_or_null(r.neutral));
      TRUCE_TRY(Json called, json_or_null(r.called));
      j.set("names", std::move(names));
      if (!neutral.is_null()) j.set("neutral", std::move(neutral));
      if (!called.is_null()) j.set("called", std::move(called));
      if (!r.part_of.empty()) j.set("part_of", r.part_of);
      if (r.from_ms) j.set("from", to_string(Instant{*r.from_ms}));
      if (r.to_ms) j.set("to", to_string(Instant{*r.to_ms}));
      out.push_back(std::move(j));
    }
    print_json(Json::object({{"actors", std::move(out)}}));
    return kOk;
  }
  if (rows.empty()) {
    print_line("no actor is stated yet; add one with: truce actor add --help");
    return kOk;
  }
  std::vector<std::vector<std::string>> cells;
  for (const auto& r : rows) {
    TRUCE_TRY(std::string names, shown_names(r.names));
    TRUCE_TRY(std::string neutral, shown_names(r.neutral));
    cells.push_back({r.actor, r.party, std::move(names), std::move(neutral), r.part_of, shown_time(r.from_ms),
                     shown_time(r.to_ms), r.statement});
  }
  print_table({"actor", "stated by", "names", "in briefs", "part of", "from", "to", "statement"}, cells);
  return kOk;
}

}  // namespace

void add_actor(CLI::App& app, Context& context) {
  CLI::App* c = app.add_subcommand("actor", "the sides that fight, forces and groups");
  c->require_subcommand(1);
  c->footer("Example: truce actor list");
  auto o = std::make_shared<AddOptions>();
  CLI::App* a = c->add_subcommand("add", "state an actor, or correct what this party has stated of it");
  a->add_option("ID", o->id, "id of the actor: a-z, 0-9 and '-', at most 32, such as army-3rd-corps")->required();
  a->add_option("--name", o->names,
                "what it calls itself in a language, such as en=\"Third Corps\"; once for each language")
      ->type_name("LANG=NAME")
      ->allow_extra_args(false)
      ->required();
  a->add_option("--called", o->called, "what a party calls it, such as turkey:en=\"the opposition\"; may be repeated")
      ->type_name("PARTY:LANG=NAME")
      ->allow_extra_args(false);
  a->add_option("--neutral", o->neutral, "what briefs call it, such as en=\"an armed group\"; once for each language")
      ->type_name("LANG=NAME")
      ->allow_extra_args(false);
  a->add_option("--part-of", o->part_of, "id of the actor that it is a part of, such as army")->type_name("ID");
  a->add_option("--from", o->from, "when it began, a date or time with offset, such as 2017-05-06")->type_name("DATE");
  a->add_option("--to", o->to, "when it ended (that instant is not in it any more), such as 2018-07-31")
      ->type_name("DATE");
  a->add_flag("--correct", o->correct, "replace what this party has stated of it before");
  a->add_flag("--json", o->json, "print for programs");
  a->footer(
      "Example: truce actor add army-3rd-corps --name en=\"Third Corps\" --name ar=\"الفيلق الثالث\" --neutral "
      "en=\"the Corps\" --part-of army");
  a->callback([o, &context] { context.run = guarded([o, &context] { return add(context, *o); }); });
  auto json = std::make_shared<bool>(false);
  CLI::App* l = c->add_subcommand("list", "all actors with their names, as each party states them");
  l->add_flag("--json", *json, "print for programs");
  l->footer("Example: truce actor list --json");
  l->callback([json, &context] { context.run = guarded([json, &context] { return list(context, *json); }); });
}

}  // namespace truce::cmd
