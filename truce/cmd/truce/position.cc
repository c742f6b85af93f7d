// SPDX-License-Identifier: Apache-2.0
//
// truce position, inquiry, ask, answer: what this party says of an incident.

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/rows.h"
#include "truce/monitor/inquiry.h"
#include "truce/monitor/position.h"
#include "truce/picture/position_rows.h"

namespace truce::cmd {
namespace {

// The incident of this name, or that holds the report of this name; with its reports, ascending by statement.
struct Named {
  std::string incident;
  std::vector<StatementId> reports;
};

Result<Named> find_incident(node::Node& node, const std::string& name) {
  Named out;
  TRUCE_TRY(auto rows, picture::find_rows<picture::ReportRow>(node.picture(), "incident", name));
  if (rows.empty()) {
    TRUCE_TRY(const auto report, picture::find_rows<picture::ReportRow>(node.picture(), "id", name));
    if (report.empty() || report.front().incident.empty())
      return fail(ErrorCode::kNotFound, "no incident and no report of an incident has this name", name);
    out.incident = report.front().incident;
    TRUCE_TRY(rows, picture::find_rows<picture::ReportRow>(node.picture(), "incident", out.incident));
  } else {
    out.incident = name;
  }
  for (const picture::ReportRow& r : rows) {
    TRUCE_TRY(const StatementId id, StatementId::parse(r.id));
    out.reports.push_back(id);
  }
  std::ranges::sort(out.reports);
  return out;
}

// References to the incident's reports, as many as a statement may name.
Result<std::vector<record::Reference>> on_reports(const node::Node& node, const Named& named) {
  std::vector<record::Reference> out;
  for (const StatementId& id : named.reports) {
    if (out.size() == monitor::kOnReportCountMax) break;
    TRUCE_TRY(const StatementRef ref, node.reference(id));
    out.push_back({std::string(monitor::kOnReport), ref});
  }
  return out;
}

Result<StatementId> state(node::Node& node, node::Draft draft) {
  TRUCE_TRY(const auto writer, node.main_writer());
  TRUCE_TRY(const StatementRef ref, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  return ref.id;
}

// An actor that nobody has declared may be a slip of the pen; it is stated all the same, as the party says it.
Status note_unknown_actor(node::Node& node, const monitor::PositionStatement& body) {
  if (body.answer == monitor::Answer::kExcludedGroup) {
    const auto& groups = node.mechanism().excluded;
    if (groups.empty()) {
      note("the mechanism in force has no register of excluded groups");
    } else if (!body.actor.empty() &&
               std::ranges::find(groups, body.actor, &mechanism::ExcludedGroup::actor) == groups.end()) {
      note(quoted(body.actor) + " is not in the mechanism's register of excluded groups");
    }
  }
  if (body.actor.empty()) return {};
  TRUCE_TRY(const auto actors, picture::find_rows<picture::ActorRow>(node.picture(), "actor", body.actor));
  if (actors.empty()) note("no party has declared an actor of the id " + quoted(body.actor) + ": truce actor add");
  return {};
}

struct PositionOptions {
  std::string incident, answer, actor, reason;
  bool json = false;
};

Result<int> position(const Context& context, const PositionOptions& o) {
  const auto answer = monitor::answer_from_code(o.answer);
  if (!answer) {
    return fail(ErrorCode::kInvalidArgument,
                "an answer is confirm, not-confirm, cannot-establish, attribute ACTOR or excluded-group, not " +
                    quoted(o.answer));
  }
  monitor::PositionStatement body{*answer, o.actor, o.reason};
  // The form is checked as everybody will check it.
  if (auto checked = monitor::PositionStatement::from_body(body.to_body()); !checked) {
    Error e = std::move(checked).error();
    e.code = ErrorCode::kInvalidArgument;
    return fail(std::move(e));
  }
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const Named named, find_incident(*node, o.incident));
  TRUCE_TRY(auto refs, on_reports(*node, named));
  const std::size_t covered = refs.size();
  TRUCE_CHECK(note_unknown_actor(*node, body));
  TRUCE_TRY(const StatementId id, state(*node, {monitor::kTypePosition, body.to_body(), std::move(refs), {}, {}}));
  if (o.json) {
    print_json(Json::object({{"statement", id.to_string()},
                             {"incident", named.incident},
                             {"reports", static_cast<std::int64_t>(covered)}}));
    return kOk;
  }
  print_line("stated " + id.to_string() + ": " + o.answer + (o.actor.empty() ? "" : ' ' + o.actor) + ", on " +
             std::to_string(covered) + " report(s) of " + named.incident);
  if (covered < named.reports.size())
    print_line("the other " + std::to_string(named.reports.size() - covered) +
               " are not covered: a statement names at most " + std::to_string(monitor::kOnReportCountMax));
  return kOk;
}

struct InquiryOptions {
  std::string target, at, reason;
  bool json = false;
};

// The open inquiry on an incident: the last one that is not closed.
Result<StatementRef> inquiry_on(node::Node& node, const Named& named) {
  TRUCE_TRY(const auto rows, picture::read_rows<picture::InquiryRow>(node.picture()));
  std::set<std::string> closed;
  for (const picture::InquiryRow& r : rows) {
    if (r.act == "close" && r.state == "effective") closed.insert(r.inquiry);
  }
  std::optional<std::pair<std::int64_t, StatementId>> found;  // the one that was opened last
  for (const picture::InquiryRow& r : rows) {
    if (r.act != "open" || r.state != "effective" || r.incident != named.incident || closed.contains(r.statement))
      continue;
    TRUCE_TRY(const StatementId id, StatementId::parse(r.statement));
    found = std::max(found, std::optional(std::pair<std::int64_t, StatementId>(r.recorded_ms, id)));
  }
  if (!found)
    return fail(ErrorCode::kNotFound, "no inquiry is open on it: truce inquiry open " + named.incident, named.incident);
  return node.reference(found->second);
}

Result<int> inquiry(const Context& context, const InquiryOptions& o, monitor::InquiryAct act) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const Named named, find_incident(*node, o.target));
  monitor::InquiryStatement body;
  body.act = act;
  body.reason = o.reason;
  if (!o.at.empty()) {
    TRUCE_TRY(body.at, parse_time_argument(o.at, node->mechanism(), "--at"));
  } else if (act == monitor::InquiryAct::kVisit) {
    return fail(ErrorCode::kInvalidArgument, "a visit needs a time", "--at");
  }
  std::vector<record::Reference> refs;
  if (act == monitor::InquiryAct::kOpen) {
    TRUCE_TRY(refs, on_reports(*node, named));
  } else {
    TRUCE_TRY(const StatementRef of, inquiry_on(*node, named));
    refs.push_back({std::string(monitor::kOfInquiry), of});
    if (act == monitor::InquiryAct::kAttend || act == monitor::InquiryAct::kDecline) {
      TRUCE_TRY(const auto rows, picture::read_rows<picture::InquiryRow>(node->picture()));
      std::string visit;
      for (const picture::InquiryRow& r : rows) {
        if (r.act == "visit" && r.state == "effective" && r.inquiry == of.id.to_string()) visit = r.statement;
      }
      if (visit.empty()) return fail(ErrorCode::kNotFound, "no visit is planned: truce inquiry visit", named.incident);
      TRUCE_TRY(const StatementId id, StatementId::parse(visit));
      TRUCE_TRY(const StatementRef ref, node->reference(id));
      refs.push_back({std::string(monitor::kOfVisit), ref});
    }
  }
  TRUCE_TRY(const StatementId id, state(*node, {monitor::kTypeInquiry, body.to_body(), std::move(refs), {}, {}}));
  if (o.json) {
    print_json(Json::object(
        {{"statement", id.to_string()}, {"incident", named.incident}, {"act", monitor::inquiry_act_code(act)}}));
  } else {
    print_line("stated " + id.to_string() + ": " + std::string(monitor::inquiry_act_code(act)) + " on " +
               named.incident);
  }
  return kOk;
}

