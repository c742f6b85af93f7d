// SPDX-License-Identifier: Apache-2.0
//
// truce digest state, check: this party's digest of the picture at the settled cut, and a comparison with the others'.

#include "truce/cmd/truce/brief_command.h"
#include "truce/cmd/truce/command.h"
#include "truce/picture/digest_statement.h"
#include "truce/record/statements.h"

namespace truce::cmd {
namespace {

// Every log up to its settled size.
Result<picture::Cut> settled_cut(const node::Node& node) {
  picture::Cut cut;
  cut.mechanism = node.mechanism_id();
  cut.rules_version = node.mechanism().rules_version;
  for (const auto& [log, head] : node.roster().heads()) {
    TRUCE_TRY(const std::uint64_t size, node.roster().settled(log));
    if (size == 0) continue;
    TRUCE_TRY(auto reader, node.reader(log));
    TRUCE_TRY(const Hash root, reader.root_at(size));
    cut.logs.push_back({log, size, root});
  }
  return cut;
}

Result<int> state(const Context& context, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  picture::DigestStatement body;
  TRUCE_TRY(body.cut, settled_cut(*node));
  if (body.cut.logs.empty()) return fail(ErrorCode::kNotComputable, "nothing is settled yet");
  picture::MemoryTables tables;
  TRUCE_TRY(const picture::Folded folded, fold_cut(*node, body.cut, {}, tables));
  body.as_of = folded.as_of;
  body.picture = folded.digest;
  TRUCE_TRY(const auto writer, node->main_writer());
  TRUCE_TRY(body.list, writer->put_blob(picture::digest_list(folded.digests)));
  node::Draft draft{record::kDigestType, body.to_body(), {}, {}, {}};
  draft.optional_blobs = {body.list};
  TRUCE_TRY(const StatementRef ref, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  if (json) {
    print_json(Json::object({{"statement", ref.id.to_string()}, {"picture", folded.digest.hex()}}));
  } else {
    print_line("stated " + ref.id.to_string() + ": " + folded.digest.hex() + " of " +
               std::to_string(body.cut.statements()) + " settled statements");
  }
  return kOk;
}

Result<int> check(const Context& context, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  std::map<std::string, StatementId> last;  // of each party; statements of one party ascend
  for (const StatementId& id : node->roster().of_type(record::kDigestType)) {
    if (id.log == node->roster().main_log(id.log.party)) last[id.log.party] = id;
  }
  bool problem = false;
  Json list = Json::array();
  for (const auto& [party, id] : last) {
    TRUCE_TRY(const record::Envelope e, node->envelope(id));
    const auto body = picture::DigestStatement::from_body(e.body);
    std::string words;
    if (!body) {
      words = "is not of its form: " + body.error().to_string();
    } else if (body->cut.rules_version != node->mechanism().rules_version) {
      words = "is of rules version " + std::to_string(body->cut.rules_version) + ", not compared";
    } else if (const auto here = check_cut_is_here(*node, body->cut); !here) {
      words = "cannot be computed here: " + here.error().message;
    } else {
      picture::MemoryTables tables;
      TRUCE_TRY(const picture::Folded folded, fold_cut(*node, body->cut, body->as_of, tables));
      if (folded.digest == body->picture) {
        words = "is the same here: " + folded.digest.hex();
      } else {
        problem = true;
        words = "DIFFERS: " + body->picture.hex() + ", computed here " + folded.digest.hex();
        const auto bytes = node->blob(body->list);
        const auto theirs =
            bytes ? picture::parse_digest_list(*bytes) : Result<std::vector<picture::DayDigest>>(fail(bytes.error()));
        if (theirs) {
          for (const std::string& where : picture::differing(folded.digests, *theirs)) words += "\n    " + where;
        } else {
          words += "\n    (its list is not here: where they differ cannot be said)";
        }
      }
    }
    if (json) {
      list.push_back(Json::object({{"party", party}, {"statement", id.to_string()}, {"words", words}}));
    } else {
      print_line(party + "'s digest " + id.to_string() + ' ' + words);
    }
  }
  if (json) print_json(list);
  if (!json && last.empty()) print_line("nobody has stated a digest yet");
  return problem ? kProblem : kOk;
}

}  // namespace

void add_digest(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("digest", "digests of the picture at settled cuts, stated and compared");
  group->require_subcommand(1);
  for (const bool states : {true, false}) {
    auto json = std::make_shared<bool>(false);
    CLI::App* c = states ? group->add_subcommand("state", "state this node's digest at its settled cut; once a day")
                         : group->add_subcommand("check", "compute each party's last digest again, and compare");
    c->add_flag("--json", *json, "print for programs");
    c->callback([=, &context] {
      context.run = guarded([=, &context] { return states ? state(context, *json) : check(context, *json); });
    });
  }
}

}  // namespace truce::cmd
