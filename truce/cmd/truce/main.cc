// SPDX-License-Identifier: Apache-2.0
//
// truce: the command line. `truce -C NODE COMMAND`; see truce --help.

#include "truce/cmd/truce/command.h"

namespace {

constexpr char kFooter[] =
    "Begin with:  truce init ~/un --mechanism \"Line of contact\" --party un=\"United Observers\":observer --me un\n"
    "Exit status: 0 done, 1 a problem was found, 2 wrong use.";

}  // namespace

int main(int argc, char** argv) {
  using namespace truce::cmd;
  CLI::App app{"truce: the shared record of a ceasefire, as every party runs it for itself", "truce"};
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", "truce 0.1.0, rules version " + std::to_string(truce::mechanism::kRulesVersion));
  Context context;
  app.add_option("-C", context.node_folder,
                 "folder of the node (default: the nearest parent folder with mechanism.json)")
      ->type_name("NODE");
  add_init(app, context);
  add_keygen(app, context);
  add_mechanism(app, context);
  add_desk(app, context);
  add_status(app, context);
  add_actor(app, context);
  add_place(app, context);
  add_zone(app, context);
  add_report(app, context);
  add_correct(app, context);
  add_withdraw(app, context);
  add_import(app, context);
  add_incidents(app, context);
  add_explain(app, context);
  add_position(app, context);
  add_findings(app, context);
  add_questions(app, context);
  add_bulletin(app, context);
  add_voices(app, context);
  add_calibrate(app, context);
  add_join(app, context);
  add_split(app, context);
  add_brief(app, context);
  add_verify_brief(app, context);
  add_exercise(app, context);
  add_picture(app, context);
  add_sync(app, context);
  add_bundle(app, context);
  add_recover(app, context);
  add_share(app, context);
  add_evidence(app, context);
  add_digest(app, context);
  add_fsck(app, context);
  add_lock(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& e) {
    // Said of a word that is no command too; then the word is what matters.
    const std::vector<std::string> left = app.remaining(true);
    if (app.get_subcommands().empty() && !left.empty() && left[0][0] != '-') {
      return report_error({truce::ErrorCode::kInvalidArgument, "no such command; truce --help lists them", left[0]});
    }
    return app.exit(e) == 0 ? kOk : kWrongUse;
  } catch (const CLI::ParseError& e) {
    // --help and --version end well; everything else is wrong use.
    return app.exit(e) == 0 ? kOk : kWrongUse;
  }
  const int status = context.run ? context.run() : kWrongUse;
  return std::fflush(stdout) == 0 ? status : kProblem;
}
