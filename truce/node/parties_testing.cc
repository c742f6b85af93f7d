// SPDX-License-Identifier: Apache-2.0

#include "truce/node/parties_testing.h"

#include <algorithm>

#include "truce/monitor/report.h"

namespace truce::node {

Json invented_report(int number, Instant at) {
  monitor::Report r;
  r.from = at;
  r.to = Instant{at.ms + 60'000};
  r.place.at = geo::LatLng::from_e7(359'000'000 + number % 1000 * 1000, 366'000'000 + number % 777 * 1000);
  r.place.radius_m = 500;
  r.kind = monitor::Kind::kShelling;
  r.means = monitor::Means::kHeard;
  return r.to_body();
}

TestParties::TestParties(TestPartiesOptions options) : options_(std::move(options)), random_(options_.seed) {
  std::ranges::sort(options_.ids);
}

Status TestParties::found() {
  mechanism::Mechanism m;
  m.name = "invented line";
  for (const std::string& id : options_.ids) {
    const mechanism::Role role = id.starts_with("watch")    ? mechanism::Role::kObserver
                                 : id.starts_with("relief") ? mechanism::Role::kHumanitarian
                                                            : mechanism::Role::kGuarantor;
    TRUCE_TRY(const KeygenResult made, keygen(world(), {folder(id), id, "Party " + id, role, {}}));
    m.parties.push_back(made.card.party);
  }
  TRUCE_TRY(founding_, m.to_bytes());
  for (const std::string& id : options_.ids) TRUCE_CHECK(accept(world(), folder(id), founding_).map([](bool) {}));
  return {};
}

std::unique_ptr<Node> TestParties::open(const std::string& id) {
  auto node = Node::open(world(), folder(id));
  return node ? std::move(node).value() : nullptr;
}

Result<StatementId> TestParties::state(const std::string& id, Draft draft) {
  TRUCE_TRY(const auto node, Node::open(world(), folder(id)));
  TRUCE_TRY(const auto writer, node->writer());
  TRUCE_TRY(const StatementRef ref, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  return ref.id;
}

Result<StatementId> TestParties::report(const std::string& id, int number) {
  return state(id, {"report", invented_report(number, clock_.now()), {}, {}, {}});
}

Result<ReceiveReport> TestParties::pull(const std::string& to, const std::string& from, const ReceiveOptions& options) {
  TRUCE_TRY(const auto node, Node::open(world(), folder(to)));
  FolderPeer peer(files_, folder(from));
  return receive(*node, peer, options);
}

Status TestParties::settle(int rounds) {
  for (int i = 0; i < rounds; ++i) {
    bool quiet = true;
    for (const std::string& to : options_.ids) {
      for (const std::string& from : options_.ids) {
        if (to == from) continue;
        TRUCE_TRY(const ReceiveReport report, pull(to, from));
        quiet = quiet && !report.any_new() && report.stated.empty();
      }
    }
    if (quiet) return {};
  }
  return fail(ErrorCode::kLimit, "still something new after " + std::to_string(rounds) + " rounds");
}

}  // namespace truce::node
