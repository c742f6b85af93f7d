// SPDX-License-Identifier: Apache-2.0
//
// How long `truce status` takes, the whole command, on a node that holds the logs of many parties and whose picture is
// current; then on one of 1,000 reports. Prints: name value unit peer peer_value ratio. Usage: status_bench [STATEMENTS
// [PARTIES]]   (default 1,000,000 of 12; files under TMPDIR or /tmp)

#include <fmt/format.h>

#include "bench/parties.h"
#include "truce/node/exchange.h"

namespace truce::bench {
namespace {

constexpr double kMsWanted = 200;
constexpr int kTurns = 21;

std::vector<std::string> names(std::int64_t parties) {
  std::vector<std::string> out;
  for (std::int64_t i = 1; i < parties; ++i) out.push_back(fmt::format("party-{:02}", i));
  out.emplace_back("watch");
  return out;
}

// The parties' days in turn.
void state(const Parties& parties, std::int64_t statements) {
  Reports reports;
  for (std::size_t n = 0; statements > 0; ++n) {
    const auto node = parties.open(parties.ids()[n % parties.ids().size()]);
    const std::int64_t stated = reports.state_day(*node, statements);
    if (stated == 0) die("the exercise is over");
    statements -= stated;
  }
}

void bench(std::int64_t statements, std::int64_t count) {
  const Parties parties(names(count));
  const std::string folder = parties.folder("watch");
  in_child([&] { state(parties, statements); });
  in_child([&] {
    const auto node = parties.open("watch");
    for (const std::string& id : parties.ids()) {
      if (id == "watch") continue;
      node::FolderPeer peer(system_files(), parties.folder(id));
      must(node::receive(*node, peer, {}));
    }
    if (must(node->cut()).statements() < static_cast<std::uint64_t>(statements)) die("not everything came");
  });
  const std::vector<std::string> words = {program("truce"), "-C", folder, "status"};
  const Ended first = run_well(words);
  line("status.picture_from_nothing", first.seconds * 1000, "ms");
  std::vector<double> ms;
  double memory_mib = 0;
  for (int i = 0; i < kTurns; ++i) {
    const Ended one = run_well(words);
    ms.push_back(one.seconds * 1000);
    memory_mib = std::max(memory_mib, one.memory_mib);
  }
  const std::string tag = fmt::format("status.{}-parties.{}", count, statements);
  line(tag, quantile(ms, 0.5), "ms", "wanted", kMsWanted);
  line(tag + ".max", quantile(ms, 1), "ms", "wanted", kMsWanted);
  line(tag + ".memory", memory_mib, "MiB");
}

}  // namespace
}  // namespace truce::bench

int main(int argc, char** argv) {
  using truce::bench::argument;
  const std::int64_t parties = argument(argc, argv, 2, 12);
  truce::bench::bench(argument(argc, argv, 1, 1'000'000), parties);
  // Of few reports it also says what a calibration would change.
  truce::bench::bench(1'000, parties);
  return 0;
}
