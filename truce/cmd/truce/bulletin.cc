// SPDX-License-Identifier: Apache-2.0
//
// truce bulletin: counts as joint bulletins give them: recorded by one party, of these confirmed by another, and stated
// by it too.

#include <fmt/format.h>

#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/days.h"
#include "truce/monitor/finding.h"
#include "truce/picture/positions.h"

namespace truce::cmd {
namespace {

struct Options {
  DayOptions days;
  bool json = false;
};

void print_lines(const mechanism::Mechanism& m, const std::vector<monitor::BulletinLine>& lines) {
  const auto name = [&](const std::string& id) {
    const mechanism::Party* p = m.party(id);
    return p != nullptr ? p->name : id;
  };
  std::string day;
  for (const auto& line : lines) {
    if (line.day != day) print_line(day = line.day);
    print_line(fmt::format("  {}: {} recorded", name(line.party), line.recorded));
    if (line.recorded == 0) continue;
    for (const auto& [party, c] : line.others) {
      print_line(fmt::format("    of these {}: {} confirmed, {} not confirmed, {} not answered; {} stated by it too",
                             name(party), c.confirmed, c.not_confirmed, line.recorded - c.answered, c.recorded));
    }
  }
}

Result<int> run(const Context& context, const Options& o) {
  TRUCE_TRY(const auto span, o.days.span());
  node::Node::PictureFacts facts;
  TRUCE_TRY(const auto node, context.open_picture(&facts));
  TRUCE_TRY(const auto told, picture::told(node->picture(), span ? span->first.to_string() : std::string(),
                                           span ? span->last.to_string() : std::string()));
  const auto lines = monitor::bulletin(node->mechanism(), told);
  if (o.json) {
    Json list = Json::array();
    for (const auto& line : lines) list.push_back(monitor::to_json(line));
    print_json(list);
    return kOk;
  }
  if (node->mechanism().exercise) print_line("EXERCISE");
  print_lines(node->mechanism(), lines);
  print_line(fmt::format("{} incident(s) by the positions as of {}", told.size(), to_string(facts.as_of)));
  return kOk;
}

}  // namespace

void add_bulletin(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c =
      app.add_subcommand("bulletin", "counts as joint bulletins give them: recorded by one, confirmed by another");
  o->days.add_to(*c);
  c->add_flag("--json", o->json, "print for programs");
  c->footer(
      "An incident is recorded by each party whose own log tells of it; what is only relayed counts for nobody.\n"
      "Example: truce bulletin --day 2026-11-20");
  c->callback([o, &context] { context.run = guarded([o, &context] { return run(context, *o); }); });
}

}  // namespace truce::cmd