struct AskOptions {
  std::string target, to, by, text;
};

Result<int> ask(const Context& context, const AskOptions& o) {
  TRUCE_TRY(const auto node, context.open_picture());
  const mechanism::Party* to = node->mechanism().party(o.to);
  if (to == nullptr) return fail(ErrorCode::kInvalidArgument, quoted(o.to) + " is not a party", "--to");
  if (o.to == node->me()) return fail(ErrorCode::kInvalidArgument, "nobody asks themselves", "--to");
  if (!to->receives()) {
    return fail(ErrorCode::kInvalidArgument,
                quoted(o.to) + (to->left ? " has left this mechanism"
                                         : " is a humanitarian party, which answers no questions in this record"),
                "--to");
  }
  if (o.text.empty()) return fail(ErrorCode::kInvalidArgument, "asks nothing", "--text");
  TRUCE_TRY(const Named named, find_incident(*node, o.target));
  monitor::AskStatement body;
  body.to = o.to;
  body.text = o.text;
  TRUCE_TRY(body.by, parse_time_argument(o.by, node->mechanism(), "--by"));
  if (body.by <= node->world().clock->now())
    return fail(ErrorCode::kInvalidArgument, to_string(body.by) + " is past", "--by");
  TRUCE_TRY(auto refs, on_reports(*node, named));
  TRUCE_TRY(const StatementId id, state(*node, {monitor::kTypeAsk, body.to_body(), std::move(refs), {}, {}}));
  print_line("asked " + o.to + ": " + id.to_string());
  return kOk;
}

