// SPDX-License-Identifier: Apache-2.0
//
// truce digest state, check: this party's digest of the picture at the settled cut, and a comparison with the others'.

#include <algorithm>

#include "truce/base/counted.h"
#include "truce/cmd/truce/command.h"
#include "truce/node/digests.h"

namespace truce::cmd {
namespace {

using Outcome = node::ComparedDigest::Outcome;

Result<int> state(const Context& context, bool again, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const bool is_due, node::is_digest_due(*node));
  if (!is_due && !again && !node->is_locked()) {
    if (const auto last = node::last_digest(*node, node->me())) {
      return fail(ErrorCode::kRefused, "no digest is due: this party stated " + last->to_string() +
                                           " today, or nothing more is settled since; --again states one all the same");
    }
  }
  TRUCE_TRY(const node::StatedDigest stated, node::state_digest(*node, progress_bar()));
  if (json) {
    print_json(Json::object({{"statement", stated.id.to_string()}, {"picture", stated.picture.hex()}}));
  } else {
    print_line("stated " + stated.id.to_string() + ": " + stated.picture.hex() + " of " +
               counted(stated.statements, "settled statement"));
  }
  return kOk;
}

// First line: what came out; the others: where they differ.
std::vector<std::string> lines_of(const node::ComparedDigest& c) {
  switch (c.outcome) {
    case Outcome::kSame: return {"is the same here: " + c.ours.hex()};
    case Outcome::kOtherRules: return {"is of " + c.why + ", not compared"};
    case Outcome::kNotHere: return {"cannot be computed here: " + c.why};
    case Outcome::kMalformed: return {"is not of its form: " + c.why};
    case Outcome::kDiffers: break;
  }
  std::vector<std::string> out = {"DIFFERS: " + c.theirs.hex() + ", computed here " + c.ours.hex()};
  for (const std::string& where : c.where) out.push_back("    " + where);
  if (c.where.empty()) out.emplace_back("    (its list is not here: where they differ cannot be said)");
  return out;
}

Result<int> check(const Context& context, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const auto compared, node::compare_digests(*node, progress_bar()));
  Json list = Json::array();
  for (const node::ComparedDigest& c : compared) {
    const std::vector<std::string> lines = lines_of(c);
    if (json) {
      std::string words = lines.front();
      for (std::size_t i = 1; i < lines.size(); ++i) words += '\n' + lines[i];
      list.push_back(Json::object({{"party", c.party}, {"statement", c.id.to_string()}, {"words", std::move(words)}}));
    } else {
      print_line(c.party + "'s digest " + c.id.to_string() + ' ' + lines.front());
      for (std::size_t i = 1; i < lines.size(); ++i) print_line(lines[i]);
    }
  }
  if (json) print_json(list);
  if (!json && compared.empty()) print_line("nobody has stated a digest yet");
  return std::ranges::any_of(compared, [](const auto& c) { return c.outcome == Outcome::kDiffers; }) ? kProblem : kOk;
}

}  // namespace

void add_digest(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("digest", "digests of the picture at settled cuts, stated and compared");
  group->require_subcommand(1);
  for (const bool states : {true, false}) {
    auto again = std::make_shared<bool>(false);
    auto json = std::make_shared<bool>(false);
    CLI::App* c = states ? group->add_subcommand("state", "state this node's digest at its settled cut; once a day")
                         : group->add_subcommand("check", "compute each party's last digest again, and compare");
    if (states) c->add_flag("--again", *again, "although none is due");
    c->add_flag("--json", *json, "print for programs");
    c->footer(states ? "Example: truce digest state" : "Example: truce digest check");
    c->callback([=, &context] {
      context.run = guarded([=, &context] { return states ? state(context, *again, *json) : check(context, *json); });
    });
  }
}

}  // namespace truce::cmd
