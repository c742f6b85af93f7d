// SPDX-License-Identifier: Apache-2.0
//
// truce calibrate: states what the reports so far teach about reporters, or computes another's calibration again. truce
// join, truce split: say that two reports are about one incident, or about two.

#include <fmt/format.h>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/monitor/calibration.h"
#include "truce/picture/learning.h"

namespace truce::cmd {
namespace {

struct CalibrateOptions {
  std::string from, to, check;
  bool what_if = false, json = false;
};

// Of the calibration that a new one follows: the last of the chain in force.
Result<std::optional<picture::CalibrationRow>> last_in_force(picture::TableReader& tables) {
  TRUCE_TRY(const auto rows, picture::read_rows<picture::CalibrationRow>(tables));
  std::optional<picture::CalibrationRow> out;
  for (const auto& row : rows) {
    if (row.state == "in-force" && (!out || row.number > out->number)) out = row;
  }
  return out;
}

Result<int> check(const Context& context, const CalibrateOptions& o) {
  TRUCE_TRY(const auto node, context.open_picture());
  const auto parsed = StatementId::parse(o.check);
  if (!parsed) return fail(ErrorCode::kInvalidArgument, parsed.error().message, "--check");
  const StatementId id = *parsed;
  TRUCE_TRY(const auto envelope, node->envelope(id));
  if (envelope.type != monitor::kTypeCalibration)
    return fail(ErrorCode::kInvalidArgument, "is a statement of type " + envelope.type + ", no calibration", o.check);
  TRUCE_TRY(const auto stated, monitor::CalibrationStatement::from_body(envelope.body));
  TRUCE_TRY(const picture::Cut cut, picture::Cut::from_json(stated.cut));
  if (cut.mechanism != node->mechanism_id() || cut.rules_version != node->mechanism().rules_version)
    return fail(ErrorCode::kNotComputable, "its cut is of another mechanism or rules version", o.check);
  // The picture as it was at its cut, in memory.
  const auto source = node->source();
  picture::MemoryTables tables;
  TRUCE_TRY(const picture::Folded folded, picture::fold({&node->mechanism(), cut, {}, {}}, *source, tables));
  TRUCE_TRY(const picture::Learned learned,
            picture::learn(node->mechanism(), tables, *source, stated.from, stated.to, {}));
  const Hash hash = sha256(learned.blob);
  const bool same = hash == stated.model && learned.reports == stated.reports && learned.compared == stated.compared;
  // Why it teaches nothing, where it does not.
  TRUCE_TRY(const std::string blob, source->blob(stated.model));
  std::string refused;
  if (const auto model = monitor::model_from_blob(blob); !model) {
    refused = model.error().to_string();
  } else if (const Status caps = monitor::check_within_caps(model.value()); !caps) {
    refused = caps.error().to_string();
  }
  if (o.json) {
    Json j = Json::object(
        {{"statement", o.check}, {"same", same}, {"stated", stated.model.base64url()}, {"computed", hash.base64url()}});
    if (!refused.empty()) j.set("refused", refused);
    print_json(j);
  } else if (same) {
    print_line(fmt::format("same: {} recomputed from {} reports of {} to {}", o.check, learned.reports,
                           stated.from.to_string(), stated.to.to_string()));
  } else {
    print_line(fmt::format("differs: {} states the tables {}, its cut and days give {}", o.check,
                           stated.model.base64url(), hash.base64url()));
    if (!refused.empty()) print_line("  its tables are refused: " + refused);
  }
  return same ? kOk : kProblem;
}

// What changes for a reader: counts of incidents before and after.
Result<std::int64_t> count_incidents(picture::TableReader& tables) {
  TRUCE_TRY(const auto digests, tables.digests());
  std::int64_t n = 0;
  for (const auto& d : digests) {
    if (d.table == "incidents") n += d.rows;
  }
  return n;
}

Result<int> calibrate(const Context& context, const CalibrateOptions& o) {
  if (!o.check.empty()) return check(context, o);
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  // The writer holds the log: what the picture shows now is all that there is.
  TRUCE_TRY(const auto facts, node->update_picture());
  TRUCE_TRY(const picture::CalibrationDue due, picture::calibration_due(node->picture()));
  if (due.to.empty()) {
    if (o.json) {
      print_json(Json::object({{"reports", 0}, {"compared", 0}, {"stated", false}}));
    } else {
      print_line("nothing stated: there is no report yet");
    }
    return kOk;
  }
  const auto day = [](std::string_view option, const std::string& text) -> Result<Date> {
    auto date = Date::parse(text);
    if (!date) return fail(ErrorCode::kInvalidArgument, date.error().message, std::string(option));
    return date;
  };
  TRUCE_TRY(const Date to, day("--to", o.to.empty() ? due.to : o.to));
  Date from = to + (1 - picture::kLearnDays);
  if (!o.from.empty() || o.to.empty()) {
    TRUCE_TRY(from, day("--from", o.from.empty() ? due.from : o.from));
  }
  if (to < from) return fail(ErrorCode::kInvalidArgument, "--to lies before --from");
  const auto bar = progress_bar();
  const auto source = node->source();
  TRUCE_TRY(const picture::Learned learned,
            picture::learn(node->mechanism(), node->picture(), *source, from, to, [&](int done, int all) {
              if (bar) bar("learning", static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(all));
            }));
  if (!learned.is_enough()) {
    if (o.json) {
      print_json(Json::object({{"reports", learned.reports}, {"compared", learned.compared}, {"stated", false}}));
    } else {
      print_line(fmt::format(
          "nothing stated: {} report(s), {} of them beside another of the same incident; {} and {} are needed",
          learned.reports, learned.compared, picture::kLearnReportsMin, picture::kLearnComparedMin));
    }
    return kOk;
  }
  TRUCE_TRY(const auto before, last_in_force(node->picture()));
  const Hash model = sha256(learned.blob);
  if (before && before->model == model.base64url() && before->from_day == from.to_string()) {
    if (o.json) {
      print_json(Json::object({{"reports", learned.reports}, {"compared", learned.compared}, {"stated", false}}));
    } else {
      print_line("nothing stated: these days teach what " + before->statement + " states already");
    }
    return kOk;
  }
  if (o.what_if) {
    TRUCE_TRY(const picture::WhatIf w,
              picture::what_if(node->mechanism(), node->picture(), *source, from, to, learned.model));
    if (o.json) {
      print_json(Json::object({{"reports", w.reports},
                               {"incidents_now", w.incidents_now},
                               {"incidents_then", w.incidents_then},
                               {"moved", w.moved},
                               {"stated", false}}));
    } else {
      print_line(fmt::format("nothing stated: of {} reports of {} to {} {} would move; incidents {} now, {} then",
                             w.reports, from.to_string(), to.to_string(), w.moved, w.incidents_now, w.incidents_then));
    }
    return kOk;
  }
  TRUCE_TRY(const std::int64_t incidents_before, count_incidents(node->picture()));
  TRUCE_TRY(const Hash blob, writer->put_blob(learned.blob));
  const monitor::CalibrationStatement body{from, to, facts.cut.to_json(), blob, learned.reports, learned.compared};
  node::Draft draft{monitor::kTypeCalibration, body.to_body(), {}, {}, {blob}};
  if (before) {
    TRUCE_TRY(const StatementId id, StatementId::parse(before->statement));
    TRUCE_TRY(const StatementRef ref, node->reference(id));
    draft.references.push_back({std::string(monitor::kFollows), ref});
  }
  TRUCE_TRY(const StatementRef made, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  node::Node::PictureOptions options;
  options.progress = bar;
  TRUCE_TRY(const auto after, node->update_picture(options));
  TRUCE_TRY(const std::int64_t incidents_after, count_incidents(node->picture()));
  if (o.json) {
    print_json(Json::object({{"statement", made.id.to_string()},
                             {"stated", true},
                             {"from", from.to_string()},
                             {"to", to.to_string()},
                             {"reports", learned.reports},
                             {"compared", learned.compared},
                             {"incidents_before", incidents_before},
                             {"incidents_after", incidents_after}}));
    return kOk;
  }
  const monitor::FusionModel& m = learned.model;
  print_line(fmt::format("{}  learnt from {} reports of {} to {}, {} of them beside others of the same incident",
                         made.id.to_string(), learned.reports, from.to_string(), to.to_string(), learned.compared));
  print_line(
      fmt::format("  times       {:.2f} of the stated precision (posts {:.2f})", m.time_scale[1], m.time_scale[0]));
  print_line(fmt::format("  places      {:.2f} of the stated radius; bearings {:.1f} degrees, distances {:.0f} %",
                         m.radius_scale, m.bearing_sigma_mdeg / 1000, m.distance_sigma_part * 100));
  for (const auto& [name, h] : m.habits) {
    print_line(fmt::format("  {:<11} tells of {:.0f} % of what others tell of; {:.2f} reports each", name,
                           h.reports * 100, 1 / (1 - h.again)));
  }
  std::size_t off = 0;
  for (const auto& [name, s] : m.clock_offset_s) {
    if (s >= 60 || s <= -60) ++off;
  }
  print_line(fmt::format("  clocks      {} reporter(s) off by a minute or more", off));
  for (const auto& [name, s] : m.clock_offset_s) {
    if (s >= 60 || s <= -60) print_line(fmt::format("    {:<20} {:+.0f} s", name, s));
  }
  print_line(fmt::format("  places named by coordinates: {}", m.spots.size()));
  print_line(fmt::format("incidents: {} before, {} now", incidents_before, incidents_after));
  return kOk;
}

struct LinkOptions {
  std::string first, second, reason;
  bool json = false;
};

// A report that a person names, of any party: by its own id, or by an id as imported if only one has it.
Result<picture::ReportRow> any_report(picture::TableReader& tables, const std::string& id) {
  TRUCE_TRY(auto rows, picture::find_rows<picture::ReportRow>(tables, "id", id));
  if (rows.empty()) {
    TRUCE_TRY(rows, picture::find_rows<picture::ReportRow>(tables, "source_id", id));
  }
  if (rows.empty()) return fail(ErrorCode::kNotFound, "no report " + quoted(id));
  if (rows.size() > 1)
    return fail(ErrorCode::kAmbiguous, quoted(id) + " stands for several reports; name one as party/log/index");
  if (rows[0].incident.empty())
    return fail(ErrorCode::kNotFound, rows[0].id + " is in no incident: it is " + rows[0].state);
  return rows[0];
}

Result<int> link(const Context& context, const LinkOptions& o, bool joins) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node->update_picture());
  TRUCE_TRY(const auto a, any_report(node->picture(), o.first));
  TRUCE_TRY(const auto b, any_report(node->picture(), o.second));
  if (a.id == b.id)
    return fail(ErrorCode::kInvalidArgument, "one report cannot be joined with or split from itself", a.id);
  Json sealed;
  if (!o.reason.empty()) sealed = Json::object({{"reason", o.reason}});
  node::Draft draft{joins ? monitor::kTypeJoin : monitor::kTypeSplit, monitor::link_body(), {}, std::move(sealed), {}};
  for (const auto& [relation, row] : {std::pair(monitor::kLinkFirst, &a), std::pair(monitor::kLinkSecond, &b)}) {
    TRUCE_TRY(const StatementId id, StatementId::parse(row->id));
    TRUCE_TRY(const StatementRef ref, node->reference(id));
    draft.references.push_back({std::string(relation), ref});
  }
  TRUCE_TRY(const StatementRef made, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  node::Node::PictureOptions options;
  options.progress = progress_bar();
  TRUCE_TRY(const auto after, node->update_picture(options));
  TRUCE_TRY(const auto links, picture::find_rows<picture::LinkRow>(node->picture(), "statement", made.id.to_string()));
  TRUCE_TRY(const auto now, picture::find_rows<picture::ReportRow>(node->picture(), "id", a.id));
  TRUCE_TRY(const auto other, picture::find_rows<picture::ReportRow>(node->picture(), "id", b.id));
  const std::string state = links.empty() ? "" : links[0].state;
  if (o.json) {
    print_json(Json::object({{"statement", made.id.to_string()},
                             {"what", joins ? "join" : "split"},
                             {"first", a.id},
                             {"second", b.id},
                             {"state", state},
                             {"incidents", Json(Json::Array{Json(now.at(0).incident), Json(other.at(0).incident)})}}));
    return kOk;
  }
  print_line(fmt::format("{}  {} {} and {}: {}", made.id.to_string(), joins ? "joins" : "splits", a.id, b.id, state));
  if (state == "contradicted")
    print_line("  it contradicts other joins or splits; none of those that contradict each other has effect");
  if (state == "too-far") print_line("  the two are too far apart in time to be one incident; it has no effect");
  print_line("  incidents now: " + now.at(0).incident +
             (now.at(0).incident == other.at(0).incident ? "" : " and " + other.at(0).incident));
  return kOk;
}

void add_link(CLI::App& app, Context& context, const char* name, const char* description, bool joins) {
  auto o = std::make_shared<LinkOptions>();
  CLI::App* c = app.add_subcommand(name, description);
  c->add_option("REPORT", o->first, "a report, such as un/main/17, or its id as imported")->required();
  c->add_option("OTHER", o->second, "the other report")->required();
  c->add_option("--reason", o->reason, "why, in words; goes into the sealed part");
  c->add_flag("--json", o->json, "print for programs");
  c->footer(std::string("It is a statement: withdraw it with truce withdraw.\nExample: truce ") + name +
            " un/main/17 un/main/23");
  c->callback(
      [o, joins, &context] { context.run = guarded([o, joins, &context] { return link(context, *o, joins); }); });
}

}  // namespace

void add_calibrate(CLI::App& app, Context& context) {
  auto o = std::make_shared<CalibrateOptions>();
  CLI::App* c = app.add_subcommand("calibrate",
                                   "learn from the reports so far how exact times and places are, which clocks are "
                                   "off, what is taken for what; and state it");
  c->add_option("--from", o->from, "first day to learn from (default: 28 days up to --to)")->type_name("D");
  c->add_option("--to", o->to, "last day (default: the last with reports)")->type_name("D");
  c->add_option("--check", o->check,
                "compute the calibration of this statement again, from its own cut and days; exit 1 where it differs")
      ->type_name("ID");
  c->add_flag("--what-if", o->what_if, "state nothing; say what it would change");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Too few reports: says so, states nothing, exits 0.\nExample: truce calibrate --from 2018-09-01");
  c->callback([o, &context] { context.run = guarded([o, &context] { return calibrate(context, *o); }); });
}

void add_join(CLI::App& app, Context& context) {
  add_link(app, context, "join", "say that two reports are about one incident", true);
}

void add_split(CLI::App& app, Context& context) {
  add_link(app, context, "split", "say that two reports are about two incidents", false);
}

}  // namespace truce::cmd
