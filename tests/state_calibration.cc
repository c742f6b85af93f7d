// SPDX-License-Identifier: Apache-2.0
//
// For tests of the program only: states a calibration whose tables nobody learnt, as a party could that wants its own
// picture or whose program is wrong. Prints the statement's name.
//
//     state_calibration NODE neutral|apart|together|broken FROM TO

#include <cstdio>
#include <string>

#include "truce/monitor/calibration_statement.h"
#include "truce/node/node.h"

namespace truce {
namespace {

Result<std::string> tables(const std::string& what) {
  monitor::FusionModel m = monitor::FusionModel::neutral();
  if (what == "broken") return std::string("no tables");
  if (what == "apart") {
    // Whatever differs at all cannot be the same.
    m.time_scale = {1e-6, 1e-6};
    m.radius_scale = 1e-6;
  } else if (what == "together") {
    // Times and places say nothing.
    m.time_scale = {10, 10};
    m.radius_scale = 10;
  } else if (what != "neutral") {
    return fail(ErrorCode::kInvalidArgument, "knows neutral, apart, together and broken", what);
  }
  return monitor::model_to_blob(m);
}

Result<std::string> state(int argc, char** argv) {
  if (argc != 5) return fail(ErrorCode::kInvalidArgument, "needs a node, what tables, the first day and the last");
  TRUCE_TRY(const auto node, node::Node::open(node::system_world(), argv[1]));
  TRUCE_TRY(const auto facts, node->update_picture());
  TRUCE_TRY(const Date from, Date::parse(argv[3]));
  TRUCE_TRY(const Date to, Date::parse(argv[4]));
  TRUCE_TRY(const std::string blob, tables(argv[2]));
  TRUCE_TRY(const auto writer, node->writer());
  TRUCE_TRY(const Hash model, writer->put_blob(blob));
  const monitor::CalibrationStatement body{from, to, facts.cut.to_json(), model, 1'000, 500};
  node::Draft draft{monitor::kTypeCalibration, body.to_body(), {}, {}, {model}};
  TRUCE_TRY(const auto rows, picture::read_rows<picture::CalibrationRow>(node->picture()));
  const picture::CalibrationRow* last = nullptr;
  for (const auto& row : rows) {
    if (row.state == "in-force" && (last == nullptr || row.number > last->number)) last = &row;
  }
  if (last != nullptr) {
    TRUCE_TRY(const StatementId id, StatementId::parse(last->statement));
    TRUCE_TRY(const StatementRef ref, node->reference(id));
    draft.references.push_back({std::string(monitor::kFollows), ref});
  }
  TRUCE_TRY(const StatementRef made, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  return made.id.to_string();
}

}  // namespace
}  // namespace truce

int main(int argc, char** argv) {
  const auto made = truce::state(argc, argv);
  if (!made) {
    std::fprintf(stderr, "state_calibration: %s\n", made.error().to_string().c_str());
    return 1;
  }
  std::printf("%s\n", made->c_str());
  return 0;
}