Result<int> answer(const Context& context, const std::string& question, const std::string& text) {
  TRUCE_TRY(const StatementId id, parse_statement_argument(question));
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto rows, picture::read_rows<picture::AskRow>(node->picture()));
  const auto row = std::ranges::find(rows, question, &picture::AskRow::statement);
  if (row == rows.end()) {
    return fail(
        ErrorCode::kNotFound,
        node->reference(id) ? "is no question" : "no such question is here: has it come? (truce sync, truce questions)",
        question);
  }
  if (row->to != node->me())
    return fail(ErrorCode::kInvalidArgument, "was asked of " + row->to + ", not of " + node->me(), question);
  TRUCE_TRY(const StatementRef to, node->reference(id));
  TRUCE_TRY(const StatementId stated, state(*node, {monitor::kTypeAnswer,
                                                    monitor::AnswerStatement{text}.to_body(),
                                                    {{std::string(monitor::kOfAsk), to}},
                                                    {},
                                                    {}}));
  print_line("answered: " + stated.to_string());
  return kOk;
}

Result<int> list_inquiries(const Context& context, bool json) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto rows, picture::read_rows<picture::InquiryRow>(node->picture()));
  if (json) {
    print_json(rows_json(rows));
    return kOk;
  }
  if (node->mechanism().exercise) print_line("EXERCISE");
  std::vector<std::vector<std::string>> table;
  for (const picture::InquiryRow& r : rows)
    table.push_back(
        {r.statement, r.party, r.act, r.incident, r.at_ms ? to_string(Instant{*r.at_ms}) : "", r.state, r.reason});
  print_table({"statement", "party", "act", "incident", "at", "state", "reason"}, table);
  return kOk;
}

}  // namespace

void add_position(CLI::App& app, Context& context) {
  {
    auto o = std::make_shared<PositionOptions>();
    CLI::App* c =
        app.add_subcommand("position", "this party's position on an incident, on the reports that it holds now");
    c->add_option("INCIDENT", o->incident, "the incident, or one of its reports")->required();
    c->add_option("ANSWER", o->answer, "confirm, not-confirm, cannot-establish, attribute or excluded-group")
        ->required();
    c->add_option("ACTOR", o->actor, "of attribute and excluded-group: the actor's id");
    c->add_option("--reason", o->reason, "why, in words that everybody may read")->required();
    c->add_flag("--json", o->json, "print for programs");
    c->footer("Example: truce position east/main/17 confirm --reason \"heard by two posts\"");
    c->callback([o, &context] { context.run = guarded([o, &context] { return position(context, *o); }); });
  }
  CLI::App* group = app.add_subcommand("inquiry", "inquiries into incidents: open, visit, attend, decline, close");
  group->require_subcommand(1);
  for (const auto& [act, what] :
       {std::pair{monitor::InquiryAct::kOpen, "open an inquiry into an incident"},
        std::pair{monitor::InquiryAct::kVisit, "plan a joint visit of an open inquiry; --at says when"},
        std::pair{monitor::InquiryAct::kAttend, "say that this party took part in the last visit"},
        std::pair{monitor::InquiryAct::kDecline, "say that this party will not take part in the last visit"},
        std::pair{monitor::InquiryAct::kClose, "close an inquiry"}}) {
    auto o = std::make_shared<InquiryOptions>();
    CLI::App* c = group->add_subcommand(std::string(monitor::inquiry_act_code(act)), what);
    c->add_option("INCIDENT", o->target, "the incident, or one of its reports")->required();
    c->add_option("--at", o->at, act == monitor::InquiryAct::kVisit ? "when it is planned" : "when it happened");
    c->add_option("--reason", o->reason, "why, in words that everybody may read");
    c->add_flag("--json", o->json, "print for programs");
    c->callback(
        [o, act = act, &context] { context.run = guarded([o, act, &context] { return inquiry(context, *o, act); }); });
  }
  {
    auto json = std::make_shared<bool>(false);
    CLI::App* c = group->add_subcommand("list", "all that was stated of inquiries");
    c->add_flag("--json", *json, "print for programs");
    c->callback([=, &context] { context.run = guarded([=, &context] { return list_inquiries(context, *json); }); });
  }
  {
    auto o = std::make_shared<AskOptions>();
    CLI::App* c = app.add_subcommand("ask", "ask another party about an incident");
    c->add_option("INCIDENT", o->target, "the incident, or one of its reports")->required();
    c->add_option("--to", o->to, "the party that is asked")->required();
    c->add_option("--by", o->by, "when an answer is wanted")->required();
    c->add_option("--text", o->text, "the question")->required();
    c->callback([o, &context] { context.run = guarded([o, &context] { return ask(context, *o); }); });
  }
  {
    auto question = std::make_shared<std::string>();
    auto text = std::make_shared<std::string>();
    CLI::App* c = app.add_subcommand("answer", "answer a question that this party was asked");
    c->add_option("ID", *question, "the question's statement")->required();
    c->add_option("--text", *text, "the answer")->required();
    c->callback([=, &context] { context.run = guarded([=, &context] { return answer(context, *question, *text); }); });
  }
}

}  // namespace truce::cmd
