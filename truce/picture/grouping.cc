// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/grouping.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>

#include "truce/base/math.h"

namespace truce::picture {
namespace {

// An incident is shown to be like another if one of its members would be there with at least this probability.
constexpr std::int32_t kAlikePpmMin = 50'000;

std::uint32_t said_party(const Facts& f) {
  return f.said_by != 0 ? f.said_by : f.party;
}

}  // namespace

Grouper::Grouper(const mechanism::Mechanism& mechanism, const monitor::ZoneBook& zones, const NamePool& names,
                 std::vector<InForce> chain)
    : mechanism_(mechanism),
      zones_(zones),
      names_(names),
      chain_(std::move(chain)),
      neutral_(std::make_shared<const monitor::FusionModel>(monitor::FusionModel::neutral())) {}

void Grouper::know(std::span<Facts* const> facts) {
  std::map<std::string_view, std::uint32_t> parties;
  std::map<std::pair<std::string_view, std::string_view>, std::pair<std::uint32_t, std::uint32_t>> reporters;
  std::uint32_t last_party = UINT32_MAX;
  std::uint32_t last_reporter = UINT32_MAX;
  for (const Facts* f : facts) {
    const std::uint32_t party = said_party(*f);
    if (party == last_party && f->reporter == last_reporter) continue;
    last_party = party, last_reporter = f->reporter;
    parties.try_emplace(names_.text(party), party);
    if (f->reporter != 0)
      reporters.try_emplace({names_.text(party), names_.text(f->reporter)}, std::pair(party, f->reporter));
  }
  for (const auto& [name, number] : parties) {
    if (!party_number_.try_emplace(number, static_cast<std::uint32_t>(party_names_.size())).second) continue;
    party_names_.emplace_back(name);
  }
  if (reporter_names_.empty()) reporter_names_.emplace_back();  // number 0: nobody in particular
  for (const auto& [name, numbers] : reporters) {
    if (!reporter_number_.try_emplace(numbers, static_cast<std::uint32_t>(reporter_names_.size())).second) continue;
    reporter_names_.push_back(std::string(name.first) + '/' + std::string(name.second));
  }
}

const monitor::FusionModel& Grouper::model(std::int32_t slab) const {
  const std::int32_t last_day = slab * monitor::kSlabDays + monitor::kSlabDays - 1;
  const monitor::FusionModel* model = neutral_.get();
  for (const InForce& c : chain_) {
    if (c.from_day <= last_day) model = c.model.get();
  }
  return *model;
}

std::int32_t Grouper::slab_by_anchor(std::int64_t ms) const {
  std::int32_t s = monitor::slab_of_day(static_cast<std::int32_t>(ms / 86'400'000)) - 1;
  while (anchor(s + 1).ms <= ms) ++s;
  while (ms < anchor(s).ms) --s;
  return s;
}

Instant Grouper::anchor(std::int32_t slab) const {
  return mechanism_.days.start_of(Date{slab * monitor::kSlabDays});
}

monitor::FusionReport Grouper::fusion_report(const Facts& f) const {
  monitor::FusionReport r;
  r.from_ms = f.from_ms, r.to_ms = f.to_ms, r.precision_s = f.precision_s;
  r.form = f.form;
  r.at = f.at;
  r.radius_m = f.radius_m;
  r.bearing_mdeg = f.bearing_mdeg, r.distance_m = f.distance_m;
  r.bearing_error_mdeg = f.bearing_error_mdeg, r.distance_error_m = f.distance_error_m;
  r.kind = f.kind, r.means = f.means;
  r.count = f.count.best, r.killed = f.killed.best, r.injured = f.injured.best;
  r.direction_mdeg = f.direction_mdeg;
  r.party = party_number_.at(said_party(f));
  r.reporter = f.reporter != 0 ? reporter_number_.at({said_party(f), f.reporter}) : 0;
  r.scheme = f.scheme;
  r.stands_alone = f.over_quota;
  if (f.form == monitor::Place::Form::kPostBearing || f.form == monitor::Place::Form::kZone) {
    // The post's or zone's own place: that of a bearing of no length.
    monitor::Place place = f.place(names_);
    place.distance_m = 0;
    place.distance_error_m = 0;
    place.form = monitor::Place::Form::kZone;
    if (const auto there = zones_.place_of(place)) {
      r.at = there->nominal();
      r.radius_m = there->radius_m();
    } else {
      r.stands_alone = true;
    }
    if (f.form == monitor::Place::Form::kZone) r.form = monitor::Place::Form::kPoint;
  }
  return r;
}

monitor::CutSpan Grouper::span_of(const Facts& f) const {
  return monitor::cut_span(fusion_report(f));
}

Instant Grouper::cut(std::int32_t slab, std::span<Facts* const> facts) const {
  const Instant start = anchor(slab);
  std::vector<monitor::CutSpan> spans;
  for (const Facts* f : facts) {
    if (!f->is_counted()) continue;
    const monitor::CutSpan s = span_of(*f);
    if (s.half_ms >= 0 && s.middle_ms > start.ms - monitor::kCutSightMs &&
        s.middle_ms < start.ms + monitor::kCutSightMs)
      spans.push_back(s);
  }
  return monitor::cut_near(start, spans);
}

void Grouper::sort(std::vector<Facts*>& facts) const {
  std::ranges::sort(facts, [this](const Facts* a, const Facts* b) {
    if (a->from_ms != b->from_ms) return a->from_ms < b->from_ms;
    return before(*a, *b, names_);
  });
}

Grouper::Blocks Grouper::blocks(std::vector<Facts*>& facts, std::span<const FactLink> links) const {
  sort(facts);
  Blocks out;
  out.reports.reserve(facts.size());
  for (const Facts* f : facts) out.reports.push_back(fusion_report(*f));
  out.blocks = monitor::blocks_of(out.reports);
  // Whatever people joined is looked at together.
  std::unordered_map<const Facts*, std::size_t> block_of;  // looked up only
  for (const FactLink& l : links) {
    if (!l.joins) continue;
    if (block_of.empty()) {
      for (std::size_t b = 0; b < out.blocks.size(); ++b) {
        for (const std::uint32_t i : out.blocks[b]) block_of[facts[i]] = b;
      }
    }
    const auto a = block_of.find(l.a);
    const auto b = block_of.find(l.b);
    if (a == block_of.end() || b == block_of.end() || a->second == b->second) continue;
    const std::size_t into = std::min(a->second, b->second);
    const std::size_t from = std::max(a->second, b->second);
    for (const std::uint32_t i : out.blocks[from]) {
      out.blocks[into].push_back(i);
      block_of[facts[i]] = into;
    }
    out.blocks[from].clear();
    std::ranges::sort(out.blocks[into]);
  }
  std::erase_if(out.blocks, [](const auto& b) { return b.empty(); });
  return out;
}

monitor::FusionConstraints Grouper::constraints(std::span<Facts* const> facts, std::span<const FactLink> links) const {
  monitor::FusionConstraints out;
  if (links.empty()) return out;
  std::unordered_map<const Facts*, std::uint32_t> number;  // looked up only
  for (std::uint32_t i = 0; i < facts.size(); ++i) number[facts[i]] = i;
  for (const FactLink& l : links) {
    const auto a = number.find(l.a);
    const auto b = number.find(l.b);
    if (a == number.end() || b == number.end()) continue;
    (l.joins ? out.joins : out.splits).emplace_back(a->second, b->second);
  }
  return out;
}

void Grouper::group_block(std::span<Facts* const> facts, std::span<const monitor::FusionReport> reports,
                          std::span<const FactLink> links, std::int32_t slab, std::vector<Group>& out) const {
  const monitor::Scorer scorer(reports, model(slab), party_names_, reporter_names_);
  const monitor::Grouping grouping = monitor::fuse(scorer, constraints(facts, links));
  std::vector<std::vector<std::uint32_t>> members(reports.size());
  for (std::uint32_t i = 0; i < reports.size(); ++i) members[grouping.reports[i].cluster].push_back(i);
  std::vector<std::uint32_t> group_of(reports.size(), UINT32_MAX);
  for (std::uint32_t c = 0; c < reports.size(); ++c) {
    if (members[c].empty()) continue;
    group_of[c] = static_cast<std::uint32_t>(out.size());
    Group g;
    g.slab = slab;
    for (const std::uint32_t i : members[c]) {
      g.members.push_back(facts[i]);
      facts[i]->certainty_ppm = grouping.reports[i].certainty_ppm;
      g.certainty_ppm = std::min(g.certainty_ppm, grouping.reports[i].certainty_ppm);
    }
    std::ranges::sort(g.members, [this](const Facts* a, const Facts* b) { return before(*a, *b, names_); });
    for (Facts* f : g.members) {
      f->incident_party = g.members[0]->party;
      f->incident_log = g.members[0]->log;
      f->incident_idx = g.members[0]->idx;
    }
    const Facts& one = *facts[members[c][0]];
    g.from_ms = one.from_ms, g.to_ms = one.to_ms, g.precision_s = one.precision_s, g.kind = one.kind;
    if (members[c].size() > 1) {
      const monitor::Cluster whole = scorer.cluster_of(members[c]);
      const auto where = scorer.estimate(whole);
      g.is_placed = true;
      g.at = scorer.to_lat_lng(where.x_m, where.y_m);
      g.radius_m = static_cast<std::int32_t>(math::round_to_integer(2 * where.sigma_m));
      if (whole.located == 0) {
        // Nobody says more than the name of a place: as wide as they say.
        g.radius_m = 0;
        for (const Facts* f : g.members) g.radius_m = std::max(g.radius_m, f->radius_m);
      }
      std::int64_t width_ms = INT64_MAX;  // that of the member that is most definite
      for (const Facts* f : g.members) width_ms = std::min(width_ms, f->to_ms - f->from_ms);
      const std::int64_t middle = scorer.reference_ms() + math::round_to_integer(where.t_s) * 1'000;
      g.from_ms = middle - width_ms / 2;
      g.to_ms = g.from_ms + width_ms;
      g.precision_s = std::max<std::int64_t>(math::round_to_integer(2 * where.sigma_t_s), 1);
      if (whole.family == 1) {
        // Of the kinds that somebody reports, the likeliest; "a use of weapons" only where nobody says more.
        const auto p = scorer.kind_posterior(whole);
        double best = -1;
        for (std::size_t h = 0; h < p.size(); ++h) {
          const bool is_said =
              std::ranges::any_of(g.members, [&](const Facts* f) { return static_cast<std::size_t>(f->kind) == h; });
          if (is_said && p[h] > best) best = p[h], g.kind = static_cast<monitor::Kind>(h);
        }
      } else {
        // Joined by people: the kind of the report that names it.
        g.kind = g.members[0]->kind;
      }
    }
    g.day = mechanism_.days.day_of(Instant{g.from_ms}).days;
    out.push_back(std::move(g));
  }
  // The nearest other incident, both ways.
  for (std::uint32_t i = 0; i < reports.size(); ++i) {
    const monitor::FusedReport& r = grouping.reports[i];
    if (r.other_behind == INT64_MAX || r.other == i) continue;
    const auto ppm = static_cast<std::int32_t>(math::round_to_integer(
        1e6 / (1 + math::exp(std::min(static_cast<double>(r.other_behind) / monitor::kMicronats, 50.0)))));
    if (ppm < kAlikePpmMin) continue;
    Group& own = out[group_of[r.cluster]];
    Group& other = out[group_of[r.other]];
    if (&own == &other) continue;
    const auto offer = [&](Group& g, const Group& o) {
      if (ppm > g.alike_ppm) g.alike_ppm = ppm, g.alike = o.members[0];
    };
    offer(own, other);
    offer(other, own);
  }
}

std::vector<Group> Grouper::group(std::int32_t slab, std::vector<Facts*>& facts,
                                  std::span<const FactLink> links) const {
  std::vector<Group> out;
  const Blocks b = blocks(facts, links);
  std::vector<Facts*> some;
  std::vector<monitor::FusionReport> reports;
  for (const auto& block : b.blocks) {
    some.clear();
    reports.clear();
    for (const std::uint32_t i : block) {
      some.push_back(facts[i]);
      reports.push_back(b.reports[i]);
    }
    group_block(some, reports, links, slab, out);
  }
  return out;
}

std::vector<monitor::LearningBlock> Grouper::learning_blocks(std::vector<Facts*>& facts) const {
  std::vector<monitor::LearningBlock> out;
  const Blocks b = blocks(facts, {});
  for (const auto& block : b.blocks) {
    monitor::LearningBlock& learning = out.emplace_back();
    for (const std::uint32_t i : block) learning.reports.push_back(b.reports[i]);
  }
  return out;
}

Grouper::Look Grouper::look(std::vector<Facts*>& facts, std::span<const FactLink> links, const Facts& wanted) const {
  Look out;
  const Blocks b = blocks(facts, links);
  for (const auto& block : b.blocks) {
    if (std::ranges::none_of(block, [&](std::uint32_t i) { return facts[i] == &wanted; })) continue;
    for (const std::uint32_t i : block) {
      out.facts.push_back(facts[i]);
      out.reports.push_back(b.reports[i]);
    }
    out.constraints = constraints(out.facts, links);
  }
  return out;
}

Slabs slabs_of(const Grouper& grouper, std::span<Facts* const> facts) {
  Slabs out;
  struct Placed {
    monitor::CutSpan span;
    Facts* facts;
  };
  std::vector<Placed> placed;
  placed.reserve(facts.size());
  for (Facts* f : facts) {
    if (f->is_counted()) placed.push_back({grouper.span_of(*f), f});
  }
  if (placed.empty()) return out;
  // Sums only depend on which spans are in sight: the order among equals does not matter.
  std::ranges::sort(placed, {}, [](const Placed& p) { return p.span.middle_ms; });
  // Slab numbers whose anchors lie around the reports. A day of 1970 is enough to count from.
  const auto slab_near = [&](std::int64_t ms) { return grouper.slab_by_anchor(ms); };
  std::vector<monitor::CutSpan> spans;
  const auto cut_of = [&](std::int32_t slab) {
    const auto it = out.cuts.find(slab);
    if (it != out.cuts.end()) return it->second;
    const Instant start = grouper.anchor(slab);
    spans.clear();
    for (auto p = std::ranges::upper_bound(placed, start.ms - monitor::kCutSightMs, {},
                                           [](const Placed& x) { return x.span.middle_ms; });
         p != placed.end() && p->span.middle_ms < start.ms + monitor::kCutSightMs; ++p) {
      if (p->span.half_ms >= 0) spans.push_back(p->span);
    }
    return out.cuts.emplace(slab, monitor::cut_near(start, spans)).first->second;
  };
  std::int32_t slab = slab_near(placed.front().span.middle_ms);
  for (const Placed& p : placed) {
    const std::int64_t ms = p.span.middle_ms;
    if (ms >= grouper.anchor(slab + 1).ms) slab = slab_near(ms);
    // The anchors' cuts may lie on either side of them.
    std::int32_t s = slab;
    if (ms < cut_of(s).ms) --s;
    if (ms >= cut_of(s + 1).ms) ++s;
    cut_of(s), cut_of(s + 1);
    out.facts[s].push_back(p.facts);
  }
  return out;
}

unsigned grouping_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
}

