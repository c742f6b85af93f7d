// SPDX-License-Identifier: Apache-2.0
//
// truce-sim: runs simulated records from seeds (docs/reliability.md). Exit status 1 if something that must hold did
// not, with the seed that shows it.

#include <CLI/CLI.hpp>
#include <iostream>

#include "truce/base/decimal.h"
#include "truce/sim/run.h"

namespace {

void print(std::string_view line) {
  std::cout << line << '\n' << std::flush;  // style: prints, because this is a program
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("truce-sim: a simulated record of several parties, from a seed");
  std::uint64_t seed = 0;
  std::string seeds, broken;
  bool silence = false;
  bool trace = false, summary = false, keep_going = false;
  app.add_option("--seed", seed, "one run");
  app.add_option("--seeds", seeds, "runs A to B, both included")->type_name("A:B");
  app.add_option("--break", broken, "break a node on purpose");
  app.add_flag("--silence", silence, "silence decides on documents, and nobody says a word");
  app.add_flag("--trace", trace, "print every step");
  app.add_flag("--summary", summary, "print the counts as JSON");
  app.add_flag("--keep-going", keep_going, "go on after a violation");
  app.footer([] {
    std::string out = "Ways to break a node:\n";
    for (const auto& way : truce::sim::broken_ways())
      out += "  " + std::string(way.name) + ": " + std::string(way.what) + '\n';
    return out;
  });
  CLI11_PARSE(app, argc, argv);
  std::uint64_t first = seed, last = seed;
  if (!seeds.empty()) {
    const std::size_t colon = seeds.find(':');
    const auto a = truce::parse_integer(seeds.substr(0, colon));
    const auto b = colon == std::string::npos ? a : truce::parse_integer(seeds.substr(colon + 1));
    if (!a || !b || *a < 0 || *b < *a) {
      print("--seeds is A:B");
      return 2;
    }
    first = static_cast<std::uint64_t>(*a);
    last = static_cast<std::uint64_t>(*b);
  }
  truce::sim::Counts counts;
  bool good = true;
  for (std::uint64_t s = first; s <= last; ++s) {
    truce::sim::Options options;
    options.seed = s;
    options.broken = broken;
    options.silence = silence;
    if (trace) options.trace = print;
    const truce::sim::Outcome out = truce::sim::run(options);
    counts.add(out.counts);
    if (!out.violation) continue;
    good = false;
    print("seed " + std::to_string(s) + ", step " + std::to_string(out.violation->step) + ": " + out.violation->check +
          ": " + out.violation->what);
    if (!keep_going) break;
  }
  if (summary) print(counts.to_json());
  return good ? 0 : 1;
}
