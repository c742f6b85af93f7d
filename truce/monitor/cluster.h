// SPDX-License-Identifier: Apache-2.0
//
// Cluster: some reports taken to be about one incident, as the numbers that its likelihood needs. Two clusters are
// joined by adding and multiplying these numbers, so that a gain costs the same whatever their sizes. Scorer prepares
// the reports of one block and gives scores.
//
// The score of a cluster is the logarithm of the marginal likelihood of its reports, over the hidden place, time, kind,
// numbers and direction, times the density of incidents there, in int64 micronats. Scores of clusters add up to that of
// a grouping; only differences mean something (docs/fusion.md). Internal to monitor. One thread a Scorer's building;
// then only read.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "truce/monitor/fusion_model.h"
#include "truce/monitor/report.h"

namespace truce::monitor {

inline constexpr double kMicronats = 1e6;
// Added where a cluster may not be: no sum of real scores comes near.
inline constexpr std::int64_t kForbidden = -(std::int64_t{1} << 50);

// What the fusion needs of a report. Names are numbers of the caller's (equal texts, equal numbers; the order of the
// numbers decides nothing).
struct FusionReport {
  std::int64_t from_ms = 0, to_ms = 0;
  std::int64_t precision_s = 0;
  Place::Form form = Place::Form::kPoint;
  geo::LatLng at;  // the point, or the observer of a bearing
  std::int32_t radius_m = 0;
  std::int32_t bearing_mdeg = 0, distance_m = 0, bearing_error_mdeg = -1, distance_error_m = -1;
  Kind kind = Kind::kOther;
  Means means = Means::kNotStated;
  std::int32_t count = -1, killed = -1, injured = -1;  // best; -1: not stated
  std::int32_t direction_mdeg = -1;
  std::uint32_t party = 0;     // number of the said party
  std::uint32_t reporter = 0;  // number of the pair (said party, reporter); 0: no reporter stated
  std::uint32_t scheme = 0;    // number of the coded data set (its events are distinct by construction); 0: none
  bool stands_alone = false;   // over quota: in no group
};

// Whether it can be about an incident that others tell of too: a kind that happens for all to see, a time and place
// that are not too wide.
[[nodiscard]] bool may_fuse(const FusionReport& report);

// The parts of a score, for explanations. Time and place each hold their share of how rare incidents are, so that what
// several reports gain by being one incident is above 0 where they agree better than by chance.
enum class ScorePart : std::uint8_t { kTime, kPlace, kKind, kCount, kCasualties, kDirection, kReporters };
inline constexpr std::size_t kScorePartCount = 7;
[[nodiscard]] std::string_view score_part_code(ScorePart part);
using ScoreParts = std::array<double, kScorePartCount>;  // nats

inline constexpr std::size_t kDirectionBinCount = 8;
inline constexpr std::size_t kClusterPartyMax = 12;
inline constexpr std::size_t kClusterPostMax = 24;

struct Cluster {
  std::int32_t size = 0;
  std::uint32_t family = 0;  // 0: fuses with nothing
  // Time: sums over members of weight, weight * time, weight * time^2 (seconds), log weight / 2.
  double w = 0, wt = 0, wtt = 0, log_w = 0;
  // Places with a spread: information matrix, vector, constant, sum of log determinants / 2.
  double log_posts = 0;  // odds of the posts that report
  double l11 = 0, l12 = 0, l22 = 0, e1 = 0, e2 = 0, q = 0, log_det = 0;
  std::int32_t located = 0;
  // Named places: the one first named, how often; another one, how often; any further.
  std::int32_t spot = -1, spot_count = 0, other_spot = -1, other_count = 0, further_count = 0;
  // Likelihoods of what is hidden, each up to a factor whose logarithm is in `log_factor`.
  std::array<double, kHiddenKindCount + 1> kind;  // the last is padding
  std::array<double, kCountBins.size()> count;
  std::array<double, kHarmBins.size()> killed, injured;
  std::array<double, kDirectionBinCount> direction;
  double log_factor = 0;
  std::int32_t directions = 0;
  // Who reports: parties with numbers of general reports; posts.
  std::array<std::uint32_t, kClusterPartyMax> party;
  std::array<std::uint16_t, kClusterPartyMax> party_count;
  std::array<std::uint32_t, kClusterPostMax> post;
  std::uint8_t parties = 0, posts = 0;
  std::uint32_t scheme = 0;
  std::int64_t score = 0;  // of this cluster, micronats
};

class Scorer {
 public:
  // One report as it stands in the block's plane.
  struct Prepared {
    double t_s = 0, sigma_s = 0;       // corrected for the reporter's clock and for the way of the sound
    double x_m = 0, y_m = 0;           // nominal
    double c11 = 0, c12 = 0, c22 = 0;  // spread of a place that is not a named one: covariance, m^2
    double reach_m = 0;                // three sigma of the longer axis, or of a named place's cell
    std::int32_t spot = -1;            // number of the named place in the model; -1: a place with a spread
    std::uint32_t family = 0;          // 0: fuses with nothing
    bool is_post = false;
  };

