// SPDX-License-Identifier: Apache-2.0

#include "truce/sim/run.h"

#include "truce/base/json.h"
#include "truce/sim/world.h"

namespace truce::sim {
namespace {

// Name in JSON, and member.
constexpr std::pair<const char*, std::uint64_t Counts::*> kNames[] = {
    {"seeds", &Counts::seeds},
    {"steps", &Counts::steps},
    {"statements_acknowledged", &Counts::statements},
    {"exchanges", &Counts::exchanges},
    {"cut_short", &Counts::cut_short},
    {"bundles", &Counts::bundles},
    {"imports", &Counts::imports},
    {"crashes", &Counts::crashes},
    {"failed_writes", &Counts::failed_writes},
    {"restores_told", &Counts::restores_told},
    {"restores_untold", &Counts::restores_untold},
    {"twins", &Counts::twins},
    {"forks_made", &Counts::forks_made},
    {"forks_caught", &Counts::forks_caught},
    {"lies", &Counts::lies},
    {"witness_asked", &Counts::witness_asked},
    {"amendments", &Counts::amendments},
    {"amendments_in_force", &Counts::in_force},
    {"amendments_refused_for_good", &Counts::refused_for_good},
    {"counted_silent", &Counts::by_silence},
    {"gone_with_disk", &Counts::with_disk},
    {"settled_checked", &Counts::settled_checked},
    {"pictures", &Counts::pictures},
    {"documents_compared", &Counts::compared},
    {"lost", &Counts::lost},
    {"withheld", &Counts::withheld},
};

}  // namespace

void Counts::add(const Counts& other) {
  for (const auto& [name, member] : kNames) this->*member += other.*member;
}

std::string Counts::to_json() const {
  Json out = Json::object();
  for (const auto& [name, member] : kNames) out.set(name, static_cast<std::int64_t>(this->*member));
  return out.to_canonical();
}

const std::vector<BrokenWay>& broken_ways() {
  static const std::vector<BrokenWay> ways = {
      {"accuses", "one party holds false evidence that verifies", "accused", 5},
      {"append-behind", "a restored node goes on without asking", "acknowledged own-fork", 60},
      {"changed-tile", "a bit of a copy is turned", "mirror", 2},
      {"deaf", "forks are seen and not told", "fork-caught", 40},
      {"forgets-acknowledged", "what was acknowledged is gone after a crash", "acknowledged own-fork", 30},
      {"forgets-receipts", "nobody is taken to have received a question", "consent", 30},
      {"never-quiet", "one party answers every exchange with a statement", "stuck", 5},
      {"never-receipts", "one party never says what it has received", "settled", 20},
      {"other-picture", "one party reads another word in a report", "picture", 5},
      {"receipts-unheld", "one party receipts what it does not hold", "receipt", 30},
      {"witness-forgets", "a witness does not know what it has cosigned", "cosigned", 100},
  };
  return ways;
}

Outcome run(const Options& options) {
  SimWorld w(options);
  w.found();
  const std::uint64_t steps = 20 + w.draws.below(w.draws.chance(12) ? 200 : 40);
  while (!w.violation && w.step < steps) {
    ++w.step;
    if (options.trace) w.say("step " + std::to_string(w.step));
    random_step(w);
  }
  if (!w.violation) heal(w);
  if (!w.violation) check_all(w);
  Outcome out;
  out.counts = w.counts;
  out.counts.seeds = 1;
  out.counts.steps = w.step;
  out.violation = w.violation;
  return out;
}

}  // namespace truce::sim
