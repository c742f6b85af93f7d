// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/calibration.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "truce/base/math.h"
#include "truce/geo/geodesy.h"

namespace truce::monitor {
namespace {

// Imagined cases of the neutral prior that stand beside those counted.
constexpr double kScaleCases = 40;
constexpr double kRowCases = 30;
constexpr double kPriorCases = 50;
constexpr double kHabitCases = 20;
// How far clocks of posts are usually off: standard deviation, seconds.
constexpr double kClockSigmaSeconds = 180;
constexpr double kClockClassCases = 3;
constexpr std::size_t kSpotReportersMin = 2;
constexpr std::size_t kSpotReportsMin = 3;
// The middle of the absolute value of a normal deviate; of the squared length of a plane one of unit variance.
constexpr double kNormalMedian = 0.6744897501960817;
constexpr double kRayleighMedianSquared = 1.3862943611198906;

double median(std::vector<double>& v) {
  const auto mid = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::ranges::nth_element(v, mid);
  return *mid;
}

// A scale whose square is drawn towards the prior's.
double drawn(double square, std::size_t n, double prior, double low, double high) {
  const double cases = static_cast<double>(n);
  const double s = math::sqrt((square * cases + prior * prior * kScaleCases) / (cases + kScaleCases));
  return std::clamp(s, low, high);
}

double share(double yes, double all, double prior, double cases, double low, double high) {
  return std::clamp((yes + prior * cases) / (all + cases), low, high);
}

template <std::size_t N>
void believe_distribution(std::array<double, N>& belief, const std::array<double, N>& counts,
                          const std::array<double, N>& prior, double cases) {
  double sum = 0;
  double prior_sum = 0;
  for (std::size_t i = 0; i < N; ++i) sum += counts[i], prior_sum += prior[i];
  for (std::size_t i = 0; i < N; ++i) belief[i] = (counts[i] + cases * prior[i] / prior_sum) / (sum + cases);
}

}  // namespace

namespace {

// Mean of squares that a few wild cases cannot carry away.
struct MeanSquare {
  static constexpr double kLimit = 1.0;  // a factor of 2.7
  double sum = 0;
  std::size_t n = 0;
  void add(double square) { sum += std::min(square, kLimit), ++n; }
};

}  // namespace

struct Learner::Counts {
  std::array<std::vector<double>, 2> time;        // of posts, of others
  std::vector<double> radius, bearing, distance;  // squared or absolute, standardized
  std::vector<double> clock_sum, clock_weight;    // by reporter number
  std::vector<bool> clock_post;
  std::array<MeanSquare, 3> ratio;  // of logarithms of counts, killed, injured
  std::array<FusionModel::Confusion, kMeansGroupCount> confusion{};
  std::array<double, kHiddenKindCount> kinds{};
  std::array<std::array<double, kCountBins.size()>, kHiddenKindCount + 1> numbers{};
  std::array<double, kHarmBins.size()> killed{}, injured{};
  std::array<double, kHarmGroupCount> harmed{}, missed{};
  std::vector<double> party_could, party_did, party_reports, party_incidents;
  struct PostCount {
    geo::LatLng at;
    std::int32_t reach_m = 0;
    double could = 0, did = 0;
  };
  std::map<std::uint32_t, PostCount> posts;  // by reporter number
  double named_again = 0, named_same = 0;
  std::map<std::pair<std::int32_t, std::int32_t>, double> cells;
  std::vector<double> spots;
  double clusters = 0, reports = 0;
  std::int64_t compared = 0;
};

Learner::Learner(std::span<const LearningBlock> blocks, std::span<const std::string> party_names,
                 std::span<const std::string> reporter_names, double days, unsigned threads)
    : blocks_(blocks),
      party_names_(party_names),
      reporter_names_(reporter_names),
      days_(std::max(days, 0.25)),
      threads_(threads) {
  find_spots();
  find_clocks();
}

// Points that several reporters give to the last digit are names of places. Where most points of one radius are such,
// every point of that radius is.
void Learner::find_spots() {
  struct Use {
    std::size_t reports = 0;
    std::set<std::uint32_t> reporters;
  };
  std::map<std::pair<geo::LatLng, std::int32_t>, Use> uses;
  for (const LearningBlock& b : blocks_) {
    for (const FusionReport& r : b.reports) {
      if (r.form != Place::Form::kPoint || r.radius_m <= 0) continue;
      Use& u = uses[{r.at, r.radius_m}];
      ++u.reports;
      if (u.reporters.size() < kSpotReportersMin) u.reporters.insert(r.reporter);
    }
  }
  std::map<std::int32_t, std::pair<std::size_t, std::size_t>> by_radius;  // reports, those at shared points
  const auto is_shared = [](const Use& u) {
    return u.reports >= kSpotReportsMin && u.reporters.size() >= kSpotReportersMin;
  };
  for (const auto& [key, u] : uses) {
    auto& [all, shared] = by_radius[key.second];
    all += u.reports;
    if (is_shared(u)) shared += u.reports;
  }
  model_.spots.clear();
  for (const auto& [key, u] : uses) {
    const auto& [all, shared] = by_radius[key.second];
    if (!is_shared(u) && shared * 2 <= all) continue;
    model_.spots.push_back(
        {key.first, key.second, static_cast<double>(u.reports) / model_.reports_per_incident / days_});
  }
}

// For each reporter whose times are exact: how far before or after them others tell of things at the same places.
// Chance spreads these differences evenly; a clock that is off heaps them up where it is off.
void Learner::find_clocks() {
  constexpr double kStep = 60;  // seconds a bin
  constexpr int kSide = 90;     // bins to each side: an hour and a half
  constexpr std::size_t kBins = 2 * kSide + 1;
  constexpr double kSigmaMax = 300;  // of times that are compared
  constexpr int kKernel = 3;         // bins that a difference spreads over to each side
  constexpr double kExcessMin = 4;   // reports
  constexpr double kExcessDeviations = 5;
  constexpr double kExcessShare = 0.12;   // of the reporter's reports
  constexpr double kUnsureWeight = 0.35;  // of other posts, before anything is known of their clocks
  constexpr int kRounds = 3;
  struct Difference {
    float seconds;
    std::uint32_t other;
    bool is_post;
  };
  struct Times {
    std::vector<Difference> differences;
    double reports = 0;
  };
  std::map<std::uint32_t, Times> times;
  std::vector<std::uint32_t> order;
  for (const LearningBlock& b : blocks_) {
    if (b.reports.empty()) continue;
    const Scorer scorer(b.reports, model_, party_names_, reporter_names_);
    const auto& prepared = scorer.prepared();
    order.clear();
    for (std::uint32_t i = 0; i < prepared.size(); ++i) {
      if (prepared[i].family != 0 && prepared[i].sigma_s <= kSigmaMax) order.push_back(i);
    }
    std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return prepared[i].t_s; });
    std::size_t begin = 0;
    for (const std::uint32_t i : order) {
      const auto& p = prepared[i];
      const std::uint32_t reporter = b.reports[i].reporter;
      if (reporter == 0) continue;
      Times& own = times[reporter];
      own.reports += 1;
      while (prepared[order[begin]].t_s < p.t_s - kStep * (kSide + 1)) ++begin;
      std::size_t seen = 0;
      for (std::size_t k = begin; k < order.size() && seen < kNeighbourMax; ++k) {
        const auto& q = prepared[order[k]];
        const double dt = p.t_s - q.t_s;
        if (dt < -kStep * (kSide + 1)) break;
        if (b.reports[order[k]].reporter == reporter || q.family != p.family) continue;
        const double dx = p.x_m - q.x_m;
        const double dy = p.y_m - q.y_m;
        const double reach = p.reach_m + q.reach_m;
        if (dx * dx + dy * dy > reach * reach) continue;
        ++seen;
        own.differences.push_back({static_cast<float>(dt), b.reports[order[k]].reporter, q.is_post});
      }
    }
  }
  // Round by round each reporter is compared with the others as they are believed to be by then.
  std::map<std::uint32_t, double> offsets;
  std::vector<double> bins(kBins);
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& [reporter, own] : times) {
      std::ranges::fill(bins, 0.0);
      for (const Difference& d : own.differences) {
        const auto known = offsets.find(d.other);
        const double seconds = static_cast<double>(d.seconds) + (known != offsets.end() ? known->second : 0);
        const double weight = round == 0 && d.is_post && known == offsets.end() ? kUnsureWeight : 1;
        const auto at = static_cast<int>(math::round_to_integer(seconds / kStep)) + kSide;
        for (int k = -kKernel; k <= kKernel; ++k) {
          if (at + k < 0 || at + k >= static_cast<int>(kBins)) continue;
          bins[static_cast<std::size_t>(at + k)] += weight * (1 - static_cast<double>(k < 0 ? -k : k) / (kKernel + 1));
        }
      }
      double all = 0;
      std::size_t best = 0;
      for (std::size_t k = 0; k < kBins; ++k) {
        all += bins[k];
        if (bins[k] > bins[best]) best = k;
      }
      const double even = all / kBins;
      const double excess = bins[best] - even;
      offsets.erase(reporter);
      if (excess < kExcessMin || excess < kExcessDeviations * math::sqrt(even) || excess < kExcessShare * own.reports)
        continue;
      // The middle of the heap.
      double sum = 0;
      double weight = 0;
      for (int d = -kKernel; d <= kKernel; ++d) {
        const int k = static_cast<int>(best) + d;
        if (k < 0 || k >= static_cast<int>(kBins)) continue;
        const double v = std::max(bins[static_cast<std::size_t>(k)] - even, 0.0);
        sum += v * (k - kSide), weight += v;
      }
      offsets[reporter] = sum / weight * kStep;
    }
  }
  for (const auto& [reporter, offset] : offsets) {
    // What is within the usual is left to the groups.
    if (offset > 2 * kStep || offset < -2 * kStep) model_.clock_offset_s[reporter_names_[reporter]] = offset;
  }
}

