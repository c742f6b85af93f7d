// SPDX-License-Identifier: Apache-2.0
//
// The fusion alone, one thread: a dense week of 5,000 reports, learning from it, and a flood of 10^5 reports within an
// hour at one place. Prints: name value unit peer peer_value ratio. The peer of the week is a prototype of the same
// likelihood in Python, which took 10 to 20 s for it on a machine of this kind; the lower figure is printed.

#include <fmt/format.h>

#include <chrono>
#include <random>

#include "truce/exercise/fusion_block.h"

namespace {

using namespace truce;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void line(std::string_view name, double value, std::string_view unit, std::string_view peer, double peer_value) {
  fmt::print("{:<28} {:12.3f} {:<8} {:<22} {:12.1f} {:10.5f}\n", name, value, unit, peer, peer_value,
             value / peer_value);
}

void dense_week() {
  exercise::Options o;
  o.seed = 4;
  o.region = "levant";
  o.days = 7;
  o.incidents_per_day_milli = 320'000;
  o.parties = 4;
  o.posts = 12;
  o.patrols_per_day_milli = 0;
  auto made = exercise::make_in_memory(o);
  if (!made) std::exit(1);
  made->reports.resize(std::min<std::size_t>(made->reports.size(), 5'000));
  const exercise::FusionBlock block(*made);
  monitor::Learner learner(block.blocks, block.parties, block.reporters, 7);
  auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 4; ++round) learner.round();
  line("fusion.dense_week_learn", seconds_since(begin), "s", "-", 1);
  begin = std::chrono::steady_clock::now();
  const auto grouping =
      monitor::fuse(monitor::Scorer(block.reports(), learner.model(), block.parties, block.reporters));
  line("fusion.dense_week", seconds_since(begin), "s", "prototype in Python", 10);
  if (grouping.reports.size() != block.reports().size()) std::exit(1);
}

void flood() {
  std::mt19937_64 random(1);
  const auto pick = [&](std::int64_t n) { return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n)); };
  std::vector<std::string> parties, reporters{""};
  for (int p = 0; p < 5; ++p) {
    parties.push_back(fmt::format("p{}", p));
    for (int r = 0; r < 40; ++r) reporters.push_back(fmt::format("p{}/r{}", p, r));
  }
  std::vector<std::int64_t> times;
  for (int i = 0; i < 100'000; ++i) times.push_back(1'537'264'800'000 + pick(3'600) * 1'000);
  std::ranges::sort(times);
  std::vector<monitor::FusionReport> reports;
  for (const std::int64_t t : times) {
    monitor::FusionReport f;
    f.from_ms = f.to_ms = t;
    f.precision_s = 300;
    f.at = geo::LatLng::from_e7(static_cast<std::int32_t>(360'000'000 + pick(40'000)),
                                static_cast<std::int32_t>(365'000'000 + pick(40'000)));
    f.radius_m = 700;
    f.kind = monitor::Kind::kShelling;
    f.means = monitor::Means::kSeen;
    f.count = static_cast<std::int32_t>(1 + pick(20));
    f.killed = f.injured = 0;
    f.party = static_cast<std::uint32_t>(pick(5));
    f.reporter = static_cast<std::uint32_t>(1 + f.party * 40 + pick(40));
    reports.push_back(f);
  }
  const monitor::FusionModel model = monitor::FusionModel::neutral();
  const auto begin = std::chrono::steady_clock::now();
  const auto grouping = monitor::fuse(monitor::Scorer(reports, model, parties, reporters));
  line("fusion.flood_100000", seconds_since(begin), "s", "wanted, at most", 30);
  if (grouping.reports.size() != reports.size()) std::exit(1);
}

}  // namespace

int main() {
  dense_week();
  flood();
}
