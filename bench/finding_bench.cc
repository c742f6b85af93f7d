// SPDX-License-Identifier: Apache-2.0
//
// How long it takes from a position, as a command, until the joint finding that it makes is there on all three nodes:
// three real `truce serve` that hold long polls on each other's heads, and real commands on their folders. In each turn
// an incident is confirmed by one party; the clock runs from the start of the second party's `truce position` until
// `truce findings` has said that it looks agreed at every node. Prints: name value unit peer peer_value ratio. Usage:
// finding_bench [TURNS]   (default 30; files under TMPDIR or /tmp)

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "bench/parties.h"
#include "truce/base/json.h"

namespace truce::bench {
namespace {

constexpr double kMsWanted = 1'000;
constexpr double kPatienceS = 60;

class Line {
 public:
  Line() : parties_({"east", "north", "south"}), truce_(program("truce")) {
    // Turns lie a day and 10 km apart, so that every report is an incident of its own.
    parties_.settle();
    const auto ports = free_ports(3);
    for (std::size_t i = 0; i < 3; ++i) {
      std::vector<std::string> words = {truce_,  "-C",       parties_.folder(parties_.ids()[i]),
                                        "serve", "--listen", "127.0.0.1:" + std::to_string(ports[i])};
      for (std::size_t k = 0; k < 3; ++k) {
        if (k != i) words.insert(words.end(), {"--peer", url_of(ports[k])});
      }
      servers_.emplace_back(words);
    }
    for (const std::uint16_t port : ports) wait_for_port(port);
  }

  // Milliseconds of one turn: of the command alone, and until every node has it.
  struct Turn {
    double command_ms = 0, everywhere_ms = 0;
  };
  Turn turn(int number) {
    const std::string day = fmt::format("2026-{:02}-{:02}", 1 + number / 28 % 12, 1 + number % 28);
    run_well({truce_, "-C", parties_.folder("east"), "report", "--at", day + "T10:00:00Z", "--place",
              fmt::format("35.{:02} 36.60", 10 + number % 80), "--radius", "500", "--kind", "shelling", "--means",
              "heard", "--count", "3", "--yes"});
    for (const std::string& id : parties_.ids()) until(id, day, What::kIncident);
    const std::string incident = name_of("south", day);
    run_well(words("east", incident));
    for (const std::string& id : parties_.ids()) until(id, day, What::kPosition);
    const double begin = seconds_now();
    run_well(words("north", incident));
    Turn out;
    out.command_ms = (seconds_now() - begin) * 1000;
    for (const std::string& id : parties_.ids()) until(id, day, What::kFinding);
    out.everywhere_ms = (seconds_now() - begin) * 1000;
    return out;
  }

 private:
  [[nodiscard]] std::vector<std::string> words(const std::string& party, const std::string& incident) const {
    return {truce_, "-C", parties_.folder(party), "position", incident, "confirm", "--reason", "heard by two posts"};
  }
  [[nodiscard]] std::string findings(const std::string& party, const std::string& day) const {
    return run_well({truce_, "-C", parties_.folder(party), "findings", "--day", day, "--json"}).out;
  }
  [[nodiscard]] std::string incidents(const std::string& party, const std::string& day) const {
    return run_well({truce_, "-C", parties_.folder(party), "incidents", "--day", day, "--format", "csv"}).out;
  }
  // The name of the day's one incident.
  [[nodiscard]] std::string name_of(const std::string& party, const std::string& day) const {
    const std::string table = incidents(party, day);
    const std::size_t row = table.find('\n') + 1;
    const std::size_t end = table.find(',', row);
    if (row == 0 || end == std::string::npos) die("no incident on " + day);
    return table.substr(row, end - row);
  }
  // What a node may be waited for to have: the day's incident, east's position on it, the finding of two.
  enum class What { kIncident, kPosition, kFinding };
  [[nodiscard]] bool has(const std::string& party, const std::string& day, What what) const;
  void until(const std::string& party, const std::string& day, What what) const {
    for (const double end = seconds_now() + kPatienceS; seconds_now() < end;) {
      if (has(party, day, what)) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    die(fmt::format("{} waits in vain; it has {}", party, findings(party, day)));
  }

  Parties parties_;
  std::string truce_;
  std::vector<Running> servers_;
};

bool Line::has(const std::string& party, const std::string& day, What what) const {
  if (what == What::kIncident) return incidents(party, day).find("/main/") != std::string::npos;
  const std::string rows = findings(party, day);
  if (what == What::kPosition) return rows.find(R"("party": "east")") != std::string::npos;
  return rows.find(R"("looks_agreed": 1)") != std::string::npos;
}

}  // namespace
}  // namespace truce::bench

int main(int argc, char** argv) {
  using namespace truce::bench;
  const auto turns = static_cast<int>(std::max<std::int64_t>(1, argument(argc, argv, 1, 30)));
  Line nodes;
  std::vector<double> command_ms, everywhere_ms;
  for (int i = 0; i < turns; ++i) {
    const auto one = nodes.turn(i);
    command_ms.push_back(one.command_ms);
    everywhere_ms.push_back(one.everywhere_ms);
  }
  for (const auto& [name, part] : {std::pair("p50", 0.5), std::pair("p99", 0.99), std::pair("max", 1.0)})
    line(fmt::format("finding.on_three_nodes.{}", name), quantile(everywhere_ms, part), "ms", "wanted", kMsWanted);
  line("finding.position_command.p50", quantile(command_ms, 0.5), "ms");
  return 0;
}