void Learner::round() {
  std::vector<Grouping> groupings(blocks_.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < blocks_.size(); i = next++) {
      groupings[i] = fuse(Scorer(blocks_[i].reports, model_, party_names_, reporter_names_));
    }
  };
  std::vector<std::thread> others;
  for (unsigned t = 1; t < threads_; ++t) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
  learn_from(groupings);
}

void Learner::learn_from(std::span<const Grouping> groupings) {
  Counts counts;
  counts.clock_sum.resize(reporter_names_.size(), 0);
  counts.clock_weight.resize(reporter_names_.size(), 0);
  counts.clock_post.resize(reporter_names_.size(), false);
  for (auto* v : {&counts.party_could, &counts.party_did, &counts.party_reports, &counts.party_incidents})
    v->resize(party_names_.size(), 0);
  counts.spots.resize(model_.spots.size(), 0);
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    if (blocks_[b].reports.empty()) continue;
    count_block(Scorer(blocks_[b].reports, model_, party_names_, reporter_names_), groupings[b], counts);
  }
  believe(counts);
}

void Learner::count_block(const Scorer& scorer, const Grouping& grouping, Counts& n) const {
  const auto& reports = scorer.reports();
  const auto& prepared = scorer.prepared();
  std::map<std::uint32_t, std::vector<std::uint32_t>> groups;
  for (std::uint32_t i = 0; i < reports.size(); ++i) {
    if (prepared[i].family != 0) groups[grouping.reports[i].cluster].push_back(i);
  }
  // Posts of the block with how far they tell of things.
  struct Post {
    double x = 0, y = 0;
    std::vector<double> distances;
    double reach = 0;
  };
  std::map<std::uint32_t, Post> posts;
  for (std::uint32_t i = 0; i < reports.size(); ++i) {
    const FusionReport& r = reports[i];
    if (!prepared[i].is_post || r.reporter == 0) continue;
    Post& p = posts[r.reporter];
    const double bearing = r.bearing_mdeg * 1e-3 * math::kDegree;
    p.x = prepared[i].x_m - math::sin(bearing) * r.distance_m;
    p.y = prepared[i].y_m - math::cos(bearing) * r.distance_m;
    p.distances.push_back(r.distance_m);
  }
  for (auto& [reporter, p] : posts) {
    std::ranges::sort(p.distances);
    p.reach = p.distances[p.distances.size() * 9 / 10];
    Counts::PostCount& count = n.posts[reporter];
    count.at = scorer.to_lat_lng(p.x, p.y);
    count.reach_m = std::max(count.reach_m, static_cast<std::int32_t>(p.reach));
  }
  std::vector<std::uint32_t> others;
  for (const auto& [label, members] : groups) {
    const Cluster whole = scorer.cluster_of(members);
    n.clusters += 1;
    n.reports += static_cast<double>(members.size());
    const Scorer::Estimate where = scorer.estimate(whole);
    {
      const geo::LatLng at = scorer.to_lat_lng(where.x_m, where.y_m);
      constexpr std::int32_t kCell = IncidentGrid::kCellE7;
      const auto floor_div = [](std::int32_t a, std::int32_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); };
      n.cells[{floor_div(at.lat_e7, kCell), floor_div(at.lng_e7, kCell)}] += 1;
      // The incident belongs to the place that its reports name, else to the nearest.
      std::size_t best = SIZE_MAX;
      double best_d = 1e300;
      for (const std::uint32_t m : members) {
        if (prepared[m].spot < 0) continue;
        const auto it = std::ranges::lower_bound(model_.spots, std::pair(reports[m].at, reports[m].radius_m), {},
                                                 [](const NamedSpot& s) { return std::pair(s.at, s.radius_m); });
        best = static_cast<std::size_t>(it - model_.spots.begin());
        break;
      }
      if (best == SIZE_MAX) {
        const geo::Box box = geo::box_around(at, 25'000);
        const auto begin =
            std::ranges::lower_bound(model_.spots, box.south_e7, {}, [](const NamedSpot& s) { return s.at.lat_e7; });
        const geo::LocalScale scale = geo::local_scale(at);
        for (auto it = begin; it != model_.spots.end() && it->at.lat_e7 <= box.north_e7; ++it) {
          const double dx = (static_cast<double>(it->at.lng_e7) - at.lng_e7) * scale.east_m_per_e7;
          const double dy = (static_cast<double>(it->at.lat_e7) - at.lat_e7) * scale.north_m_per_e7;
          if (const double d = dx * dx + dy * dy; d < best_d)
            best_d = d, best = static_cast<std::size_t>(it - model_.spots.begin());
        }
      }
      if (best != SIZE_MAX) n.spots[best] += 1;
    }
    if (whole.family == 1) {
      const auto p = scorer.kind_posterior(whole);
      for (std::size_t h = 0; h < p.size(); ++h) n.kinds[h] += p[h];
    }
    const auto posterior = [](const auto& likelihood, const auto& prior, auto& sums) {
      double sum = 0;
      for (std::size_t i = 0; i < sums.size(); ++i) sum += likelihood[i] * prior[i];
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += likelihood[i] * prior[i] / sum;
    };
    {
      // Only numbers that somebody stated teach anything of numbers.
      bool counted = false;
      for (const std::uint32_t m : members) counted = counted || reports[m].count >= 0;
      const auto p = scorer.kind_and_count(whole);
      double sum = 0;
      for (const auto& row : p) {
        for (const double v : row) sum += v;
      }
      for (std::size_t h = 0; counted && h < p.size(); ++h) {
        for (std::size_t k = 0; k < p[h].size(); ++k) n.numbers[h][k] += p[h][k] / sum;
      }
    }
    posterior(whole.killed, model_.killed_prior, n.killed);
    posterior(whole.injured, model_.injured_prior, n.injured);
    // Who could have told of it, knowing of it from others.
    std::vector<std::uint32_t> tells(party_names_.size(), 0);
    std::uint32_t telling = 0;
    for (const std::uint32_t m : members) {
      if (prepared[m].is_post) continue;
      if (tells[reports[m].party]++ == 0) ++telling;
    }
    for (std::size_t p = 0; p < tells.size(); ++p) {
      const bool known_otherwise = telling > (tells[p] > 0 ? 1u : 0u) || whole.posts > 0;
      if (known_otherwise) n.party_could[p] += 1, n.party_did[p] += tells[p] > 0 ? 1 : 0;
      if (tells[p] > 0) n.party_incidents[p] += 1, n.party_reports[p] += tells[p];
    }
    for (const auto& [reporter, post] : posts) {
      const double dx = where.x_m - post.x;
      const double dy = where.y_m - post.y;
      if (dx * dx + dy * dy > post.reach * post.reach) continue;
      const bool did =
          std::find(whole.post.begin(), whole.post.begin() + whole.posts, reporter) != whole.post.begin() + whole.posts;
      if (whole.size > (did ? 1 : 0)) n.posts[reporter].could += 1, n.posts[reporter].did += did ? 1 : 0;
    }
    if (members.size() < 2) continue;
    n.compared += static_cast<std::int64_t>(members.size());
    if (whole.spot_count + whole.other_count + whole.further_count > 1) {
      n.named_again += whole.spot_count + whole.other_count + whole.further_count - 1;
      n.named_same += whole.spot_count - 1;
    }
    for (const std::uint32_t m : members) {
      const FusionReport& r = reports[m];
      const auto& p = prepared[m];
      others.clear();
      for (const std::uint32_t o : members) {
        if (o != m) others.push_back(o);
      }
      const Cluster rest = scorer.cluster_of(others);
      // Time.
      const double dt = p.t_s - rest.wt / rest.w;
      const double variance = p.sigma_s * p.sigma_s + 1 / rest.w;
      const double in_units = math::sqrt(dt * dt / variance);
      if (r.reporter != 0) {
        const double offset = [&] {
          const auto it = model_.clock_offset_s.find(reporter_names_[r.reporter]);
          return it == model_.clock_offset_s.end() ? 0.0 : it->second;
        }();
        n.clock_sum[r.reporter] += (dt + offset) / variance;
        n.clock_weight[r.reporter] += 1 / variance;
        if (p.is_post) n.clock_post[r.reporter] = true;
      }
      n.time[p.is_post ? 0 : 1].push_back(in_units);
      // Place.
      if (rest.located > 0) {
        const double det = rest.l11 * rest.l22 - rest.l12 * rest.l12;
        const double x = (rest.l22 * rest.e1 - rest.l12 * rest.e2) / det;
        const double y = (rest.l11 * rest.e2 - rest.l12 * rest.e1) / det;
        const double rest_variance = (rest.l11 + rest.l22) / (2 * det);
        if (!p.is_post && p.spot < 0 && r.radius_m > 0) {
          const double dx = p.x_m - x;
          const double dy = p.y_m - y;
          const double own = model_.radius_scale * r.radius_m;
          if (rest_variance < 4 * own * own) n.radius.push_back((dx * dx + dy * dy) / (own * own + rest_variance));
        }
        if (p.is_post && rest_variance < 500.0 * 500.0 && r.distance_m > 1'000) {
          const double bearing = r.bearing_mdeg * 1e-3 * math::kDegree;
          const double ox = p.x_m - math::sin(bearing) * r.distance_m;
          const double oy = p.y_m - math::cos(bearing) * r.distance_m;
          const double d = math::sqrt((x - ox) * (x - ox) + (y - oy) * (y - oy));
          double diff = math::atan2(x - ox, y - oy) - bearing;
          while (diff > math::kPi) diff -= 2 * math::kPi;
          while (diff < -math::kPi) diff += 2 * math::kPi;
          if (d > 1'000 && diff * diff < 1) {
            const double blur = rest_variance / (d * d);
            const double angle = model_.bearing_sigma_mdeg * 1e-3 * math::kDegree;
            if (r.bearing_error_mdeg < 0) n.bearing.push_back(math::sqrt(diff * diff / (angle * angle + blur)));
            const double part = (r.distance_m - d) / d;
            const double sigma = model_.distance_sigma_part;
            if (r.distance_error_m < 0) n.distance.push_back(math::sqrt(part * part / (sigma * sigma + blur)));
          }
        }
      }
      // What it was.
      if (whole.family == 1) {
        const auto h = scorer.kind_posterior(rest);
        for (std::size_t k = 0; k < h.size(); ++k)
          n.confusion[means_group(r.means)][k][static_cast<std::size_t>(r.kind)] += h[k];
      }
      // Numbers.
      for (const std::uint32_t o : others) {
        const FusionReport& q = reports[o];
        if (o < m || q.party == r.party) continue;
        const auto compare = [&](std::int32_t x, std::int32_t y, MeanSquare& ratio) {
          if (x < 1 || y < 1 || std::max(x, y) < 2) return;
          const double d = math::log(x) - math::log(y);
          ratio.add(d * d / 2);
        };
        compare(r.count, q.count, n.ratio[0]);
        compare(r.killed, q.killed, n.ratio[1]);
        compare(r.injured, q.injured, n.ratio[2]);
      }
      const auto harm = [&](std::int32_t number, const auto& likelihood, const auto& prior) {
        if (number < 0) return;
        double sum = 0;
        for (std::size_t i = 0; i < prior.size(); ++i) sum += likelihood[i] * prior[i];
        const double some = 1 - likelihood[0] * prior[0] / sum;
        n.harmed[harm_group(r.means, p.is_post)] += some;
        if (number == 0) n.missed[harm_group(r.means, p.is_post)] += some;
      };
      harm(r.killed, rest.killed, model_.killed_prior);
      harm(r.injured, rest.injured, model_.injured_prior);
    }
  }
}