  // `reports` and `model` are kept. `party_names` and `reporter_names` give the texts of the numbers (for the tables of
  // the model). REQUIRES: places valid.
  Scorer(std::span<const FusionReport> reports, const FusionModel& model, std::span<const std::string> party_names,
         std::span<const std::string> reporter_names);

  [[nodiscard]] const std::vector<Prepared>& prepared() const { return prepared_; }
  // A report alone, with its score.
  [[nodiscard]] const Cluster& single(std::size_t i) const { return singles_[i]; }
  // Score of the two together, kForbidden where they cannot be one. Joins nothing.
  [[nodiscard]] std::int64_t score_of_union(const Cluster& a, const Cluster& b) const;
  // a becomes the union, with its score. REQUIRES: score_of_union(a, b) > kForbidden.
  void unite(Cluster& a, const Cluster& b) const;
  // Of the members of one cluster, in any order. REQUIRES: not empty and allowed together.
  [[nodiscard]] Cluster cluster_of(std::span<const std::uint32_t> members) const;
  [[nodiscard]] ScoreParts parts(const Cluster& c) const;

  // Where and when a cluster most likely was: time (ms), place, standard deviations. Valid for size >= 1.
  struct Estimate {
    double t_s = 0, sigma_t_s = 0;
    double x_m = 0, y_m = 0, sigma_m = 0;
  };
  [[nodiscard]] Estimate estimate(const Cluster& c) const;
  [[nodiscard]] geo::LatLng to_lat_lng(double x_m, double y_m) const;
  [[nodiscard]] std::int64_t reference_ms() const { return reference_ms_; }
  [[nodiscard]] const FusionModel& model() const { return model_; }
  [[nodiscard]] std::span<const FusionReport> reports() const { return reports_; }
  // P(hidden kind | members), summing to 1 for the family of weapon uses, all 0 for others; and with the true number,
  // not scaled: row kHiddenKindCount for other families.
  [[nodiscard]] std::array<double, kHiddenKindCount> kind_posterior(const Cluster& c) const;
  using KindAndCount = std::array<std::array<double, kCountBins.size()>, kHiddenKindCount + 1>;
  [[nodiscard]] KindAndCount kind_and_count(const Cluster& c) const;
  // Whether two clusters could ever be one, by who and what they are.
  [[nodiscard]] bool may_unite(const Cluster& a, const Cluster& b) const;

 private:
  struct Spot {
    double x = 0, y = 0;
    double log_rate = 0;  // incidents a second
    double reach_m = 0;   // half way to the farthest of its neighbours
    std::array<std::int32_t, 8> neighbours{};
  };
  void prepare_spots();
  void prepare_grid();
  void prepare_tables();
  void prepare_report(std::size_t i);
  [[nodiscard]] double log_density(double x, double y) const;  // incidents per m^2 and second
  [[nodiscard]] double log_spot_given(double x, double y, double c11, double c12, double c22, std::int32_t spot) const;
  void merge_numbers(Cluster& out, const Cluster& a, const Cluster& b) const;
  template <bool kAll>
  [[nodiscard]] double evaluate(const Cluster& c, ScoreParts* parts) const;
  [[nodiscard]] double reporters_part(const Cluster& c) const;

  std::span<const FusionReport> reports_;
  const FusionModel& model_;
  std::span<const std::string> party_names_, reporter_names_;
  std::vector<double> offset_s_;  // by reporter number
  struct Habit {
    double log_some = 0, log_again = 0, log_none = 0;
  };
  std::vector<Habit> habits_;  // by party number
  double log_none_at_all_ = 0;
  double log_same_spot_ = 0, log_other_spot_ = 0;
  std::vector<double> log_post_;  // by reporter number: odds of reporting
  std::int64_t reference_ms_ = 0;
  geo::LatLng reference_;
  double north_m_ = 0, east_m_ = 0;  // metres per E7
  std::vector<Prepared> prepared_;
  std::vector<Cluster> singles_;
  std::vector<Spot> spots_;
  // The density of incidents on the cells that the block covers.
  std::int32_t grid_row_ = 0, grid_column_ = 0, grid_rows_ = 0, grid_columns_ = 0;
  std::vector<double> grid_log_density_;
  double background_log_density_ = 0;
  double log_rate_ = 0;                                             // of incidents a second, wherever
  std::vector<std::array<double, kCountBins.size()>> count_table_;  // by reported number
  std::array<std::array<std::vector<std::array<double, kHarmBins.size()>>, kHarmGroupCount>, 2>
      harm_table_;                                                          // killed, injured
  std::array<std::array<double, kDirectionBinCount>, 72> direction_table_;  // by 5 degrees
};

}  // namespace truce::monitor
