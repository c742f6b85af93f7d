// SPDX-License-Identifier: Apache-2.0
//
// truce zone accept, object, retire, and truce consent, object: voices on what another party proposed.

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/rows.h"
#include "truce/cmd/truce/zone_file.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/calibration_statement.h"

namespace truce::cmd {
namespace {

// Types of statements that other parties consent or object to here.
const std::string_view kAskedOf[] = {monitor::kTypeZone, monitor::kTypeCalibration};

struct VoiceOptions {
  std::string target, party, reason;
};

Result<StatementId> say(node::Node& node, const StatementId& to, const std::string& reason, bool consents) {
  record::VoiceStatement body;
  body.reason = reason;
  return state_voice(node, to, body, consents);
}

Result<int> voice(const Context& context, const VoiceOptions& o, bool consents) {
  TRUCE_TRY(const StatementId id, parse_statement_argument(o.target));
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const record::Envelope e, node->envelope(id));
  if (e.type == record::kAmendmentType)
    return fail(ErrorCode::kInvalidArgument, "is an amendment: truce mechanism consent or object", o.target);
  if (e.type == "brief") return fail(ErrorCode::kInvalidArgument, "is a brief: truce brief sign or object", o.target);
  // Taking back a map that the parties agreed on is for their rule, too.
  bool is_of_zone = false;
  if (const StatementRef* of = e.reference(monitor::kWithdraws); e.type == monitor::kTypeWithdrawal && of != nullptr) {
    TRUCE_TRY(const record::Envelope taken, node->envelope(of->id));
    is_of_zone = taken.type == monitor::kTypeZone;
  }
  if (!is_of_zone && std::ranges::find(kAskedOf, e.type) == std::end(kAskedOf))
    return fail(ErrorCode::kInvalidArgument, "is a " + e.type + ", on which nobody is asked for consent", o.target);
  TRUCE_TRY(const StatementId said, say(*node, id, o.reason, consents));
  print_line((consents ? "consented to " : "objected to ") + e.type + ' ' + o.target + ": " + said.to_string());
  return kOk;
}

// The map of a zone that is proposed by one party, not this one.
Result<picture::ZoneRow> proposed_map(node::Node& node, const VoiceOptions& o) {
  TRUCE_TRY(auto rows, picture::read_rows<picture::ZoneRow>(node.picture()));
  std::erase_if(rows, [&](const picture::ZoneRow& r) {
    return r.zone != o.target || r.party == node.me() || (!o.party.empty() && r.party != o.party) ||
           r.state != "proposed";
  });
  if (rows.empty()) return fail(ErrorCode::kNotFound, "no other party proposes a map of it", o.target);
  if (rows.size() > 1) {
    std::string who;
    for (const auto& r : rows) who += (who.empty() ? "" : ", ") + r.party + " (" + r.statement + ')';
    return fail(ErrorCode::kAmbiguous,
                "maps of it are proposed by " + who +
                    "; say which with --party, or name the statement: truce consent or object",
                o.target);
  }
  return rows.front();
}

// Days that keep the maps of their signed briefs although others are in force now, and what these would change.
Result<std::vector<picture::SignedDayRow>> kept_days(node::Node& node) {
  TRUCE_TRY(auto rows, picture::read_rows<picture::SignedDayRow>(node.picture()));
  std::erase_if(rows, [](const picture::SignedDayRow& r) { return r.would_change.empty(); });
  return rows;
}

Status print_kept(const std::vector<picture::SignedDayRow>& rows, const std::string& zone) {
  for (const picture::SignedDayRow& r : rows) {
    TRUCE_TRY(const Json list, Json::parse_canonical(r.would_change));
    for (const Json& j : list.as_array()) {
      const Json::Array& c = j.as_array();
      if (c.size() != 5) return fail(ErrorCode::kBadDatabase, "not what a map would change", r.day);
      if (!zone.empty() && c[0].as_string() != zone) continue;
      const auto number = [&](std::size_t i) { return std::to_string(c[i].as_integer()); };
      print_line("would change: " + r.day + ", " + c[0].as_string() + ": " + number(1) + " -> " + number(2) +
                 " incident(s), of these forbidden " + number(3) + " -> " + number(4) + "; the day is signed (" +
                 r.brief + ") and keeps its counts");
    }
  }
  return {};
}

Result<int> zone_voice(const Context& context, const VoiceOptions& o, bool consents) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const picture::ZoneRow row, proposed_map(*node, o));
  TRUCE_TRY(const StatementId id, StatementId::parse(row.statement));
  TRUCE_TRY(const StatementId said, say(*node, id, o.reason, consents));
  TRUCE_CHECK(node->update_picture().map([](const auto&) {}));
  TRUCE_TRY(const auto now, picture::find_rows<picture::ZoneRow>(node->picture(), "statement", row.statement));
  print_line(std::string(consents ? "accepted " : "objected to ") + row.party + "'s map of " + row.zone + " (" +
             row.statement + "): " + said.to_string() +
             (now.empty()                       ? ""
              : now.front().state == "in-force" ? "; it is in force"
                                                : "; it is " + row.party + "'s proposal still"));
  TRUCE_TRY(const auto kept, kept_days(*node));
  TRUCE_CHECK(print_kept(kept, row.zone));
  return kOk;
}