// Each clock is drawn towards right time by how far clocks of its class are found to be off beyond chance: posts, which
// write down what their clock says, and everybody else.
void Learner::believe_clocks(const Counts& n) {
  model_.clock_offset_s.clear();
  for (const bool posts : {false, true}) {
    double excess = 0;
    double cases = 0;
    const auto is_of = [&](std::size_t i) { return n.clock_weight[i] > 0 && n.clock_post[i] == posts; };
    for (std::size_t i = 1; i < reporter_names_.size(); ++i) {
      if (!is_of(i)) continue;
      // Of the plain mean: its square, less what chance makes of it, weighted by how well it is known.
      const double mean = n.clock_sum[i] / n.clock_weight[i];
      const double own = 1 / n.clock_weight[i];
      const double weight = 1 / (own + kClockSigmaSeconds * kClockSigmaSeconds);
      const double limited = std::min(mean * mean, 9 * (own + kClockSigmaSeconds * kClockSigmaSeconds));
      excess += weight * (limited - own);
      cases += weight;
    }
    if (cases <= 0) continue;
    const double class_cases = cases * kClockSigmaSeconds * kClockSigmaSeconds;  // as if each were known well
    const double prior = posts ? kClockSigmaSeconds * kClockSigmaSeconds : 0;
    const double spread2 =
        (std::max(excess / cases, 0.0) * class_cases + prior * kClockClassCases) / (class_cases + kClockClassCases);
    if (spread2 < 1) continue;
    for (std::size_t i = 1; i < reporter_names_.size(); ++i) {
      if (!is_of(i)) continue;
      const double offset = std::clamp(n.clock_sum[i] / (n.clock_weight[i] + 1 / spread2), -caps_.clock_offset_s_max,
                                       caps_.clock_offset_s_max);
      model_.clock_offset_s[reporter_names_[i]] = offset;
    }
  }
}

