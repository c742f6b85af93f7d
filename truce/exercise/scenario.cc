// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "truce/base/math.h"
#include "truce/exercise/draws.h"
#include "truce/geo/geodesy.h"

namespace truce::exercise {
namespace {

using monitor::Kind;
using monitor::Means;

constexpr std::int64_t kDayS = 86'400;
constexpr double kSoundMetresPerSecond = 340;
constexpr double kMilli = 1000;

// What a kind is like. Heard: range as a part of a post's for shelling. Taken for: other kinds, with weights.
struct Nature {
  double count_median, count_sigma;
  std::int64_t count_max;
  double harm;         // share with casualties
  double heard, loud;  // range factor; share of those hearing it that call it an explosion
  Kind taken_for[2];   // when a party is wrong
};
constexpr Nature kNatures[kKinds.size()] = {
    {6, 1.0, 400, 0.14, 1.0, 0.30, {Kind::kExplosion, Kind::kAirstrike}},
    {15, 1.1, 900, 0.08, 0.35, 0.02, {Kind::kShelling, Kind::kExplosion}},
    {1.2, 0.9, 60, 0.12, 1.1, 0.85, {Kind::kShelling, Kind::kMine}},
    {1.3, 0.6, 30, 0.30, 1.35, 0.60, {Kind::kExplosion, Kind::kDroneStrike}},
    {1.1, 0.45, 12, 0.22, 0.6, 0.65, {Kind::kExplosion, Kind::kAirstrike}},
    {1.0, 0.2, 3, 0.45, 0.7, 0.85, {Kind::kExplosion, Kind::kShelling}},
};

// Share of incidents by hour of local sun time: quiet nights, mornings and evenings.
constexpr double kHours[24] = {0.7, 0.6, 0.5, 0.5, 0.6, 0.9, 1.2, 1.4, 1.4, 1.2, 1.1, 1.0,
                               1.0, 0.9, 0.9, 1.0, 1.2, 1.4, 1.5, 1.4, 1.2, 1.0, 0.9, 0.8};

std::int32_t any_bearing(Draws& d) {
  return static_cast<std::int32_t>(d.below(geo::kFullCircleMdeg));
}

// `count` as somebody puts it down: at least 1.
std::int64_t estimate(std::int64_t count, double factor) {
  return std::clamp<std::int64_t>(math::round_to_integer(static_cast<double>(count) * factor), 1, monitor::kCountMax);
}

std::int64_t within_day(std::int64_t second) {
  return (second % kDayS + kDayS) % kDayS;
}

std::int64_t round_to(std::int64_t value, std::int64_t step) {
  return (value + step / 2) / step * step;
}

}  // namespace

std::string report_id(std::int64_t number) {
  return fmt::format("r{:07}", number);
}
std::string incident_id(std::int64_t number) {
  return fmt::format("i{:06}", number);
}
std::string patrol_id(std::int64_t number) {
  return fmt::format("p{:07}", number);
}

Result<Scenario> Scenario::make(const Options& options) {
  TRUCE_TRY(World world, make_world(options));
  return Scenario(std::move(world));
}

Scenario::Scenario(World world) : world_(std::move(world)) {
  geo::Box box;
  for (const ExercisePlace& p : world_.places) box.add(p.at);
  middle_ = {static_cast<std::int32_t>((std::int64_t{box.south_e7} + box.north_e7) / 2),
             static_cast<std::int32_t>((std::int64_t{box.west_e7} + box.east_e7) / 2)};
  const geo::LocalScale scale = geo::local_scale(middle_);
  north_m_ = scale.north_m_per_e7;
  east_m_ = scale.east_m_per_e7;
  for (const ExercisePlace& p : world_.places) places_.push_back(flat(p.at));
  for (const HiddenPost& p : world_.posts) posts_.push_back(flat(p.at));
}

void Scenario::rewind() {
  done_ = incidents_ = reports_ = patrols_ = 0;
}

Scenario::Flat Scenario::flat(geo::LatLng at) const {
  return {(at.lng_e7 - middle_.lng_e7) * east_m_, (at.lat_e7 - middle_.lat_e7) * north_m_};
}

std::int64_t Scenario::sun_ahead_s() const {
  constexpr std::int64_t kQuarterE7 = geo::kDegreeE7 * 15LL / 4, kQuarterS = 900;  // 15 degrees an hour
  return middle_.lng_e7 / kQuarterE7 * kQuarterS;
}

// The place that lies nearest (rank 0) or second nearest (rank 1).
std::size_t Scenario::nearest_place(geo::LatLng at, std::size_t rank) const {
  const Flat f = flat(at);
  std::size_t best = 0, second = 0;
  double best_d = std::numeric_limits<double>::infinity(), second_d = best_d;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const double dx = places_[i].x - f.x, dy = places_[i].y - f.y;
    const double d = dx * dx + dy * dy;
    if (d < best_d) {
      second = best;
      second_d = best_d;
      best = i;
      best_d = d;
    } else if (d < second_d) {
      second = i;
      second_d = d;
    }
  }
  return rank == 0 ? best : second;
}