Result<int> changes(const Context& context, const std::string& zone, bool json) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto rows, kept_days(*node));
  if (json) {
    print_json(rows_json(rows));
    return kOk;
  }
  if (node->mechanism().exercise) print_line("EXERCISE");
  TRUCE_CHECK(print_kept(rows, zone));
  print_line(std::to_string(rows.size()) + " signed day(s) keep maps that count otherwise than those in force now");
  return kOk;
}

struct RetireOptions {
  std::string zone, at;
};

// A correction of this party's map that ends it. It needs the rule again; days with a signed brief keep theirs.
Result<int> retire(const Context& context, const RetireOptions& o) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const Instant at, parse_time_argument(o.at, node->mechanism(), "--at"));
  TRUCE_TRY(auto rows, picture::read_rows<picture::ZoneRow>(node->picture()));
  std::erase_if(rows, [&](const auto& r) { return r.zone != o.zone || r.party != node->me() || !r.said_by.empty(); });
  if (rows.empty()) return fail(ErrorCode::kNotFound, "this party states no map of it", o.zone);
  const picture::ZoneRow& row = rows.back();
  TRUCE_TRY(const StatementId id, StatementId::parse(row.statement));
  TRUCE_TRY(const record::Envelope e, node->envelope(id));
  TRUCE_TRY(monitor::ZoneStatement zone, monitor::ZoneStatement::from_body(e.body));
  if (at <= zone.valid_from) return fail(ErrorCode::kInvalidArgument, "is not after it came into force", "--at");
  zone.valid_to = at;
  // What it would change: incidents after that time which the map holds now.
  std::int64_t concerned = 0;
  TRUCE_TRY(const auto incidents, picture::read_rows<picture::IncidentRow>(node->picture()));
  for (const auto& i : incidents) {
    const std::string list = ';' + i.zones + ';';
    concerned += i.from_ms >= at.ms && list.find(';' + o.zone + ';') != std::string::npos;
  }
  TRUCE_TRY(const StatementRef corrects, node->reference(id));
  TRUCE_TRY(const auto writer, node->writer());
  TRUCE_TRY(
      const StatementRef said,
      writer->add(
          {monitor::kTypeZone, zone.to_body(), {{std::string(monitor::kCorrects), corrects}}, {}, e.required_blobs}));
  TRUCE_CHECK(writer->commit());
  print_line("proposed the end of " + o.zone + " at " + to_string(at) + ": " + said.id.to_string());
  print_line(std::to_string(concerned) +
             " incident(s) after that time lie in it now and would no longer, once it is in force");
  print_line("days with a signed brief keep their counts; truce zone changes shows what would change there");
  return kOk;
}

}  // namespace

void add_zone_decisions(CLI::App& zone, Context& context) {
  for (const bool consents : {true, false}) {
    auto o = std::make_shared<VoiceOptions>();
    CLI::App* c = consents ? zone.add_subcommand("accept", "accept another party's proposed map of a zone")
                           : zone.add_subcommand("object", "object to another party's proposed map of a zone");
    c->add_option("ID", o->target, "id of the zone, such as idlib")->required();
    c->add_option("--party", o->party, "whose map, if several are proposed");
    c->add_option("--reason", o->reason, "why");
    c->footer(consents ? "Example: truce zone accept idlib --party north"
                       : "Example: truce zone object idlib --party north --reason \"the road lies outside\"");
    c->callback([=, &context] { context.run = guarded([=, &context] { return zone_voice(context, *o, consents); }); });
  }
  {
    auto id = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    CLI::App* c = zone.add_subcommand("changes", "what the maps in force now would change on days of signed briefs");
    c->add_option("ID", *id, "id of the zone; all without");
    c->add_flag("--json", *json, "print for programs");
    c->footer("Example: truce zone changes idlib");
    c->callback([=, &context] { context.run = guarded([=, &context] { return changes(context, *id, *json); }); });
  }
  auto r = std::make_shared<RetireOptions>();
  CLI::App* c = zone.add_subcommand("retire", "propose the end of this party's map of a zone");
  c->add_option("ID", r->zone, "id of the zone, such as idlib")->required();
  c->add_option("--at", r->at, "when it ends, with offset")->required();
  c->footer("Example: truce zone retire idlib --at 2026-12-01T00:00:00+03:00");
  c->callback([=, &context] { context.run = guarded([=, &context] { return retire(context, *r); }); });
}

void add_voices(CLI::App& app, Context& context) {
  for (const bool consents : {true, false}) {
    auto o = std::make_shared<VoiceOptions>();
    CLI::App* c =
        consents ? app.add_subcommand("consent", "consent to what another party stated: a calibration, a zone, ...")
                 : app.add_subcommand("object", "object to what another party stated");
    c->add_option("ID", o->target, "the statement, party/log/index")->required();
    c->add_option("--reason", o->reason, "why");
    c->footer(consents ? "Example: truce consent north/main/31"
                       : "Example: truce object north/main/31 --reason \"learnt from too few reports\"");
    c->callback([=, &context] { context.run = guarded([=, &context] { return voice(context, *o, consents); }); });
  }
}

}  // namespace truce::cmd