SlabRow slab_row(std::int32_t slab, Instant from, Instant to, std::span<Facts* const> facts) {
  std::int32_t first = INT32_MAX;
  std::int32_t last = INT32_MIN;
  for (const Facts* f : facts) first = std::min(first, f->day), last = std::max(last, f->day);
  return {slab, from.ms, to.ms, Date{first}.to_string(), Date{last}.to_string(), static_cast<Int>(facts.size())};
}

std::vector<Group> group_all(const Grouper& grouper, Slabs& slabs, std::span<const FactLink> links, unsigned threads,
                             const std::function<void(std::uint64_t done, std::uint64_t all)>& progress) {
  std::vector<std::pair<std::int32_t, std::vector<Facts*>*>> work;
  std::uint64_t all = 0;
  for (auto& [slab, list] : slabs.facts) {
    work.emplace_back(slab, &list);
    all += list.size();
  }
  std::vector<std::vector<Group>> results(work.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<std::uint64_t> done = 0;
  const auto run = [&](bool tells) {
    for (std::size_t i = next++; i < work.size(); i = next++) {
      results[i] = grouper.group(work[i].first, *work[i].second, links);
      done += work[i].second->size();
      if (tells && progress) progress(done, all);
    }
  };
  std::vector<std::thread> others;
  for (unsigned t = 1; t < std::min<std::size_t>(threads, work.size()); ++t) others.emplace_back(run, false);
  run(true);
  for (std::thread& t : others) t.join();
  std::vector<Group> out;
  for (auto& r : results) std::move(r.begin(), r.end(), std::back_inserter(out));
  return out;
}

}  // namespace truce::picture