void Learner::believe(Counts& n) {
  const FusionModel prior = FusionModel::neutral();
  FusionModel& m = model_;
  // Residuals are in units of what is believed now.
  for (std::size_t k = 0; k < n.time.size(); ++k) {
    if (n.time[k].empty()) continue;
    const double s = median(n.time[k]) / kNormalMedian * m.time_scale[k];
    m.time_scale[k] = drawn(s * s, n.time[k].size(), prior.time_scale[k], caps_.time_scale_min, caps_.time_scale_max);
  }
  if (!n.radius.empty()) {
    const double s2 = median(n.radius) / kRayleighMedianSquared;
    m.radius_scale = drawn(s2 * m.radius_scale * m.radius_scale, n.radius.size(), prior.radius_scale,
                           caps_.radius_scale_min, caps_.radius_scale_max);
  }
  if (!n.bearing.empty()) {
    const double s = median(n.bearing) / kNormalMedian * m.bearing_sigma_mdeg;
    m.bearing_sigma_mdeg = drawn(s * s, n.bearing.size(), prior.bearing_sigma_mdeg, caps_.bearing_sigma_mdeg_min,
                                 caps_.bearing_sigma_mdeg_max);
  }
  if (!n.distance.empty()) {
    const double s = median(n.distance) / kNormalMedian * m.distance_sigma_part;
    m.distance_sigma_part = drawn(s * s, n.distance.size(), prior.distance_sigma_part, caps_.distance_sigma_part_min,
                                  caps_.distance_sigma_part_max);
  }
  const auto ratio = [](const MeanSquare& r, double before, double low, double high) {
    return r.n == 0 ? before : drawn(r.sum / static_cast<double>(r.n), r.n, before, low, high);
  };
  m.count_sigma = ratio(n.ratio[0], prior.count_sigma, caps_.count_sigma_min, caps_.count_sigma_max);
  m.harm_sigma[0] = ratio(n.ratio[1], prior.harm_sigma[0], caps_.harm_sigma_min, caps_.harm_sigma_max);
  m.harm_sigma[1] = ratio(n.ratio[2], prior.harm_sigma[1], caps_.harm_sigma_min, caps_.harm_sigma_max);
  for (std::size_t g = 0; g < kHarmGroupCount; ++g) {
    m.harm_missed[g] = share(n.missed[g], n.harmed[g], prior.harm_missed[g], kHabitCases, caps_.harm_missed_min,
                             caps_.harm_missed_max);
  }
  for (std::size_t g = 0; g < kMeansGroupCount; ++g) {
    for (std::size_t h = 0; h < kHiddenKindCount; ++h)
      believe_distribution(m.confusion[g][h], n.confusion[g][h], prior.confusion[g][h], kRowCases);
  }
  believe_distribution(m.kind_prior, n.kinds, prior.kind_prior, kPriorCases);
  {
    // Rows with few cases lean on what all kinds together show, that on the neutral prior.
    std::array<double, kCountBins.size()> all{};
    for (const auto& row : n.numbers) {
      for (std::size_t k = 0; k < row.size(); ++k) all[k] += row[k];
    }
    std::array<double, kCountBins.size()> pooled{};
    believe_distribution(pooled, all, prior.count_prior[0], kPriorCases);
    for (std::size_t h = 0; h < n.numbers.size(); ++h)
      believe_distribution(m.count_prior[h], n.numbers[h], pooled, kRowCases);
  }
  believe_distribution(m.killed_prior, n.killed, prior.killed_prior, kPriorCases);
  believe_distribution(m.injured_prior, n.injured, prior.injured_prior, kPriorCases);
  believe_clocks(n);
  m.habits.clear();
  for (std::size_t p = 0; p < party_names_.size(); ++p) {
    if (n.party_incidents[p] <= 0 && n.party_could[p] <= 0) continue;
    PartyHabit h;
    h.reports =
        share(n.party_did[p], n.party_could[p], prior.habit.reports, kHabitCases, caps_.reports_min, caps_.reports_max);
    h.again = share(n.party_reports[p] - n.party_incidents[p], n.party_reports[p], prior.habit.again, kHabitCases,
                    caps_.again_min, caps_.again_max);
    m.habits[party_names_[p]] = h;
  }
  double could = 0;
  double did = 0;
  for (const auto& [reporter, p] : n.posts) could += p.could, did += p.did;
  m.post_reports = share(did, could, prior.post_reports, kHabitCases, caps_.reports_min, caps_.reports_max);
  m.posts.clear();
  for (const auto& [reporter, p] : n.posts) {
    m.posts[reporter_names_[reporter]] = {
        p.at, p.reach_m, share(p.did, p.could, m.post_reports, kHabitCases, caps_.reports_min, caps_.reports_max)};
  }
  m.same_spot =
      share(n.named_same, n.named_again, prior.same_spot, kHabitCases, caps_.same_spot_min, caps_.same_spot_max);
  for (std::size_t i = 0; i < m.spots.size(); ++i) m.spots[i].incidents_per_day = (n.spots[i] + 0.5) / days_;
  m.grid.incidents = std::move(n.cells);
  m.grid.days = days_;
  m.reports_per_incident = std::clamp(n.reports / std::max(n.clusters, 1.0), 1.0, 10.0);
  compared_ = n.compared;
}