std::vector<Incident> Scenario::incidents_of_day() {
  const Options& o = world_.options;
  Draws day(o.seed, static_cast<std::uint64_t>(Stream::kDay), static_cast<std::uint64_t>(done_));
  constexpr double kDaySigma = 0.35;
  const double mean = static_cast<double>(o.incidents_per_day_milli) / kMilli * day.log_normal(kDaySigma) *
                      math::exp(-kDaySigma * kDaySigma / 2);
  const std::int64_t count = std::min(day.poisson(mean), kIncidentCountMax);
  // Bursts: a place, an hour, how long.
  struct Burst {
    std::size_t place;
    double at_s, sigma_s;
  };
  std::vector<Burst> bursts;
  const double in_bursts = static_cast<double>(o.burst_percent) / 100;
  if (o.burst_percent > 0) {
    constexpr double kOfOneBurst = 6;
    const std::int64_t n = 1 + day.poisson(static_cast<double>(count) * in_bursts / kOfOneBurst);
    for (std::int64_t i = 0; i < n; ++i)
      bursts.push_back({day.weighted(world_.place_weights), day.between(0, kDayS), day.between(1'800, 7'200)});
  }
  double hours[24];
  std::copy(std::begin(kHours), std::end(kHours), hours);
  accumulate_weights(hours);
  const std::int64_t start_s = (std::int64_t{o.from.days} + done_) * kDayS;
  const double sun_s = static_cast<double>(sun_ahead_s());

  std::vector<Incident> incidents;
  for (std::int64_t i = 0; i < count; ++i) {
    Draws d(o.seed, static_cast<std::uint64_t>(Stream::kIncident), static_cast<std::uint64_t>(done_),
            static_cast<std::uint64_t>(i));
    Incident e;
    e.is_burst = !bursts.empty() && d.chance(in_bursts);
    const Burst* burst = e.is_burst ? &bursts[d.below(bursts.size())] : nullptr;
    std::size_t place = 0;
    double second = 0;
    if (burst != nullptr) {
      place = burst->place;
      second = burst->at_s + burst->sigma_s * d.normal();
    } else {
      place = d.weighted(world_.place_weights);
      const auto hour = static_cast<double>(d.weighted(hours));
      second = (hour + d.unit()) * 3'600 - sun_s;
    }
    e.at_s = start_s + within_day(math::round_to_integer(second));
    const double near = static_cast<double>(o.spread_m) * (e.is_burst ? 0.8 : 1);
    // One in twelve lies out in the country.
    const double off = d.chance(1.0 / 12) ? d.between(0, 8'000) : d.radial(near);
    e.place = geo::destination(world_.places[place].at, any_bearing(d), off);
    e.near = nearest_place(e.place);
    e.kind = d.weighted(world_.kinds);
    const Nature& nature = kNatures[e.kind];
    e.count = std::min(estimate(1, nature.count_median * d.log_normal(nature.count_sigma)), nature.count_max);
    if (d.chance(nature.harm)) {
      e.killed = d.geometric(0.8, 60);
      e.injured = d.geometric(1.8, 200) + (e.killed == 0 ? 1 : 0);
    }
    // Mostly the other side fires.
    e.fired_by = d.chance(0.9) ? 1 - side_of(place) : side_of(place);
    e.direction_deg = d.integer(0, 359);
    incidents.push_back(e);
    const bool can_be_answered = kKinds[e.kind] == Kind::kShelling || kKinds[e.kind] == Kind::kSmallArms;
    if (can_be_answered && d.chance(static_cast<double>(o.answered_permille) / kMilli)) {
      Incident back = e;
      back.answers = -1;  // the one before; numbered below
      back.at_s = std::min(e.at_s + d.integer(240, 2'400), start_s + kDayS - 1);
      const double apart = d.between(200, 1'500);
      back.place = geo::destination(e.place, any_bearing(d), apart);
      back.near = nearest_place(back.place);
      back.count = estimate(e.count, d.log_normal(0.8));
      back.killed = back.injured = 0;
      back.fired_by = 1 - e.fired_by;
      back.direction_deg = (e.direction_deg + 180) % 360;
      incidents.push_back(back);
    }
  }
  // Numbers in random order within the day; answers stay with what they answer.
  std::vector<std::int64_t> numbers(incidents.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = incidents_ + 1 + static_cast<std::int64_t>(i);
  for (std::size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[day.below(i)]);
  for (std::size_t i = 0; i < incidents.size(); ++i) {
    incidents[i].number = numbers[i];
    if (incidents[i].answers != 0) incidents[i].answers = numbers[i - 1];
  }
  std::ranges::sort(incidents, {}, &Incident::number);
  incidents_ += static_cast<std::int64_t>(incidents.size());
  return incidents;
}

ReportRow Scenario::row_of_party(const Incident& e, std::size_t party, Draws& d) const {
  const HiddenParty& p = world_.parties[party];
  const HiddenReporter& r = world_.reporters[party][d.below(world_.reporters[party].size())];
  ReportRow row;
  row.incident = e.number;
  row.party = party;
  row.reporter = r.id;
  row.precision_s = kPrecisions[d.weighted(r.precisions)];
  // Now and then somebody is farther off than he thinks.
  const double wild = d.chance(0.02) ? 2.5 : 1;
  row.at_s = e.at_s + math::round_to_integer(static_cast<double>(row.precision_s) * r.time_error * wild * d.normal());
  if (r.rounds) {
    constexpr std::int64_t kHour = 3'600, kFiveMinutes = 300;
    if (row.precision_s >= kHour) row.at_s = round_to(row.at_s, row.precision_s > kHour ? kHour : kFiveMinutes * 3);
    if (row.precision_s == kPrecisions[1]) row.at_s = round_to(row.at_s, kFiveMinutes);
  }
  if (d.chance(p.village)) {
    // Between two villages either may be named.
    std::size_t place = e.near;
    if (d.chance(0.15)) {
      const std::size_t other = nearest_place(e.place, 1);
      const double there = geo::distance_m(e.place, world_.places[other].at);
      if (there < 1.5 * geo::distance_m(e.place, world_.places[place].at) + 500) place = other;
    }
    row.at = world_.places[place].at;
    row.radius_m = p.village_m;
  } else {
    const double off = d.radial(static_cast<double>(p.precise_m) * r.place_error);
    row.at = to_file_digits(geo::destination(e.place, any_bearing(d), off));
    row.radius_m = p.precise_m;
  }
  const double u = d.unit();
  row.means = u < p.told          ? Means::kTold
              : u < p.told + 0.05 ? Means::kCamera
              : u < p.told + 0.1  ? Means::kUav
                                  : Means::kSeen;
  const Nature& nature = kNatures[e.kind];
  row.kind = !d.chance(p.confusion) ? kKinds[e.kind] : nature.taken_for[d.chance(0.75) ? 0 : 1];
  const double factor = p.side < 0 ? p.factor_neutral : e.fired_by == p.side ? p.factor_own : p.factor_other;
  row.count = nature.count_max <= 3 ? e.count : estimate(e.count, factor * d.log_normal(0.3));
  const auto harm = [&](std::int64_t n) -> std::int64_t {
    return n == 0
               ? 0
               : std::max<std::int64_t>(0, math::round_to_integer(static_cast<double>(n) * factor * d.log_normal(0.2)));
  };
  row.killed = row.injured = 0;
  if (d.chance(p.states_harm)) {
    row.killed = harm(e.killed);
    row.injured = harm(e.injured);
  }
  return row;
}

void Scenario::report_of_party(const Incident& e, std::size_t party, Draws& d, Day& day) const {
  const Options& o = world_.options;
  const HiddenParty& p = world_.parties[party];
  const double side = p.side < 0 ? 1 : e.fired_by == p.side ? 0.7 : 1.15;
  const double size =
      std::clamp(0.8 + 0.1 * math::log(static_cast<double>(e.count)) + (e.killed > 0 ? 0.3 : 0.0), 0.8, 1.4);
  constexpr double kSurest = 0.97;
  if (!d.chance(std::min(kSurest, p.reports * side * size))) return;
  constexpr std::int64_t kFurtherMax = 6;
  const std::int64_t n = 1 + d.geometric(p.further, kFurtherMax);
  for (std::int64_t i = 0; i < n; ++i) {
    ReportRow row = row_of_party(e, party, d);
    if (d.chance(static_cast<double>(o.relayed_permille) / kMilli)) {
      ReportRow copy = row;
      if (world_.parties.size() > 1 && d.chance(0.5)) {
        // Another party tells it on as its own.
        copy.party = (party + 1 + d.below(world_.parties.size() - 1)) % world_.parties.size();
        const auto& reporters = world_.reporters[copy.party];
        copy.reporter = reporters[d.below(reporters.size())].id;
        copy.means = Means::kTold;
        copy.precision_s = std::max(copy.precision_s, kPrecisions[1]);
      }
      day.reports.push_back(std::move(copy));
    }
    if (d.chance(static_cast<double>(o.corrected_permille) / kMilli)) {
      ReportRow wrong = row;
      switch (d.below(3)) {
        case 0: wrong.count = estimate(wrong.count, 10); break;
        case 1: wrong.at_s += d.chance(0.5) ? 3'600 : -3'600; break;
        default: wrong.at = world_.places[nearest_place(e.place, 1)].at; break;
      }
      // Found again by its place in the list, which is its number for now.
      row.number = static_cast<std::int64_t>(day.reports.size());
      day.corrections.push_back(std::move(row));
      day.reports.push_back(std::move(wrong));
    } else {
      day.reports.push_back(std::move(row));
    }
  }
}

void Scenario::report_of_posts(const Incident& e, Draws& d, Day& day) const {
  const Nature& nature = kNatures[e.kind];
  const Flat f = flat(e.place);
  for (std::size_t i = 0; i < world_.posts.size(); ++i) {
    const HiddenPost& p = world_.posts[i];
    const double range = p.hearing_m * nature.heard;
    const double dx = posts_[i].x - f.x, dy = posts_[i].y - f.y;
    constexpr double kFarthest = 1.8, kPlaneError = 1.15;
    if (dx * dx + dy * dy > range * range * kFarthest * kFarthest * kPlaneError) continue;
    const double distance = geo::distance_m(p.at, e.place);
    constexpr double kSeenWithin = 4'000;
    // Half of what happens at the range is heard, nearly all of it near, nothing far beyond.
    const double ratio = distance / range;
    const double hears = ratio >= kFarthest ? 0 : 1 / (1 + math::exp((ratio - 1) * 6));
    if (!d.chance(p.attention * hears)) continue;
    const bool is_seen = distance < kSeenWithin && d.chance(0.5);
    ReportRow row;
    row.incident = e.number;
    row.party = p.party;
    row.reporter = p.id;
    constexpr std::int64_t kPostPrecision = 120;
    row.precision_s = kPostPrecision;
    row.means = is_seen ? Means::kSeen : Means::kHeard;
    const double delay = is_seen ? 0 : distance / kSoundMetresPerSecond;
    row.at_s = e.at_s + p.clock_offset_s + math::round_to_integer(delay + 40 * d.normal());
    row.is_bearing = true;
    row.at = p.at;
    const double bearing = geo::initial_bearing_mdeg(p.at, e.place) + static_cast<double>(p.bearing_bias_mdeg) +
                           static_cast<double>(p.bearing_error_mdeg) * (is_seen ? 0.4 : 1) * d.normal();
    row.bearing_deg = (math::round_to_integer(bearing / kMilli) % 360 + 360) % 360;
    constexpr std::int64_t kHundred = 100;
    const double guessed = distance * p.distance_factor * d.log_normal(p.distance_error * (is_seen ? 0.5 : 1));
    row.distance_m = std::clamp<std::int64_t>(round_to(math::round_to_integer(guessed), kHundred), kHundred, 60'000);
    if (is_seen) {
      row.kind = d.chance(0.04) ? nature.taken_for[0] : kKinds[e.kind];
      row.count = nature.count_max <= 3 ? e.count : estimate(e.count, d.log_normal(0.15));
      row.killed = d.chance(0.3) ? e.killed : 0;
      row.injured = d.chance(0.3) ? e.injured : 0;
    } else {
      // By ear: what was loud is an explosion, and nobody sees casualties.
      row.kind = d.chance(nature.loud) ? Kind::kExplosion : kKinds[e.kind];
      if (kKinds[e.kind] == Kind::kExplosion || kKinds[e.kind] == Kind::kMine)
        row.kind = d.chance(nature.loud) ? Kind::kExplosion : Kind::kShelling;
      row.count = nature.count_max <= 3 ? e.count : estimate(e.count, 0.9 * d.log_normal(0.3));
    }
    day.reports.push_back(std::move(row));
  }
}

void Scenario::report(Incident& e, Day& day) {
  Draws d(world_.options.seed, static_cast<std::uint64_t>(Stream::kIncident), static_cast<std::uint64_t>(done_),
          (std::uint64_t{1} << 32) + static_cast<std::uint64_t>(e.number));
  const std::size_t before = day.reports.size();
  for (std::size_t p = 0; p < world_.parties.size(); ++p) report_of_party(e, p, d, day);
  report_of_posts(e, d, day);
  e.reports = static_cast<std::int64_t>(day.reports.size() - before);
}

// Rows in random order with running numbers; the file's end cuts off the rest.
void Scenario::shuffle(Day& day) {
  const Options& o = world_.options;
  Draws d(o.seed, static_cast<std::uint64_t>(Stream::kShuffle), static_cast<std::uint64_t>(done_));
  std::vector<std::size_t> order(day.reports.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[d.below(i)]);
  const std::int64_t most = (o.reports_max == 0 ? kReportCountMax : o.reports_max) - reports_;
  if (static_cast<std::int64_t>(order.size()) > most) order.resize(static_cast<std::size_t>(most));
  std::vector<ReportRow> rows;
  rows.reserve(order.size());
  std::vector<std::int64_t> number(day.reports.size(), 0);
  for (const std::size_t i : order) {
    number[i] = ++reports_;
    rows.push_back(std::move(day.reports[i]));
    rows.back().number = number[i];
  }
  day.reports = std::move(rows);
  for (ReportRow& c : day.corrections) c.number = number[static_cast<std::size_t>(c.number)];
  std::erase_if(day.corrections, [](const ReportRow& c) { return c.number == 0; });
  std::ranges::sort(day.corrections, {}, &ReportRow::number);
}

void Scenario::patrols_of_day(Day& day) {
  const Options& o = world_.options;
  Draws d(o.seed, static_cast<std::uint64_t>(Stream::kPatrol), static_cast<std::uint64_t>(done_));
  const std::int64_t n = d.poisson(static_cast<double>(o.patrols_per_day_milli) / kMilli);
  std::vector<std::string> areas;
  for (const ExerciseZone& z : world_.zones)
    if (monitor::is_ring_zone(z.kind)) areas.push_back(z.id);
  for (std::int64_t i = 0; i < n; ++i) {
    PatrolRow p;
    p.number = ++patrols_;
    p.party = d.chance(0.6) ? 0 : d.below(world_.parties.size());
    p.reporter = world_.parties[p.party].id + "-patrol";
    constexpr std::int64_t kMinute = 60;
    p.day_minutes = d.integer(4, 24) * 15;
    p.night_minutes = d.chance(0.2) ? d.integer(2, 12) * 15 : 0;
    const std::int64_t morning_s = d.integer(20, 40) * 15 * kMinute;
    p.from_s = (std::int64_t{o.from.days} + done_) * kDayS + within_day(morning_s - sun_ahead_s());
    p.to_s = p.from_s + (p.day_minutes + p.night_minutes) * kMinute;
    p.at = world_.places[d.weighted(world_.place_weights)].at;
    if (!areas.empty()) p.zone = areas[d.below(areas.size())];
    day.patrols.push_back(std::move(p));
  }
}

bool Scenario::next(Day& day) {
  day = Day();
  const Options& o = world_.options;
  const std::int64_t most = o.reports_max == 0 ? kReportCountMax : o.reports_max;
  if (done_ >= o.days || reports_ >= most) return false;
  day.incidents = incidents_of_day();
  for (Incident& e : day.incidents) report(e, day);
  shuffle(day);
  patrols_of_day(day);
  ++done_;
  return true;
}

monitor::Report to_report(const World& world, const ReportRow& row) {
  monitor::Report r;
  r.from = r.to = Instant{row.at_s * 1000};
  r.precision_s = row.precision_s;
  r.place.at = row.at;
  if (row.is_bearing) {
    r.place.form = monitor::Place::Form::kBearing;
    r.place.bearing_mdeg = row.bearing_deg * 1000;
    r.place.distance_m = row.distance_m;
  } else {
    r.place.radius_m = row.radius_m;
  }
  r.means = row.means;
  r.kind = row.kind;
  r.count = monitor::Range::of(row.count);
  if (row.killed) r.killed.all = monitor::Range::of(*row.killed);
  if (row.injured) r.injured.all = monitor::Range::of(*row.injured);
  if (row.party != 0) r.said_by = world.parties[row.party].id;
  r.reporter = row.reporter;
  r.key = monitor::SourceKey{world.parties[row.party].id, report_id(row.number), std::nullopt, 0};
  return r;
}

monitor::Report to_report(const World& world, const PatrolRow& row) {
  monitor::Report r;
  r.from = Instant{row.from_s * 1000};
  r.to = Instant{row.to_s * 1000};
  r.precision_s = kPatrolPrecision;
  r.place.at = row.at;
  r.place.radius_m = kPatrolRadius;
  r.kind = Kind::kPatrol;
  r.details = Json::object({{"day_minutes", row.day_minutes}, {"night_minutes", row.night_minutes}});
  if (!row.zone.empty()) r.details.set("zone", row.zone);
  if (row.party != 0) r.said_by = world.parties[row.party].id;
  r.reporter = row.reporter;
  r.key = monitor::SourceKey{world.parties[row.party].id, patrol_id(row.number), std::nullopt, 0};
  return r;
}

Result<InMemory> make_in_memory(const Options& options) {
  TRUCE_TRY(Scenario scenario, Scenario::make(options));
  InMemory all;
  Day day;
  while (scenario.next(day)) {
    for (const Incident& e : day.incidents) all.incidents.push_back(e);
    for (const ReportRow& row : day.reports) {
      all.reports.push_back(to_report(scenario.world(), row));
      all.incident_of.push_back(row.incident);
    }
    for (const ReportRow& row : day.corrections) all.corrected.push_back(to_report(scenario.world(), row));
  }
  all.world = scenario.world();
  return all;
}

}  // namespace truce::exercise
