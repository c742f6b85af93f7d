// SPDX-License-Identifier: Apache-2.0
//
// What every subcommand shares: the node, exit statuses, output for people and programs. One file a subcommand; each
// offers one add_...() that main.cc calls.
//
// Exit status: 0 done, 1 a problem was found (bad data, damage, no node, locked, ...), 2 wrong use of the command line.
// Data goes to standard output, everything else to standard error.

#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "truce/node/exchange.h"
#include "truce/node/founding.h"
#include "truce/node/node.h"
#include "truce/record/statements.h"

namespace truce::cmd {

// Set by a subcommand's callback; run by main() after parsing, so that parsing never works half of a command.
struct Context {
  std::string node_folder;  // -C; empty: nearest parent folder
  std::function<int()> run;

  [[nodiscard]] Result<std::unique_ptr<node::Node>> open_node() const;
  // Opens the node and brings its picture up to date, with a progress bar.
  [[nodiscard]] Result<std::unique_ptr<node::Node>> open_picture(
      node::Node::PictureFacts* facts = nullptr,
      const node::Node::PictureOptions& options = node::Node::PictureOptions()) const;
};

inline constexpr int kOk = 0;
inline constexpr int kProblem = 1;
inline constexpr int kWrongUse = 2;

// Prints "truce: where: message" on standard error; 2 for kInvalidArgument, else 1.
[[nodiscard]] int report_error(const Error& error);

// A command's body as a function that gives a Result: its error is printed and turned into an exit status.
[[nodiscard]] std::function<int()> guarded(std::function<Result<int>()> body);

// What a terminal would obey instead of showing it (control characters, marks of direction, breaks of lines) as \xNN or
// \uNNNN: texts are other people's.
[[nodiscard]] std::string printable(std::string_view text);

void print(std::string_view text);       // standard output, for programs: as it is, but printable on a terminal
void print_line(std::string_view text);  // one line, printable
void note(std::string_view text);        // standard error, for people; one line, printable
void print_json(const Json& json);       // pretty, with a line break

// States this party's consent or objection to a statement, and tells whose objection came too late, under a rule of
// silence, that it refuses nothing any more.
[[nodiscard]] Result<StatementId> state_voice(node::Node& node, const StatementId& on,
                                              const record::VoiceStatement& body, bool consents);

// A table in columns for a terminal: widths by displayed characters, header underlined by spaces only.
void print_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

// A progress bar on standard error, if that is a terminal and the work takes more than a second.
[[nodiscard]] node::Progress progress_bar();

// Reads a file named on the command line ("-": standard input), at most `limit_bytes`.
[[nodiscard]] Result<std::string> read_argument_file(const std::string& path,
                                                     std::uint64_t limit_bytes = std::uint64_t{1} << 31);

// A public card, of a party's main log or of a desk. Fails with kInvalidArgument where the file is none.
enum class CardOf { kParty, kDesk };
[[nodiscard]] Result<node::Card> read_card(const std::string& path, CardOf of);

// Ids given on the command line. Fails with kInvalidArgument on one that is no party, or this party.
[[nodiscard]] Result<std::set<std::string>> other_parties(const node::Node& node, const std::vector<std::string>& ids);

// Says what a writer's log repair had to do, if anything.
void tell_repair(const record::Log::Repair& repair);

// "35.93 36.63", E7 as decimal degrees.
[[nodiscard]] std::string degrees_text(std::int64_t lat_e7, std::int64_t lng_e7);

// "[low, best, high]" or one number out of "3" or "2-5" or "2,3,5" as people type it.
[[nodiscard]] Result<monitor::Range> parse_range(const std::string& text);
// The name of a statement, as in east/main/17.
[[nodiscard]] Result<StatementId> parse_statement_argument(const std::string& text);
// A bare date. An error names `option`.
[[nodiscard]] Result<Date> parse_date_argument(const std::string& text, std::string_view option);
// RFC 3339, or a bare date meaning its start at the mechanism's offset. An error names `option`.
[[nodiscard]] Result<Instant> parse_time_argument(const std::string& text, const mechanism::Mechanism& mechanism,
                                                  std::string_view option);

// Of `truce lock` and keys under a passphrase: from the file, or asked on the terminal without echo. Trailing line ends
// are not part of it.
[[nodiscard]] Result<record::Secret> ask_passphrase(const std::string& file, bool twice);
// "HH:MM" as minutes after midnight.
[[nodiscard]] Result<int> parse_cutoff(const std::string& text);

// Of --attachments: none, small or all.
[[nodiscard]] Result<node::Attachments> parse_attachments(const std::string& text);

// Tells, for people, of receipts that show that this folder may be an old one.
void note_receipts_beyond(const node::Node& node);

// What an exchange brought, for programs and for people.
[[nodiscard]] Json receive_json(const node::ReceiveReport& report);
void print_received(const node::ReceiveReport& report);

void add_actor(CLI::App& app, Context& context);
void add_brief(CLI::App& app, Context& context);
void add_bulletin(CLI::App& app, Context& context);
void add_bundle(CLI::App& app, Context& context);
void add_calibrate(CLI::App& app, Context& context);
void add_correct(CLI::App& app, Context& context);
void add_desk(CLI::App& app, Context& context);
void add_digest(CLI::App& app, Context& context);
void add_evidence(CLI::App& app, Context& context);
void add_exercise(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_findings(CLI::App& app, Context& context);
void add_questions(CLI::App& app, Context& context);
void add_fsck(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);
void add_incidents(CLI::App& app, Context& context);
void add_init(CLI::App& app, Context& context);
void add_join(CLI::App& app, Context& context);
void add_keygen(CLI::App& app, Context& context);
void add_lock(CLI::App& app, Context& context);
void add_mechanism(CLI::App& app, Context& context);
void add_picture(CLI::App& app, Context& context);
void add_place(CLI::App& app, Context& context);
void add_position(CLI::App& app, Context& context);
void add_recover(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_share(CLI::App& app, Context& context);
void add_split(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_sync(CLI::App& app, Context& context);
void add_verify_brief(CLI::App& app, Context& context);
void add_voices(CLI::App& app, Context& context);
void add_withdraw(CLI::App& app, Context& context);
void add_zone(CLI::App& app, Context& context);

}  // namespace truce::cmd
