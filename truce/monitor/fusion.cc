// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/fusion.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "truce/base/math.h"

namespace truce::monitor {
namespace {

constexpr double kGateSigma = 3.2;
// Of two places with a spread, and their times, together: chi-square of three degrees of freedom, beyond in one case of
// 10^6.
constexpr double kSquaredDistanceMax = 31;
constexpr double kCellMetres = 5'000;
constexpr int kSweepMax = 4;
constexpr std::size_t kNearListMax = 4 * kGroupNeighbourMax;

// Reports by cell of the plane, in canonical (time) order within a cell.
class Cells {
 public:
  explicit Cells(std::span<const Scorer::Prepared> reports) {
    for (const auto& p : reports) {
      x0_ = std::min(x0_, p.x_m), y0_ = std::min(y0_, p.y_m);
      x1_ = std::max(x1_, p.x_m), y1_ = std::max(y1_, p.y_m);
    }
    size_ = kCellMetres;
    // A block over half the world gets larger cells, not a larger table.
    while ((x1_ - x0_) / size_ * ((y1_ - y0_) / size_) > 1e6) size_ *= 2;
    columns_ = static_cast<std::int32_t>((x1_ - x0_) / size_) + 1;
    rows_ = static_cast<std::int32_t>((y1_ - y0_) / size_) + 1;
    const std::size_t count = static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_);
    begin_.assign(count + 1, 0);
    for (const auto& p : reports) ++begin_[cell(p.x_m, p.y_m) + 1];
    for (std::size_t i = 1; i <= count; ++i) begin_[i] += begin_[i - 1];
    members_.resize(reports.size());
    std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
    for (std::uint32_t i = 0; i < reports.size(); ++i) members_[next[cell(reports[i].x_m, reports[i].y_m)]++] = i;
  }

  template <typename F>
  void for_cells_within(double x, double y, double reach, F&& f) const {
    const auto index = [&](double v, double v0, std::int32_t n) {
      return std::clamp(static_cast<std::int32_t>((v - v0) / size_), 0, n - 1);
    };
    for (std::int32_t r = index(y - reach, y0_, rows_); r <= index(y + reach, y0_, rows_); ++r) {
      for (std::int32_t c = index(x - reach, x0_, columns_); c <= index(x + reach, x0_, columns_); ++c) {
        const std::size_t k =
            static_cast<std::size_t>(r) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(c);
        f(std::span<const std::uint32_t>(members_).subspan(begin_[k], begin_[k + 1] - begin_[k]));
      }
    }
  }

 private:
  [[nodiscard]] std::size_t cell(double x, double y) const {
    const auto c = std::min(static_cast<std::int32_t>((x - x0_) / size_), columns_ - 1);
    const auto r = std::min(static_cast<std::int32_t>((y - y0_) / size_), rows_ - 1);
    return static_cast<std::size_t>(r) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(c);
  }
  double x0_ = 0, y0_ = 0, x1_ = 0, y1_ = 0, size_ = kCellMetres;
  std::int32_t columns_ = 1, rows_ = 1;
  std::vector<std::uint32_t> begin_, members_;
};

class Fuser {
 public:
  Fuser(const Scorer& scorer, const FusionConstraints& constraints) : scorer_(scorer), n_(scorer.prepared().size()) {
    cannot_.resize(constraints.splits.empty() ? 0 : n_);
    for (const auto& [a, b] : constraints.splits) {
      cannot_[a].push_back(b);
      cannot_[b].push_back(a);
    }
    label_.resize(n_);
    members_.resize(n_);
    pinned_.assign(n_, false);
    places_.resize(n_);
    settled_.assign(n_, false);
    seen_.assign(n_, 0);
    clusters_.reserve(n_);
    for (std::uint32_t i = 0; i < n_; ++i) {
      label_[i] = i;
      members_[i] = {i};
      clusters_.push_back(scorer.single(i));
    }
    for (const auto& [a, b] : constraints.joins) {
      pinned_[a] = pinned_[b] = true;
      join_unasked(std::min(label_[a], label_[b]), std::max(label_[a], label_[b]));
    }
  }

