// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/cluster.h"

#include <algorithm>
#include <cstdlib>

#include "truce/base/math.h"
#include "truce/geo/geodesy.h"

namespace truce::monitor {
namespace {

constexpr double kLogTwoPi = 1.8378770664093454836;
constexpr double kSpeedOfSoundMps = 343;  // in air of 20 degrees Celsius; 331 at 0
constexpr double kSigmaSecondsMin = 20;   // nobody's watch is better
constexpr double kSigmaMetresMin = 30;
// A report wider than these in time or place could be about anything: it stands alone.
constexpr double kSigmaSecondsMax = 10.0 * 3600;
constexpr std::int32_t kFusedRadiusMetresMax = 20'000;
constexpr std::int32_t kFusedDistanceMetresMax = 40'000;
constexpr double kReachMetresMax = 25'000;
// Between two named places the border of "nearest" is not a knife's edge.
constexpr double kSpotBorderMetres = 300;
constexpr double kSecondsPerDay = 86'400;
// A place named by nobody's neighbours at all: naming it was a mistake.
constexpr double kLogWrongSpot = -9;
// Products below this are scaled up again.
constexpr double kTiny = 1e-60;

// 1 / (1 + exp(-1.702 z)) is the normal distribution function within 0.01 (Camilli 1994).
double log_normal_cdf_about(double z) {
  if (z >= 6) return 0;
  if (z < -6) z = -6;
  return -math::log(1 + math::exp(-1.702 * z));
}

std::uint32_t family_of(Kind kind) {
  if (is_weapon_use(kind)) return 1;
  switch (kind) {
    case Kind::kWeaponInViolation:
    case Kind::kPositionInViolation:
    case Kind::kForceMovement:
    case Kind::kOverflight:
    case Kind::kCasualties:
    case Kind::kDamage:
    case Kind::kDetention: return 2 + static_cast<std::uint32_t>(kind);
    default: return 0;  // what one party does or says of itself
  }
}

template <std::size_t N>
bool scale_up(std::array<double, N>& a, double& log_factor) {
  const double top = *std::ranges::max_element(a);
  if (top > kTiny || top <= 0) return false;
  for (double& v : a) v /= top;
  log_factor += math::log(top);
  return true;
}

template <std::size_t N, std::size_t M>
double dot(const std::array<double, N>& a, const std::array<double, M>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < std::min(N, M); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

bool may_fuse(const FusionReport& r) {
  // The widest that a calibration can make of what is stated must fit, so that the answer does not depend on one.
  const double width_s = static_cast<double>(r.to_ms - r.from_ms) * 1e-3;
  const double stated = static_cast<double>(r.precision_s);
  return !r.stands_alone && family_of(r.kind) != 0 && r.radius_m <= kFusedRadiusMetresMax &&
         r.distance_m <= kFusedDistanceMetresMax &&
         stated * stated / 4 + width_s * width_s / 12 <= kSigmaSecondsMax * kSigmaSecondsMax;
}

std::string_view score_part_code(ScorePart part) {
  switch (part) {
    case ScorePart::kTime: return "time";
    case ScorePart::kPlace: return "place";
    case ScorePart::kKind: return "kind";
    case ScorePart::kCount: return "count";
    case ScorePart::kCasualties: return "casualties";
    case ScorePart::kDirection: return "direction";
    case ScorePart::kReporters: return "reporters";
  }
  return "";
}

Scorer::Scorer(std::span<const FusionReport> reports, const FusionModel& model,
               std::span<const std::string> party_names, std::span<const std::string> reporter_names)
    : reports_(reports), model_(model), party_names_(party_names), reporter_names_(reporter_names) {
  offset_s_.resize(reporter_names.size(), 0);
  for (std::size_t i = 0; i < reporter_names.size() && !model.clock_offset_s.empty(); ++i) {
    if (const auto it = model.clock_offset_s.find(reporter_names[i]); it != model.clock_offset_s.end())
      offset_s_[i] = it->second;
  }
  std::vector<bool> speaks(party_names.size(), false);
  for (const FusionReport& r : reports) speaks[r.party] = true;
  const auto log_habit = [](const PartyHabit& h) {
    return Habit{math::log(h.reports * (1 - h.again)), math::log(h.again), math::log(1 - h.reports)};
  };
  habits_.resize(party_names.size());
  for (std::size_t i = 0; i < party_names.size(); ++i) {
    const auto it = model.habits.find(party_names[i]);
    habits_[i] = log_habit(it != model.habits.end() ? it->second : model.habit);
    if (model.habits.empty() && speaks[i]) log_none_at_all_ += habits_[i].log_none;
  }
  // Not speaking tells something only of parties that are known to speak; in the order of their names.
  for (const auto& [party, habit] : model.habits) log_none_at_all_ += math::log(1 - habit.reports);
  log_post_.resize(reporter_names.size(), math::log(model.post_reports / (1 - model.post_reports)));
  for (std::size_t i = 0; i < reporter_names.size() && !model.posts.empty(); ++i) {
    if (const auto it = model.posts.find(reporter_names[i]); it != model.posts.end())
      log_post_[i] = math::log(it->second.reports / (1 - it->second.reports));
  }

  if (!reports.empty()) {
    reference_ms_ = reports.front().from_ms;
    reference_ = reports.front().at;
    const geo::LocalScale scale = geo::local_scale(reference_);
    north_m_ = scale.north_m_per_e7;
    east_m_ = std::max(scale.east_m_per_e7, 1e-6);
  }
  log_same_spot_ = math::log(model.same_spot);
  log_other_spot_ = math::log(1 - model.same_spot);
  prepare_tables();
  prepared_.resize(reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i) prepare_report(i);
  prepare_spots();
  prepare_grid();
  singles_.resize(reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    Cluster& c = singles_[i];
    const FusionReport& r = reports[i];
    const Prepared& p = prepared_[i];
    c.size = 1;
    c.family = p.family;
    c.w = 1 / (p.sigma_s * p.sigma_s);
    c.wt = c.w * p.t_s;
    c.wtt = c.wt * p.t_s;
    c.log_w = 0.5 * math::log(c.w);
    if (p.spot >= 0) {
      c.spot = p.spot;
      c.spot_count = 1;
    } else {
      double sigma_1 = 0;
      double sigma_2 = 0;
      double ux = 0;
      double uy = 1;
      if (r.form == Place::Form::kPoint) {
        sigma_1 = sigma_2 = std::max(kSigmaMetresMin, model.radius_scale * r.radius_m);
      } else {
        const double bearing = r.bearing_mdeg * 1e-3 * math::kDegree;
        ux = math::sin(bearing);
        uy = math::cos(bearing);
        const double angle =
            (r.bearing_error_mdeg >= 0 ? r.bearing_error_mdeg : model.bearing_sigma_mdeg) * 1e-3 * math::kDegree;
        const double along = r.distance_error_m >= 0 ? r.distance_error_m : model.distance_sigma_part * r.distance_m;
        const double own = model.radius_scale * r.radius_m;
        sigma_1 = math::sqrt(std::max(along * along, 100.0 * 100.0) + own * own);  // along the bearing
        const double across = std::min(angle, 1.5) * r.distance_m;
        sigma_2 = math::sqrt(std::max(across * across, kSigmaMetresMin * kSigmaMetresMin) + own * own);
      }
      const double a = 1 / (sigma_1 * sigma_1);
      const double b = 1 / (sigma_2 * sigma_2);
      c.l11 = a * ux * ux + b * uy * uy;
      c.l12 = (a - b) * ux * uy;
      c.l22 = a * uy * uy + b * ux * ux;
      c.e1 = c.l11 * p.x_m + c.l12 * p.y_m;
      c.e2 = c.l12 * p.x_m + c.l22 * p.y_m;
      c.q = p.x_m * c.e1 + p.y_m * c.e2;
      c.log_det = 0.5 * math::log(a * b);
      c.located = 1;
      prepared_[i].c11 = c.l22 / (a * b);
      prepared_[i].c12 = -c.l12 / (a * b);
      prepared_[i].c22 = c.l11 / (a * b);
    }
    const std::size_t g = means_group(r.means);
    c.kind.fill(1);
    if (p.family == 1) {
      const std::size_t o = static_cast<std::size_t>(r.kind);
      for (std::size_t h = 0; h < kHiddenKindCount; ++h) c.kind[h] = model.confusion[g][h][o];
    }
    c.kind[kHiddenKindCount] = 0;
    c.count.fill(1);
    if (r.count >= 0)
      c.count = count_table_[static_cast<std::size_t>(std::min(std::max(r.count, 1), kReportedNumberMax))];
    const std::size_t teller = harm_group(r.means, p.is_post);
    c.killed.fill(1);
    if (r.killed >= 0)
      c.killed = harm_table_[0][teller][static_cast<std::size_t>(std::min(r.killed, kReportedNumberMax))];
    c.injured.fill(1);
    if (r.injured >= 0)
      c.injured = harm_table_[1][teller][static_cast<std::size_t>(std::min(r.injured, kReportedNumberMax))];
    c.direction.fill(1);
    if (r.direction_mdeg >= 0) {
      c.direction = direction_table_[static_cast<std::size_t>(r.direction_mdeg / 5'000 % 72)];
      c.directions = 1;
    }
    if (p.is_post && r.reporter != 0) {
      c.post[0] = r.reporter;
      c.log_posts = log_post_[r.reporter];
      c.posts = 1;
    } else {
      c.party[0] = r.party;
      c.party_count[0] = 1;
      c.parties = 1;
    }
    c.scheme = r.scheme;
    c.score = math::round_to_integer(evaluate<false>(c, nullptr) * kMicronats);
  }
}

void Scorer::prepare_tables() {
  count_table_.resize(kReportedNumberMax + 1);
  std::array<double, kReportedNumberMax + 1> log_of{};
  for (int r = 1; r <= kReportedNumberMax; ++r) log_of[static_cast<std::size_t>(r)] = math::log(r);
  const double count_k = 0.5 / (model_.count_sigma * model_.count_sigma);
  for (std::size_t n = 0; n < kCountBins.size(); ++n) {
    const double log_n = log_of[static_cast<std::size_t>(kCountBins[n])];
    double sum = 0;
    for (std::size_t r = 1; r <= kReportedNumberMax; ++r) {
      const double d = log_of[r] - log_n;
      sum += count_table_[r][n] = math::exp(-count_k * d * d) / static_cast<double>(r) + 1e-6;
    }
    for (std::size_t r = 1; r <= kReportedNumberMax; ++r) count_table_[r][n] /= sum;
  }
  for (std::size_t k = 0; k < 2 * kHarmGroupCount; ++k) {
    const std::size_t g = k % kHarmGroupCount;
    const double sigma = model_.harm_sigma[k / kHarmGroupCount];
    const double harm_k = 0.5 / (sigma * sigma);
    auto& table = harm_table_[k / kHarmGroupCount][g];
    table.resize(kReportedNumberMax + 1);
    for (std::size_t n = 0; n < kHarmBins.size(); ++n) {
      double sum = 0;
      for (std::size_t r = 1; r <= kReportedNumberMax; ++r) {
        const double d = log_of[r] - (kHarmBins[n] > 0 ? log_of[static_cast<std::size_t>(kHarmBins[n])] : 0);
        // Numbers of harm where there was none: small ones are likelier.
        const double v =
            kHarmBins[n] == 0 ? 1.0 / static_cast<double>(r * r) : math::exp(-harm_k * d * d) / static_cast<double>(r);
        sum += table[r][n] = v + 1e-6;
      }
      const double zero = kHarmBins[n] == 0 ? 1 - model_.harm_invented : model_.harm_missed[g];
      for (std::size_t r = 1; r <= kReportedNumberMax; ++r) table[r][n] *= (1 - zero) / sum;
      table[0][n] = zero;
    }
  }
  for (std::size_t d = 0; d < direction_table_.size(); ++d) {
    double sum = 0;
    for (std::size_t b = 0; b < kDirectionBinCount; ++b) {
      const double diff = (static_cast<double>(d) * 5 + 2.5 - static_cast<double>(b) * 45) * math::kDegree;
      // Von Mises with a standard deviation of about 20 degrees; one report in a thousand is simply wrong.
      sum += direction_table_[d][b] = math::exp(8 * (math::cos(diff) - 1)) + 1e-3;
    }
    for (double& v : direction_table_[d]) v *= kDirectionBinCount / sum;
  }
}

void Scorer::prepare_report(std::size_t i) {
  const FusionReport& r = reports_[i];
  Prepared& p = prepared_[i];
  p.is_post = r.form == Place::Form::kBearing || r.form == Place::Form::kPostBearing;
  const double width_s = static_cast<double>(r.to_ms - r.from_ms) * 1e-3;
  p.t_s = static_cast<double>(r.from_ms - reference_ms_) * 1e-3 + width_s / 2;
  if (r.reporter != 0) p.t_s -= offset_s_[r.reporter];
  if (r.means == Means::kHeard && p.is_post) p.t_s -= r.distance_m / kSpeedOfSoundMps;
  const double stated = model_.time_scale[p.is_post ? 0 : 1] * static_cast<double>(r.precision_s);
  p.sigma_s = math::sqrt(std::max(stated * stated, kSigmaSecondsMin * kSigmaSecondsMin) + width_s * width_s / 12);
  geo::LatLng nominal = r.at;
  if (p.is_post) nominal = geo::destination(r.at, r.bearing_mdeg, r.distance_m);
  std::int64_t dlng = std::int64_t{nominal.lng_e7} - reference_.lng_e7;
  if (dlng > geo::kLngE7Max) dlng -= 2 * std::int64_t{geo::kLngE7Max};
  if (dlng < -std::int64_t{geo::kLngE7Max}) dlng += 2 * std::int64_t{geo::kLngE7Max};
  p.x_m = static_cast<double>(dlng) * east_m_;
  p.y_m = (static_cast<double>(nominal.lat_e7) - reference_.lat_e7) * north_m_;
  p.family = may_fuse(r) ? family_of(r.kind) : 0;
  if (p.is_post) {
    const double angle =
        (r.bearing_error_mdeg >= 0 ? r.bearing_error_mdeg : model_.bearing_sigma_mdeg) * 1e-3 * math::kDegree;
    const double along = r.distance_error_m >= 0 ? r.distance_error_m : model_.distance_sigma_part * r.distance_m;
    p.reach_m = 3 * std::max(along, std::min(angle, 1.5) * r.distance_m) + 3 * model_.radius_scale * r.radius_m;
  } else {
    p.reach_m = 3 * model_.radius_scale * r.radius_m;
    const auto it = std::ranges::lower_bound(model_.spots, std::pair(r.at, r.radius_m), {},
                                             [](const NamedSpot& s) { return std::pair(s.at, s.radius_m); });
    if (it != model_.spots.end() && it->at == r.at && it->radius_m == r.radius_m) {
      p.spot = static_cast<std::int32_t>(it - model_.spots.begin());
    }
  }
  p.reach_m = std::min(std::max(p.reach_m, 3 * kSigmaMetresMin), kReachMetresMax);
}

void Scorer::prepare_spots() {
  // Only places near the block matter; numbers in Prepared become numbers in spots_.
  double west = 0, east = 0, south = 0, north = 0;
  for (const Prepared& p : prepared_) {
    west = std::min(west, p.x_m), east = std::max(east, p.x_m);
    south = std::min(south, p.y_m), north = std::max(north, p.y_m);
  }
  std::vector<std::int32_t> number(model_.spots.size(), -1);
  const double margin = 2 * kReachMetresMax;
  for (std::size_t i = 0; i < model_.spots.size(); ++i) {
    const NamedSpot& s = model_.spots[i];
    std::int64_t dlng = std::int64_t{s.at.lng_e7} - reference_.lng_e7;
    if (dlng > geo::kLngE7Max) dlng -= 2 * std::int64_t{geo::kLngE7Max};
    if (dlng < -std::int64_t{geo::kLngE7Max}) dlng += 2 * std::int64_t{geo::kLngE7Max};
    const double x = static_cast<double>(dlng) * east_m_;
    const double y = (static_cast<double>(s.at.lat_e7) - reference_.lat_e7) * north_m_;
    if (x < west - margin || x > east + margin || y < south - margin || y > north + margin) continue;
    number[i] = static_cast<std::int32_t>(spots_.size());
    Spot spot;
    spot.x = x, spot.y = y;
    spot.log_rate = math::log(std::max(s.incidents_per_day, 1e-4) / kSecondsPerDay);
    spots_.push_back(spot);
  }
  std::vector<std::pair<double, std::int32_t>> near;
  for (std::size_t i = 0; i < spots_.size(); ++i) {
    near.clear();
    for (std::size_t j = 0; j < spots_.size(); ++j) {
      const double dx = spots_[i].x - spots_[j].x;
      const double dy = spots_[i].y - spots_[j].y;
      // Another radius at the same place is another list's name for it: no rival.
      if (const double d2 = dx * dx + dy * dy; d2 > 100.0 * 100.0) near.emplace_back(d2, static_cast<std::int32_t>(j));
    }
    const std::size_t kept = std::min(near.size(), spots_[i].neighbours.size());
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(kept), near.end());
    spots_[i].neighbours.fill(-1);
    for (std::size_t k = 0; k < kept; ++k) spots_[i].neighbours[k] = near[k].second;
    spots_[i].reach_m = kept == 0 ? kReachMetresMax : math::sqrt(near[std::min<std::size_t>(kept, 4) - 1].first);
  }
  for (Prepared& p : prepared_) {
    if (p.spot < 0) continue;
    p.spot = number[static_cast<std::size_t>(p.spot)];
    p.reach_m = std::min(std::max(p.reach_m, spots_[static_cast<std::size_t>(p.spot)].reach_m), kReachMetresMax);
  }
}

void Scorer::prepare_grid() {
  constexpr std::int32_t kCell = IncidentGrid::kCellE7;
  const auto floor_div = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::int32_t>(a >= 0 ? a / b : -((-a + b - 1) / b));
  };
  std::int32_t row_min = INT32_MAX, row_max = INT32_MIN, column_min = INT32_MAX, column_max = INT32_MIN;
  std::vector<std::pair<std::int32_t, std::int32_t>> cells(prepared_.size());
  for (std::size_t i = 0; i < prepared_.size(); ++i) {
    const geo::LatLng at = to_lat_lng(prepared_[i].x_m, prepared_[i].y_m);
    cells[i] = {floor_div(at.lat_e7, kCell), floor_div(at.lng_e7, kCell)};
    row_min = std::min(row_min, cells[i].first), row_max = std::max(row_max, cells[i].first);
    column_min = std::min(column_min, cells[i].second), column_max = std::max(column_max, cells[i].second);
  }
  if (prepared_.empty()) return;
  constexpr std::int32_t kMargin = 3;
  grid_row_ = row_min - kMargin, grid_column_ = column_min - kMargin;
  grid_rows_ = row_max - row_min + 1 + 2 * kMargin, grid_columns_ = column_max - column_min + 1 + 2 * kMargin;
  const double cell_m2 = north_m_ * kCell * east_m_ * kCell;
  // A block that spans half the world has no grid worth the memory: one density for all.
  const bool is_too_wide = std::int64_t{grid_rows_} * grid_columns_ > 4'000'000;
  std::map<std::pair<std::int32_t, std::int32_t>, double> own;
  double days = model_.grid.days;
  const auto* counted = &model_.grid.incidents;
  if (!(days > 0)) {
    double first = prepared_.front().t_s, last = first;
    for (std::size_t i = 0; i < prepared_.size(); ++i) {
      first = std::min(first, prepared_[i].t_s), last = std::max(last, prepared_[i].t_s);
      own[cells[i]] += 1 / model_.reports_per_incident;
    }
    days = std::max(last - first, 0.0) / kSecondsPerDay + 0.5;
    counted = &own;
  }
  double all = 0;
  for (const auto& [cell, n] : *counted) all += n;
  const double occupied = static_cast<double>(counted->size()) + 1;
  // Where nothing was counted something may happen still: one part in twenty of the mean over occupied cells.
  const double floor = 0.05 * (all + 1) / occupied;
  const double per = 1 / (cell_m2 * days * kSecondsPerDay);
  background_log_density_ = math::log(floor * per);
  log_rate_ = math::log((all + 1) / (days * kSecondsPerDay));
  if (is_too_wide) {
    grid_rows_ = grid_columns_ = 0;
    return;
  }
  const std::size_t size = static_cast<std::size_t>(grid_rows_) * static_cast<std::size_t>(grid_columns_);
  std::vector<double> sum(size, 0);
  static constexpr std::array<double, 3> kKernel = {0.25, 0.5, 0.25};
  for (std::int32_t r = 0; r < grid_rows_; ++r) {
    const auto begin = counted->lower_bound({grid_row_ + r, grid_column_});
    for (auto it = begin;
         it != counted->end() && it->first.first == grid_row_ + r && it->first.second < grid_column_ + grid_columns_;
         ++it) {
      const std::int32_t c = it->first.second - grid_column_;
      for (int dr = -1; dr <= 1; ++dr) {
        for (int dc = -1; dc <= 1; ++dc) {
          const std::int32_t rr = r + dr, cc = c + dc;
          if (rr < 0 || cc < 0 || rr >= grid_rows_ || cc >= grid_columns_) continue;
          sum[static_cast<std::size_t>(rr) * static_cast<std::size_t>(grid_columns_) + static_cast<std::size_t>(cc)] +=
              it->second * kKernel[static_cast<std::size_t>(dr + 1)] * kKernel[static_cast<std::size_t>(dc + 1)];
        }
      }
    }
  }
  // Twice: a cell's neighbours tell much about it where few incidents were counted.
  std::vector<double> again(size, 0);
  for (std::int32_t r = 1; r + 1 < grid_rows_; ++r) {
    for (std::int32_t c = 1; c + 1 < grid_columns_; ++c) {
      double v = 0;
      for (int dr = -1; dr <= 1; ++dr) {
        for (int dc = -1; dc <= 1; ++dc) {
          v += kKernel[static_cast<std::size_t>(dr + 1)] * kKernel[static_cast<std::size_t>(dc + 1)] *
               sum[static_cast<std::size_t>(r + dr) * static_cast<std::size_t>(grid_columns_) +
                   static_cast<std::size_t>(c + dc)];
        }
      }
      again[static_cast<std::size_t>(r) * static_cast<std::size_t>(grid_columns_) + static_cast<std::size_t>(c)] = v;
    }
  }
  sum.swap(again);
  grid_log_density_.resize(size);
  for (std::size_t i = 0; i < size; ++i)
    grid_log_density_[i] = sum[i] > 0 ? math::log((sum[i] + floor) * per) : background_log_density_;
}

geo::LatLng Scorer::to_lat_lng(double x_m, double y_m) const {
  const long long lat = reference_.lat_e7 + math::round_to_integer(y_m / north_m_);
  long long lng = reference_.lng_e7 + math::round_to_integer(x_m / east_m_);
  constexpr long long kFull = 2LL * geo::kLngE7Max;
  if (lng > geo::kLngE7Max) lng -= kFull;
  if (lng < -geo::kLngE7Max) lng += kFull;
  return geo::LatLng::from_e7(static_cast<std::int32_t>(std::clamp<long long>(lat, -geo::kLatE7Max, geo::kLatE7Max)),
                              static_cast<std::int32_t>(std::clamp<long long>(lng, -geo::kLngE7Max, geo::kLngE7Max)));
}

double Scorer::log_density(double x, double y) const {
  if (grid_rows_ == 0) return background_log_density_;
  const double row = (reference_.lat_e7 + y / north_m_) / IncidentGrid::kCellE7 - grid_row_;
  const double column = (reference_.lng_e7 + x / east_m_) / IncidentGrid::kCellE7 - grid_column_;
  if (!(row >= 0) || !(column >= 0) || row >= grid_rows_ || column >= grid_columns_) return background_log_density_;
  return grid_log_density_[static_cast<std::size_t>(row) * static_cast<std::size_t>(grid_columns_) +
                           static_cast<std::size_t>(column)];
}

double Scorer::log_spot_given(double x, double y, double c11, double c12, double c22, std::int32_t spot) const {
  const Spot& v = spots_[static_cast<std::size_t>(spot)];
  const double vx = x - v.x;
  const double vy = y - v.y;
  const double dv2 = vx * vx + vy * vy;
  double z_min = 6;
  for (const std::int32_t n : v.neighbours) {
    if (n < 0) break;
    const Spot& u = spots_[static_cast<std::size_t>(n)];
    const double nx = u.x - v.x;
    const double ny = u.y - v.y;
    const double length2 = nx * nx + ny * ny;
    const double ux = x - u.x;
    const double uy = y - u.y;
    // Distance to the line of equal distances, towards v; spread in that direction. Both times the length.
    const double margin = 0.5 * (ux * ux + uy * uy - dv2);
    const double spread2 =
        nx * nx * c11 + 2 * nx * ny * c12 + ny * ny * c22 + kSpotBorderMetres * kSpotBorderMetres * length2;
    z_min = std::min(z_min, margin / math::sqrt(spread2));
  }
  // Far from every name people rather give coordinates.
  const double far = std::max(v.reach_m, 3'000.0) * 1.5;
  double out = log_normal_cdf_about(z_min);
  if (const double spread = c11 + c22; dv2 > far * far + spread) out -= 0.5 * (dv2 - far * far - spread) / (far * far);
  return std::max(out, 1.5 * kLogWrongSpot);
}

double Scorer::reporters_part(const Cluster& c) const {
  double sum = log_none_at_all_ + c.log_posts;
  for (std::uint8_t i = 0; i < c.parties; ++i) {
    const Habit& h = habits_[c.party[i]];
    sum += h.log_some - h.log_none + (c.party_count[i] - 1) * h.log_again;
  }
  return sum;
}

template <bool kAll>
double Scorer::evaluate(const Cluster& c, ScoreParts* parts) const {
  // Time: the integral over the true time, given the members' normal errors.
  double time = 0;
  double half_log_of = 1;  // its logarithm, halved, is still to be taken off
  if (c.size > 1) {
    const double mean = c.wt / c.w;
    time = c.log_w - 0.5 * (c.wtt - c.wt * mean) - 0.5 * kLogTwoPi * (c.size - 1);
    if constexpr (kAll) time -= 0.5 * math::log(c.w);
    half_log_of = c.w;
  }
  double place = 0;
  double rarity = 0;
  if (c.located > 0) {
    const double det = c.l11 * c.l22 - c.l12 * c.l12;
    const double c11 = c.l22 / det;
    const double c12 = -c.l12 / det;
    const double c22 = c.l11 / det;
    const double x = c11 * c.e1 + c12 * c.e2;
    const double y = c12 * c.e1 + c22 * c.e2;
    rarity = log_density(x, y);
    if (c.located > 1) {
      place = c.log_det - 0.5 * (c.q - x * c.e1 - y * c.e2) - kLogTwoPi * (c.located - 1);
      if constexpr (kAll) place -= 0.5 * math::log(det);
      half_log_of *= det;
    }
    if (c.spot >= 0) place += log_spot_given(x, y, c11, c12, c22, c.spot);
    if (c.other_spot >= 0) place += log_spot_given(x, y, c11, c12, c22, c.other_spot);
  } else {
    const Spot& v = spots_[static_cast<std::size_t>(c.spot)];
    rarity = v.log_rate;
    if (c.other_spot >= 0) {
      const bool is_neighbour = std::ranges::find(v.neighbours, c.other_spot) != v.neighbours.end();
      place += is_neighbour ? -2.0 : kLogWrongSpot;
    }
  }
  if (c.spot_count > 1 || c.other_count > 0) {
    place += (c.spot_count - 1 + std::max(c.other_count - 1, 0)) * log_same_spot_;
    if (c.other_count > 0) place += log_other_spot_;
    place += c.further_count * kLogWrongSpot;
  }
  // Kind and number together: bursts of fire are counted in tens, air strikes in ones.
  double both = 0;
  if (c.family == 1) {
    for (std::size_t h = 0; h < kHiddenKindCount; ++h)
      both += c.kind[h] * model_.kind_prior[h] * dot(c.count, model_.count_prior[h]);
  } else {
    both = dot(c.count, model_.count_prior[kHiddenKindCount]);
  }
  double kind = 0;
  double count = 0;
  double casualties = 0;
  double direction = 0;
  if constexpr (kAll) {
    if (c.family == 1) kind = math::log(dot(c.kind, model_.kind_prior));
    count = math::log(both) - kind + c.log_factor;  // given what is known of the kind
    casualties = math::log(dot(c.killed, model_.killed_prior)) + math::log(dot(c.injured, model_.injured_prior));
    if (c.directions > 0) {
      double sum = 0;
      for (const double v : c.direction) sum += v;
      direction = math::log(sum / kDirectionBinCount);
    }
  } else {
    // One logarithm for all. Each factor is above 1e-60 and sizes of information stay within 1e-40 and 1e40: no
    // underflow.
    double product = both * dot(c.killed, model_.killed_prior);
    product *= dot(c.injured, model_.injured_prior);
    if (c.directions > 0) {
      double sum = 0;
      for (const double v : c.direction) sum += v;
      product *= sum / kDirectionBinCount;
    }
    count = 0.5 * math::log(product * product / half_log_of) + c.log_factor;
  }
  const double reporters = reporters_part(c);
  if (parts != nullptr)
    *parts = {time + log_rate_, place + rarity - log_rate_, kind, count, casualties, direction, reporters};
  return rarity + time + place + kind + count + casualties + direction + reporters;
}

bool Scorer::may_unite(const Cluster& a, const Cluster& b) const {
  if (a.family == 0 || a.family != b.family) return false;
  if (a.scheme != 0 && a.scheme == b.scheme) return false;
  for (std::uint8_t i = 0; i < a.posts; ++i) {
    for (std::uint8_t j = 0; j < b.posts; ++j) {
      if (a.post[i] == b.post[j]) return false;
    }
  }
  return true;
}

void Scorer::merge_numbers(Cluster& out, const Cluster& a, const Cluster& b) const {
  out.size = a.size + b.size;
  out.family = a.family;
  out.w = a.w + b.w, out.wt = a.wt + b.wt, out.wtt = a.wtt + b.wtt, out.log_w = a.log_w + b.log_w;
  out.l11 = a.l11 + b.l11, out.l12 = a.l12 + b.l12, out.l22 = a.l22 + b.l22;
  out.e1 = a.e1 + b.e1, out.e2 = a.e2 + b.e2, out.q = a.q + b.q, out.log_det = a.log_det + b.log_det;
  out.located = a.located + b.located;
  // Named places: the two most named, ties to the smaller number, whatever the order of joining.
  struct Named {
    std::int32_t spot, count;
  };
  std::array<Named, 4> named{};
  std::size_t n = 0;
  for (const Named& s : {Named{a.spot, a.spot_count}, Named{a.other_spot, a.other_count}, Named{b.spot, b.spot_count},
                         Named{b.other_spot, b.other_count}}) {
    if (s.spot < 0) continue;
    std::size_t k = 0;
    while (k < n && named[k].spot != s.spot) ++k;
    if (k == n) named[n++] = {s.spot, 0};
    named[k].count += s.count;
  }
  std::sort(named.begin(), named.begin() + static_cast<std::ptrdiff_t>(n),
            [](const Named& x, const Named& y) { return x.count != y.count ? x.count > y.count : x.spot < y.spot; });
  out.spot = n > 0 ? named[0].spot : -1, out.spot_count = n > 0 ? named[0].count : 0;
  out.other_spot = n > 1 ? named[1].spot : -1, out.other_count = n > 1 ? named[1].count : 0;
  out.further_count = a.further_count + b.further_count;
  for (std::size_t k = 2; k < n; ++k) out.further_count += named[k].count;
  for (std::size_t i = 0; i < out.kind.size(); ++i) out.kind[i] = a.kind[i] * b.kind[i];
  for (std::size_t i = 0; i < out.count.size(); ++i) out.count[i] = a.count[i] * b.count[i];
  for (std::size_t i = 0; i < out.killed.size(); ++i) out.killed[i] = a.killed[i] * b.killed[i];
  for (std::size_t i = 0; i < out.injured.size(); ++i) out.injured[i] = a.injured[i] * b.injured[i];
  out.directions = a.directions + b.directions;
  if (out.directions > 0) {
    for (std::size_t i = 0; i < out.direction.size(); ++i) out.direction[i] = a.direction[i] * b.direction[i];
  } else {
    out.direction.fill(1);
  }
  out.log_factor = a.log_factor + b.log_factor;
  if (out.size > 8) {
    scale_up(out.kind, out.log_factor);
    scale_up(out.count, out.log_factor);
    scale_up(out.killed, out.log_factor);
    scale_up(out.injured, out.log_factor);
    scale_up(out.direction, out.log_factor);
  }
  out.log_posts = a.log_posts + b.log_posts;
  out.parties = 0;
  const auto add_party = [&](std::uint32_t party, std::uint16_t number) {
    std::uint8_t i = 0;
    while (i < out.parties && out.party[i] != party) ++i;
    if (i == out.parties) {
      if (i == kClusterPartyMax)
        i = kClusterPartyMax - 1;  // more parties than that: as if the last told again
      else
        out.party[i] = party, out.party_count[i] = 0, ++out.parties;
    }
    out.party_count[i] = static_cast<std::uint16_t>(std::min(out.party_count[i] + number, 65'535));
  };
  for (std::uint8_t i = 0; i < a.parties; ++i) add_party(a.party[i], a.party_count[i]);
  for (std::uint8_t i = 0; i < b.parties; ++i) add_party(b.party[i], b.party_count[i]);
  out.posts = 0;
  for (std::uint8_t i = 0; i < a.posts; ++i) out.post[out.posts++] = a.post[i];
  for (std::uint8_t i = 0; i < b.posts && out.posts < kClusterPostMax; ++i) out.post[out.posts++] = b.post[i];
  out.scheme = a.scheme != 0 ? a.scheme : b.scheme;
}

std::int64_t Scorer::score_of_union(const Cluster& a, const Cluster& b) const {
  if (!may_unite(a, b)) return kForbidden;
  Cluster out;
  merge_numbers(out, a, b);
  return math::round_to_integer(evaluate<false>(out, nullptr) * kMicronats);
}

void Scorer::unite(Cluster& a, const Cluster& b) const {
  Cluster out;
  merge_numbers(out, a, b);
  out.score = math::round_to_integer(evaluate<false>(out, nullptr) * kMicronats);
  a = out;
}

Cluster Scorer::cluster_of(std::span<const std::uint32_t> members) const {
  Cluster c = singles_[members.front()];
  for (std::size_t i = 1; i < members.size(); ++i) {
    Cluster out;
    merge_numbers(out, c, singles_[members[i]]);
    c = out;
  }
  if (members.size() > 1) c.score = math::round_to_integer(evaluate<false>(c, nullptr) * kMicronats);
  return c;
}

ScoreParts Scorer::parts(const Cluster& c) const {
  ScoreParts parts{};
  static_cast<void>(evaluate<true>(c, &parts));
  return parts;
}

Scorer::Estimate Scorer::estimate(const Cluster& c) const {
  Estimate e;
  e.t_s = c.wt / c.w;
  e.sigma_t_s = 1 / math::sqrt(c.w);
  if (c.located > 0) {
    const double det = c.l11 * c.l22 - c.l12 * c.l12;
    e.x_m = (c.l22 * c.e1 - c.l12 * c.e2) / det;
    e.y_m = (c.l11 * c.e2 - c.l12 * c.e1) / det;
    e.sigma_m = math::sqrt((c.l11 + c.l22) / (2 * det));
  } else {
    const Spot& v = spots_[static_cast<std::size_t>(c.spot)];
    e.x_m = v.x, e.y_m = v.y;
    e.sigma_m = v.reach_m / 2;
  }
  return e;
}

Scorer::KindAndCount Scorer::kind_and_count(const Cluster& c) const {
  KindAndCount p{};
  const std::size_t first = c.family == 1 ? 0 : kHiddenKindCount;
  const std::size_t last = c.family == 1 ? kHiddenKindCount : kHiddenKindCount + 1;
  for (std::size_t h = first; h < last; ++h) {
    const double kind = c.family == 1 ? c.kind[h] * model_.kind_prior[h] : 1;
    for (std::size_t n = 0; n < kCountBins.size(); ++n) p[h][n] = kind * c.count[n] * model_.count_prior[h][n];
  }
  return p;
}

std::array<double, kHiddenKindCount> Scorer::kind_posterior(const Cluster& c) const {
  std::array<double, kHiddenKindCount> p{};
  if (c.family != 1) return p;
  double sum = 0;
  for (std::size_t h = 0; h < kHiddenKindCount; ++h)
    sum += p[h] = c.kind[h] * model_.kind_prior[h] * dot(c.count, model_.count_prior[h]);
  for (double& v : p) v /= sum;
  return p;
}

}  // namespace truce::monitor