Status check_within_caps(const FusionModel& m) {
  const CalibrationCaps c;
  Status found;
  const auto check = [&](std::string_view what, double v, double low, double high) {
    if (found && !(v >= low && v <= high))
      found = fail(ErrorCode::kInvalidCalibration, "lies beyond what may be learnt", std::string(what));
  };
  for (const double s : m.time_scale) check("time_scale_ppm", s, c.time_scale_min, c.time_scale_max);
  check("radius_scale_ppm", m.radius_scale, c.radius_scale_min, c.radius_scale_max);
  check("bearing_sigma_mdeg", m.bearing_sigma_mdeg, c.bearing_sigma_mdeg_min, c.bearing_sigma_mdeg_max);
  check("distance_sigma_ppm", m.distance_sigma_part, c.distance_sigma_part_min, c.distance_sigma_part_max);
  for (const auto& [name, s] : m.clock_offset_s)
    check("clock_offset_ms", s, -c.clock_offset_s_max, c.clock_offset_s_max);
  check("count_sigma_ppm", m.count_sigma, c.count_sigma_min, c.count_sigma_max);
  for (const double s : m.harm_sigma) check("harm_sigma_ppm", s, c.harm_sigma_min, c.harm_sigma_max);
  for (const double p : m.harm_missed) check("harm_missed_ppm", p, c.harm_missed_min, c.harm_missed_max);
  const auto check_habit = [&](std::string_view what, const PartyHabit& h) {
    check(what, h.reports, c.reports_min, c.reports_max);
    check(what, h.again, c.again_min, c.again_max);
  };
  check_habit("habit_ppm", m.habit);
  for (const auto& [name, h] : m.habits) check_habit("habits_ppm", h);
  check("post_reports_ppm", m.post_reports, c.reports_min, c.reports_max);
  for (const auto& [name, p] : m.posts) check("posts", p.reports, c.reports_min, c.reports_max);
  check("same_spot_ppm", m.same_spot, c.same_spot_min, c.same_spot_max);
  return found;
}

}  // namespace truce::monitor