  Grouping run() {
    pairs_ = near_pairs(scorer_);
    merge();
    moves();
    return result();
  }

 private:
  struct Candidate {
    std::int64_t gain;
    std::uint32_t a, b;  // a < b
    std::uint32_t version_a, version_b;
    bool operator<(const Candidate& o) const {  // the top of the heap: greatest gain, then smallest numbers
      if (gain != o.gain) return gain < o.gain;
      if (a != o.a) return a > o.a;
      return b > o.b;
    }
  };

  // People said so: whatever the score, and even of kinds that would not be fused.
  void join_unasked(std::uint32_t a, std::uint32_t b) {
    if (a == b) return;
    for (const std::uint32_t m : members_[b]) label_[m] = a, members_[a].push_back(m);
    members_[b].clear();
    std::ranges::sort(members_[a]);
    clusters_[a] = scorer_.cluster_of(members_[a]);
  }

  [[nodiscard]] bool is_split(std::uint32_t a, std::uint32_t b) const {
    if (cannot_.empty()) return false;
    for (const std::uint32_t m : members_[a]) {
      for (const std::uint32_t o : cannot_[m]) {
        if (label_[o] == b) return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::int64_t gain(std::uint32_t a, std::uint32_t b) const {
    const std::int64_t joint = scorer_.score_of_union(clusters_[a], clusters_[b]);
    if (joint == kForbidden || is_split(a, b)) return kForbidden;
    return joint - clusters_[a].score - clusters_[b].score;
  }

  void merge() {
    std::vector<std::uint32_t> version(n_, 0);
    std::vector<std::vector<std::uint32_t>> near(n_);
    std::vector<Candidate> first;
    near_reports_.resize(n_);
    for (const auto& [i, j] : pairs_) {
      const std::uint32_t a = std::min(label_[i], label_[j]);
      const std::uint32_t b = std::max(label_[i], label_[j]);
      if (a == b) continue;
      const std::int64_t g = gain(a, b);
      if (g < kPairGainMin) continue;
      near_reports_[i].push_back(j);
      near_reports_[j].push_back(i);
      near[a].push_back(b);
      near[b].push_back(a);
      if (g > 0) first.push_back({g, a, b, 0, 0});
    }
    pairs_ = {};
    std::priority_queue<Candidate> heap(std::less<Candidate>{}, std::move(first));
    std::vector<std::uint32_t> mark(n_, UINT32_MAX);
    std::vector<std::uint32_t> joined;
    std::vector<std::pair<std::int64_t, std::uint32_t>> found;  // loss and number: the best first
    while (!heap.empty()) {
      const Candidate top = heap.top();
      heap.pop();
      if (version[top.a] != top.version_a || version[top.b] != top.version_b || members_[top.a].empty() ||
          members_[top.b].empty())
        continue;
      const std::uint32_t a = top.a;
      const std::uint32_t b = top.b;
      scorer_.unite(clusters_[a], clusters_[b]);
      for (const std::uint32_t m : members_[b]) label_[m] = a, members_[a].push_back(m);
      members_[b] = {};
      ++version[a], ++version[b];
      joined.clear();
      mark[a] = a;
      for (const auto* list : {&near[a], &near[b]}) {
        for (const std::uint32_t o : *list) {
          // A neighbour may have been swallowed since: its cluster is now that of its first member.
          const std::uint32_t c = label_[o];
          if (c == a || mark[c] == a) continue;
          mark[c] = a;
          joined.push_back(c);
        }
      }
      for (const std::uint32_t c : joined) mark[c] = UINT32_MAX;
      mark[a] = UINT32_MAX;
      near[b] = {};
      near[a].clear();
      found.clear();
      for (const std::uint32_t c : joined) {
        const std::int64_t g = gain(std::min(a, c), std::max(a, c));
        if (g >= kPairGainMin) found.emplace_back(-g, c);
      }
      if (found.size() > kGroupNeighbourMax) {
        std::ranges::nth_element(found, found.begin() + kGroupNeighbourMax);
        found.resize(kGroupNeighbourMax);
      }
      for (const auto& [loss, c] : found) {
        near[a].push_back(c);
        near[c].push_back(a);
        if (near[c].size() > kNearListMax) compact(near[c], c);
        if (loss < 0)
          heap.push({-loss, std::min(a, c), std::max(a, c), version[std::min(a, c)], version[std::max(a, c)]});
      }
    }
  }

  // In a flood a group is met by thousands: its list is cleared of groups that are gone and of repetitions, and of the
  // others those nearest in time are kept.
  void compact(std::vector<std::uint32_t>& list, std::uint32_t own) const {
    for (std::uint32_t& o : list) o = label_[o];
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
    if (list.size() <= kNearListMax / 2) return;
    const auto distance = [own](std::uint32_t o) { return o > own ? o - own : own - o; };
    std::ranges::sort(list, [&](std::uint32_t x, std::uint32_t y) {
      return distance(x) != distance(y) ? distance(x) < distance(y) : x < y;
    });
    list.resize(kNearListMax / 2);
  }

  // Score of a cluster without one of its members (0 for none left).
  [[nodiscard]] std::int64_t without(std::uint32_t cluster, std::uint32_t report, Cluster& rest) const {
    if (members_[cluster].size() == 1) return 0;
    std::vector<std::uint32_t> others;
    for (const std::uint32_t m : members_[cluster]) {
      if (m != report) others.push_back(m);
    }
    std::ranges::sort(others);
    rest = scorer_.cluster_of(others);
    return rest.score;
  }

  struct Options {
    std::int64_t stay = 0;           // value of the place that it has
    std::int64_t best = kForbidden;  // of the best other place
    std::uint32_t best_cluster = 0;  // label; own number and is_alone: alone
    bool best_alone = false;
    std::vector<std::int64_t> values;  // of all other places
  };

  // The value of a place for report i: the score that it adds there. REQUIRES: not pinned.
  void look(std::uint32_t i, Options& o) {
    const std::uint32_t own = label_[i];
    Cluster rest;
    const std::int64_t rest_score = without(own, i, rest);
    o.values.clear();
    o.best = kForbidden;
    const bool is_alone = members_[own].size() == 1;
    o.stay = clusters_[own].score - rest_score;
    const auto offer = [&](std::int64_t value, std::uint32_t cluster, bool alone) {
      o.values.push_back(value);
      if (value > o.best) o.best = value, o.best_cluster = cluster, o.best_alone = alone;
    };
    if (!is_alone) offer(scorer_.single(i).score, i, true);
    ++stamp_;
    for (const std::uint32_t j : near_reports_[i]) {
      const std::uint32_t c = label_[j];
      if (c == own || seen_[c] == stamp_) continue;
      seen_[c] = stamp_;
      const std::int64_t joint = scorer_.score_of_union(clusters_[c], scorer_.single(i));
      if (joint == kForbidden) continue;
      if (!cannot_.empty()) {
        bool split = false;
        for (const std::uint32_t other : cannot_[i]) split = split || label_[other] == c;
        if (split) continue;
      }
      offer(joint - clusters_[c].score, c, false);
    }
  }

  // Keeps what look() found for a report that stays where it is, until something near changes.
  void settle(std::uint32_t i, const Options& o) {
    settled_[i] = true;
    Place& p = places_[i];
    p.has_other = o.best != kForbidden;
    if (!p.has_other) return;
    double others = 0;
    for (const std::int64_t v : o.values)
      others += math::exp(std::min(static_cast<double>(v - o.stay) / kMicronats, 50.0));
    p.certainty_ppm = static_cast<std::int32_t>(math::round_to_integer(1e6 / (1 + others)));
    p.other_alone = o.best_alone;
    p.other = o.best_cluster;
    p.other_behind = std::max<std::int64_t>(o.stay - o.best, 0);
  }

  void rebuild(std::uint32_t cluster) {
    std::ranges::sort(members_[cluster]);
    clusters_[cluster] = scorer_.cluster_of(members_[cluster]);
  }

  void moves() {
    for (auto& list : near_reports_) std::ranges::sort(list);
    std::vector<bool> look_at(n_, true);
    std::vector<bool> next(n_, false);
    Options o;
    for (int sweep = 0; sweep < kSweepMax; ++sweep) {
      bool any = false;
      for (std::uint32_t i = 0; i < n_; ++i) {
        if (!look_at[i] || pinned_[i] || near_reports_[i].empty()) continue;
        look(i, o);
        if (o.best <= o.stay) {
          settle(i, o);
          continue;
        }
        any = true;
        const std::uint32_t from = label_[i];
        std::uint32_t to = o.best_cluster;
        std::erase(members_[from], i);
        if (o.best_alone) {
          // Its own number may be the label of the cluster that it leaves.
          to = i;
          if (from == i) relabel(i, members_[i]);
        } else if (from == i && !members_[from].empty()) {
          relabel(i, members_[i]);
        }
        members_[to].push_back(i);
        label_[i] = to;
        rebuild(to);
        const std::uint32_t rest = from == i ? moved_to_ : from;
        if (rest != UINT32_MAX && !members_[rest].empty()) rebuild(rest);
        moved_to_ = UINT32_MAX;
        for (const std::uint32_t c : {to, rest}) {
          if (c == UINT32_MAX) continue;
          for (const std::uint32_t m : members_[c]) {
            next[m] = true;
            settled_[m] = false;
            for (const std::uint32_t k : near_reports_[m]) {
              next[k] = true;
              settled_[k] = false;
            }
          }
        }
      }
      if (!any) break;
      look_at.swap(next);
      next.assign(n_, false);
    }
  }

  // The cluster labelled i is labelled by another of its members, so that i can be something else.
  void relabel(std::uint32_t i, std::vector<std::uint32_t>& members) {
    if (members.empty()) return;
    std::vector<std::uint32_t> moved = std::move(members);
    members.clear();
    const std::uint32_t label = *std::ranges::min_element(moved);
    for (const std::uint32_t m : moved) label_[m] = label;
    members_[label] = std::move(moved);
    clusters_[label] = clusters_[i];
    moved_to_ = label;
  }

  Grouping result() {
    Grouping out;
    out.reports.resize(n_);
    for (std::uint32_t c = 0; c < n_; ++c) {
      if (members_[c].empty()) continue;
      out.score += clusters_[c].score;
      const std::uint32_t first = *std::ranges::min_element(members_[c]);
      for (const std::uint32_t m : members_[c]) out.reports[m].cluster = first;
    }
    Options o;
    for (std::uint32_t i = 0; i < n_; ++i) {
      FusedReport& r = out.reports[i];
      r.other = i;
      r.other_behind = INT64_MAX;
      if (pinned_[i] || near_reports_[i].empty()) continue;
      if (!settled_[i]) {
        look(i, o);
        settle(i, o);
      }
      const Place& p = places_[i];
      if (!p.has_other) continue;
      r.certainty_ppm = p.certainty_ppm;
      r.other = p.other_alone ? i : out.reports[members_[label_[p.other]].front()].cluster;
      r.other_behind = p.other_behind;
    }
    return out;
  }

  const Scorer& scorer_;
  const std::size_t n_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_;
  std::vector<std::uint32_t> label_;                 // of a report: number of its cluster
  std::vector<std::vector<std::uint32_t>> members_;  // by cluster
  std::vector<Cluster> clusters_;
  std::vector<std::vector<std::uint32_t>> cannot_;
  std::vector<std::vector<std::uint32_t>> near_reports_;
  std::vector<bool> pinned_;
  struct Place {
    bool has_other = false, other_alone = false;
    std::int32_t certainty_ppm = 1'000'000;
    std::uint32_t other = 0;  // label of the cluster
    std::int64_t other_behind = 0;
  };
  std::vector<Place> places_;
  std::vector<bool> settled_;
  std::vector<std::uint32_t> seen_;  // by cluster: the stamp of the look that met it last
  std::uint32_t stamp_ = 0;
  std::uint32_t moved_to_ = UINT32_MAX;
};

}  // namespace

std::vector<std::pair<std::uint32_t, std::uint32_t>> near_pairs(const Scorer& scorer) {
  const auto& reports = scorer.prepared();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
  if (reports.empty()) return out;
  const Cells cells(reports);
  double sigma_max = 0;
  double reach_max = 0;
  for (const auto& p : reports) {
    if (p.family == 0) continue;
    sigma_max = std::max(sigma_max, p.sigma_s);
    reach_max = std::max(reach_max, p.reach_m);
  }
  // Correcting clocks can put reports out of time order by as much as the largest offset and delay: compared with a
  // margin, the exact gate follows.
  double shift_max = 0;
  for (std::size_t i = 1; i < reports.size(); ++i) shift_max = std::max(shift_max, reports[i - 1].t_s - reports[i].t_s);
  double running = -1e300;
  for (const auto& p : reports) {
    running = std::max(running, p.t_s);
    shift_max = std::max(shift_max, running - p.t_s);
  }
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < reports.size(); ++i) {
    const auto& p = reports[i];
    if (p.family == 0) continue;
    found.clear();
    const double window = kGateSigma * math::sqrt(p.sigma_s * p.sigma_s + sigma_max * sigma_max) + shift_max;
    cells.for_cells_within(p.x_m, p.y_m, p.reach_m + reach_max, [&](std::span<const std::uint32_t> members) {
      for (auto it = std::ranges::upper_bound(members, i); it != members.end(); ++it) {
        const auto& q = reports[*it];
        const double dt = q.t_s - p.t_s;
        if (dt > window + shift_max) break;
        if (q.family != p.family) continue;
        if (dt * dt > kGateSigma * kGateSigma * (p.sigma_s * p.sigma_s + q.sigma_s * q.sigma_s)) continue;
        const double dx = q.x_m - p.x_m;
        const double dy = q.y_m - p.y_m;
        const double reach = p.spot >= 0 && q.spot >= 0 ? std::max(p.reach_m, q.reach_m) : p.reach_m + q.reach_m;
        if (dx * dx + dy * dy > reach * reach) continue;
        if (p.spot < 0 && q.spot < 0) {
          // The ellipse rather than the circle around it: sectors are long and narrow.
          const double c11 = p.c11 + q.c11;
          const double c12 = p.c12 + q.c12;
          const double c22 = p.c22 + q.c22;
          const double squared = (dx * dx * c22 - 2 * dx * dy * c12 + dy * dy * c11) / (c11 * c22 - c12 * c12) +
                                 dt * dt / (p.sigma_s * p.sigma_s + q.sigma_s * q.sigma_s);
          if (squared > kSquaredDistanceMax) continue;
        }
        found.push_back(*it);
        if (found.size() > 4 * kNeighbourMax) break;  // of one cell
      }
    });
    if (found.size() > kNeighbourMax) {
      std::ranges::nth_element(found, found.begin() + kNeighbourMax);
      found.resize(kNeighbourMax);
    }
    std::ranges::sort(found);
    for (const std::uint32_t j : found) out.emplace_back(i, j);
  }
  return out;
}

Grouping fuse(const Scorer& scorer, const FusionConstraints& constraints) {
  return Fuser(scorer, constraints).run();
}

}  // namespace truce::monitor
