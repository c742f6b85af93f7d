// SPDX-License-Identifier: Apache-2.0
//
// truce report: one report from flags, or question by question with -i. What was understood is shown back in other
// forms before it is saved; nothing is written until then.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/report_form.h"

namespace truce::cmd {
namespace {

struct Options {
  ReportInput input;
  bool interactive = false, yes = false, json = false;
};

// y or n; nullopt at the end of input.
std::optional<bool> confirmed(const Ask& ask) {
  while (true) {
    const auto answer = ask("Save this report? y/n: ");
    if (!answer) return std::nullopt;
    if (*answer == "y" || *answer == "Y" || *answer == "yes") return true;
    if (*answer == "n" || *answer == "N" || *answer == "no") return false;
  }
}

// As imports warn: the place is outside of every zone, and in or near one with latitude and longitude exchanged.
std::string swapped_note(const monitor::Report& report, const PlaceForms& forms, const monitor::ZoneBook& book) {
  if (report.place.form != monitor::Place::Form::kPoint || !forms.zones.empty()) return {};
  monitor::Place place = report.place;
  const auto exchanged = geo::LatLng::checked(place.at.lng_e7, place.at.lat_e7);
  if (!exchanged) return {};
  place.at = exchanged.value();
  const auto uncertain = book.place_of(place);
  if (!uncertain) return {};
  std::vector<monitor::ZoneBook::Answer> answers;
  book.ask(uncertain.value(), report.from, answers);
  if (answers.empty()) return {};
  return "latitude and longitude look swapped: no zone is here, exchanged the place is in or near " +
         book.maps()[answers[0].map].zone.id;
}

Result<int> run(const Context& context, const Options& o) {
  TRUCE_TRY(const auto node, context.open_picture());
  // Found out before anybody has answered twenty questions.
  if (node->is_locked()) return fail(ErrorCode::kLocked, "this node is locked and cannot append; truce unlock first");
  TRUCE_TRY(const monitor::ZoneBook book, node->zone_book());
  TRUCE_TRY(const monitor::PlaceFinder finder, node->place_finder());
  ReportDesk desk;
  desk.mechanism = &node->mechanism();
  desk.me = node->me();
  desk.now = node->world().clock->now();
  desk.place.finder = &finder;
  desk.place.book = &book;
  if (o.interactive || ::isatty(STDIN_FILENO) != 0) desk.place.ask = ask_standard_input();
  TRUCE_TRY(const auto actors, picture::read_rows<picture::ActorRow>(node->picture()));
  for (const auto& a : actors) {
    if (desk.actors.empty() || desk.actors.back() != a.actor) desk.actors.push_back(a.actor);
  }
  ReportInput input = o.input;
  if (o.interactive) {
    TRUCE_TRY(const bool answered, ask_report(input, desk));
    if (!answered) {
      std::fputs("\n", stderr);
      note("nothing was saved");
      return kProblem;
    }
  }
  TRUCE_TRY(FilledReport filled, fill_report(input, desk));
  auto forms = forms_of(filled.report.place, filled.report.from, *node, book);
  if (!forms) return fail(ErrorCode::kInvalidArgument, forms.error().message, forms.error().where);
  if (std::string swapped = swapped_note(filled.report, *forms, book); !swapped.empty())
    filled.notes.push_back(std::move(swapped));

  for (const std::string& line : report_lines(filled, node->mechanism())) note(line);
  for (const std::string& line : forms->lines()) note(line);
  for (const std::string& line : filled.notes) note("note:     " + line);
  if (!o.yes) {
    if (!desk.place.ask) {
      note("nothing was saved: nobody can be asked here; if this is right, say it again with --yes");
      return kWrongUse;
    }
    const auto answer = confirmed(desk.place.ask);
    if (!answer.value_or(false)) {
      if (!answer) std::fputs("\n", stderr);
      note("nothing was saved");
      return kProblem;
    }
  }

  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const StatementRef made,
            writer->add({monitor::kTypeReport, filled.report.to_body(), {}, filled.sealed, {}}));
  TRUCE_CHECK(writer->commit());
  if (o.json) {
    Json notes = Json::array();
    for (const std::string& line : filled.notes) notes.push_back(line);
    print_json(Json::object({{"statement", made.id.to_string()},
                             {"report", filled.report.to_body()},
                             {"place", forms->to_json()},
                             {"notes", std::move(notes)}}));
  } else {
    print_line(made.id.to_string());
  }
  return kOk;
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  ReportInput& in = o->input;
  CLI::App* c = app.add_subcommand("report", "state one report, from flags or by questions (-i)");
  c->add_flag("-i,--ask", o->interactive,
              "ask for everything that is not given, question by question; Ctrl-D leaves without a trace");
  c->add_option("--kind", in.kind, "what happened, such as shelling (the list stands below)")->group("What");
  c->add_option("--subkind", in.subkind, "more exactly, such as burst (of small-arms: shot, burst)")->group("What");
  c->add_option("--text", in.text, "words that everybody may read; needed with --kind other")->group("What");
  c->add_option("--at", in.at, "when it happened or began, with offset: 2018-09-18T09:58:42+03:00, ...Z, or now")
      ->type_name("TIME")
      ->group("When");
  c->add_option("--to", in.to, "when it ended, if it lasted: 2018-09-18T10:20:00+03:00")
      ->type_name("TIME")
      ->group("When");
  c->add_option("--precision", in.precision, "how exact the times are, seconds: 60 (default 300)")
      ->type_name("SECONDS")
      ->group("When");
  c->add_option(
       "--place", in.place.place,
       "\"35.93 36.63\", \"37S BV 12345 67890\", \"2.5 km NW of Sarmin\", \"bearing 230 3 km from op-3\", or a name")
      ->type_name("TEXT")
      ->group("Where");
  c->add_option("--radius", in.place.radius,
                "how far from --place it may be, metres: 500 (default: of the name or grid square, at least 100)")
      ->type_name("M")
      ->group("Where");
  c->add_option("--observer", in.place.observer,
                "where it was seen or heard from, \"35.9, 36.6\" or a name; sealed, with bearing and distance")
      ->type_name("TEXT")
      ->group("Where");
  c->add_option("--observer-radius", in.place.observer_radius, "how exact the observer's own place is, metres: 50")
      ->type_name("M")
      ->group("Where");
  c->add_option("--post", in.place.post, "declared observation post that it was seen or heard from: op-3; plain")
      ->type_name("ID")
      ->group("Where");
  c->add_option("--bearing", in.place.bearing, "direction from observer or post, degrees from true north: 230")
      ->type_name("DEG")
      ->group("Where");
  c->add_option("--bearing-error", in.place.bearing_error,
                "one standard error of it, degrees: 3 (default: the rules' 5)")
      ->type_name("DEG")
      ->group("Where");
  c->add_option("--distance", in.place.distance, "distance from observer or post, metres: 3000")
      ->type_name("M")
      ->group("Where");
  c->add_option("--distance-error", in.place.distance_error,
                "one standard error of it, metres: 400 (default: the rules' fifth)")
      ->type_name("M")
      ->group("Where");
  c->add_option("--zone", in.place.zone, "somewhere in this zone, nothing closer is known: idlib")
      ->type_name("ID")
      ->group("Where");
  c->add_option("--means", in.means, "how it is known: heard, seen, camera, uav, sensor or told")->group("What");
  c->add_option("--assessment", in.assessment,
                "violation-alleged, controlled-detonation, live-fire-exercise, celebration or cannot-assess")
      ->group("What");
  c->add_option("--direction", in.direction, "direction of fire or movement, degrees from true north: 90")
      ->type_name("DEG")
      ->group("What");
  c->add_option("--count", in.count, "how many: 3, 2-5, or low,best,high as 2,3,5")
      ->type_name("N|LOW-HIGH")
      ->group("What");
  c->add_option("--weapon", in.weapon, "class of weapon, with its calibre in millimetres if known: mortar:82")
      ->type_name("CLASS[:MM]")
      ->group("What");
  c->add_option("--detail", in.details, "what else this kind knows (listed below): form=denied; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->group("What");
  c->add_option("--killed", in.killed, "persons killed: 2, or 1-3")->type_name("N|LOW-HIGH")->group("Harm");
  c->add_option(
       "--killed-of", in.killed_of,
       "of those, women, men, children, person-unknown, civilian, military, status-unknown: women=1; may be repeated")
      ->type_name("PART=N")
      ->allow_extra_args(false)
      ->group("Harm");
  c->add_option("--injured", in.injured, "persons injured: 4, or 3-6")->type_name("N|LOW-HIGH")->group("Harm");
  c->add_option("--injured-of", in.injured_of, "of those: children=2; may be repeated")
      ->type_name("PART=N")
      ->allow_extra_args(false)
      ->group("Harm");
  c->add_option("--actor", in.actor, "who did it: an actor's id, unknown, or A,B where it is disputed")
      ->type_name("ID")
      ->group("Who");
  c->add_option("--said-by", in.said_by, "party whose report it is said to be, if not ours: turkey")
      ->type_name("PARTY")
      ->group("Who");
  c->add_option("--reporter", in.reporter, "pseudonym or post of who reports, plain: un-7")
      ->type_name("PSEUDONYM")
      ->group("Who");
  c->add_option("--note", in.note, "words for the sealed part: only this party reads them")
      ->type_name("TEXT")
      ->group("Sealed");
  c->add_option("--grade", in.grade, "grade of the source, A1 to F6, sealed: B2")->type_name("GRADE")->group("Sealed");
  c->add_flag("-y,--yes", o->yes, "save without asking");
  c->add_flag("--json", o->json, "print for programs");
  c->footer(kinds_help() + "\n" + details_help() +
            "\nExample: truce report --at 2018-09-18T09:58:00+03:00 --place \"2.5 km NW of Sarmin\" --kind shelling "
            "--count 3 --means heard --weapon mortar:82");
  c->callback([o, &context] { context.run = guarded([o, &context] { return run(context, *o); }); });
}

}  // namespace truce::cmd
