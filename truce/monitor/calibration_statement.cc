// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/calibration_statement.h"

#include <algorithm>

#include "truce/base/json_fields.h"
#include "truce/base/math.h"

namespace truce::monitor {
namespace {

constexpr double kMillion = 1e6;
constexpr std::int64_t kPpmMax = 1'000'000;
constexpr std::size_t kNameBytesMax = 128;  // "party/reporter"

std::int64_t whole(double v, double unit) {
  return math::round_to_integer(v * unit);
}
// A probability is never quite 0.
std::int64_t ppm(double v) {
  return std::clamp<std::int64_t>(whole(v, kMillion), 1, kPpmMax);
}

template <std::size_t N>
Json list_of(const std::array<double, N>& values) {
  Json out = Json::array();
  for (const double v : values) out.push_back(Json(ppm(v)));
  return out;
}
template <std::size_t N, std::size_t M>
Json list_of(const std::array<std::array<double, N>, M>& rows) {
  Json out = Json::array();
  for (const auto& row : rows) out.push_back(list_of(row));
  return out;
}

// Reads lists of integers of fixed shapes; the first fault is kept by the fields.
class Reader {
 public:
  explicit Reader(JsonFields& f) : f_(f) {}

  double scale(std::string_view key) { return static_cast<double>(f_.integer(key, 1, 10 * kPpmMax)) / kMillion; }
  double probability(std::string_view key) { return static_cast<double>(f_.integer(key, 1, kPpmMax - 1)) / kMillion; }

  template <std::size_t N>
  void scales(std::string_view key, std::array<double, N>& out) {
    if (const Json* j = f_.required(key)) numbers(key, *j, 10 * kPpmMax, out);
  }
  template <std::size_t N>
  void distribution(std::string_view key, std::array<double, N>& out) {
    if (const Json* j = f_.required(key)) row(key, *j, out);
  }
  template <std::size_t N, std::size_t M>
  void distributions(std::string_view key, std::array<std::array<double, N>, M>& out) {
    if (const Json* j = f_.required(key)) rows(key, *j, out);
  }
  template <std::size_t N, std::size_t M, std::size_t K>
  void distributions(std::string_view key, std::array<std::array<std::array<double, N>, M>, K>& out) {
    const Json* j = f_.required(key);
    if (j == nullptr) return;
    if (!j->is_array() || j->as_array().size() != K) return f_.fault(key, "has not the shape that it must have");
    for (std::size_t i = 0; i < K; ++i) rows(key, j->as_array()[i], out[i]);
  }
  // A member of a list as an integer; `low` where it is none.
  std::int64_t cell(std::string_view key, const Json& list, std::size_t i, std::int64_t low, std::int64_t high) {
    if (!list.is_array() || i >= list.as_array().size() || !list.as_array()[i].is_integer()) {
      f_.fault(key, "has not the shape that it must have");
      return low;
    }
    const std::int64_t v = list.as_array()[i].as_integer();
    if (v < low || v > high) {
      f_.fault(key, "a number out of its range");
      return low;
    }
    return v;
  }
  std::string name(std::string_view key, const Json& list, std::size_t count) {
    if (!list.is_array() || list.as_array().size() != count || !list.as_array()[0].is_string() ||
        list.as_array()[0].as_string().empty() || list.as_array()[0].as_string().size() > kNameBytesMax) {
      f_.fault(key, "has not the shape that it must have");
      return {};
    }
    return list.as_array()[0].as_string();
  }

 private:
  template <std::size_t N>
  void numbers(std::string_view key, const Json& j, std::int64_t high, std::array<double, N>& out) {
    if (!j.is_array() || j.as_array().size() != N) return f_.fault(key, "has not the shape that it must have");
    for (std::size_t i = 0; i < N; ++i) out[i] = static_cast<double>(cell(key, j, i, 1, high)) / kMillion;
  }
  template <std::size_t N>
  void row(std::string_view key, const Json& j, std::array<double, N>& out) {
    numbers(key, j, kPpmMax, out);
    double sum = 0;
    for (const double v : out) sum += v;
    for (double& v : out) v /= sum;
  }
  template <std::size_t N, std::size_t M>
  void rows(std::string_view key, const Json& j, std::array<std::array<double, N>, M>& out) {
    if (!j.is_array() || j.as_array().size() != M) return f_.fault(key, "has not the shape that it must have");
    for (std::size_t i = 0; i < M; ++i) row(key, j.as_array()[i], out[i]);
  }
  JsonFields& f_;
};

}  // namespace

Json CalibrationStatement::to_body() const {
  return Json::object({{"compared", compared},
                       {"cut", cut},
                       {"from", from.to_string()},
                       {"model", model.base64url()},
                       {"reports", reports},
                       {"to", to.to_string()}});
}

Result<CalibrationStatement> CalibrationStatement::from_body(const Json& body) {
  JsonFields f(body, "calibration");
  CalibrationStatement c;
  c.compared = f.integer("compared", 0, Json::kIntegerMax);
  c.reports = f.integer("reports", 0, Json::kIntegerMax);
  c.model = f.hash("model");
  if (const Json* cut = f.required("cut")) {
    c.cut = *cut;
    if (!cut->is_object()) f.fault("cut", "is not an object");
  }
  for (auto* day : {&c.from, &c.to}) {
    const std::string_view key = day == &c.from ? "from" : "to";
    const std::string text = f.text(key, 10);
    if (!f.ok()) break;
    if (const auto date = Date::parse(text)) {
      *day = date.value();
    } else {
      f.fault(key, date.error().message);
    }
  }
  if (f.ok() && c.to < c.from) f.fault("to", "lies before the first day");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidCalibration));
  return c;
}

Result<std::string> model_to_blob(const FusionModel& m) {
  if (m.spots.size() > kSpotCountMax || m.grid.incidents.size() > kCellCountMax ||
      m.clock_offset_s.size() > kReporterCountMax || m.posts.size() > kReporterCountMax ||
      m.habits.size() > kReporterCountMax) {
    return fail(ErrorCode::kLimit, "a calibration of more places, cells or reporters than one may have");
  }
  Json clocks = Json::array();
  for (const auto& [name, s] : m.clock_offset_s) {
    if (const std::int64_t ms = whole(s, 1e3); ms != 0) clocks.push_back(Json(Json::Array{Json(name), Json(ms)}));
  }
  Json habits = Json::array();
  for (const auto& [name, h] : m.habits)
    habits.push_back(Json(Json::Array{Json(name), Json(ppm(h.reports)), Json(ppm(h.again))}));
  Json posts = Json::array();
  for (const auto& [name, p] : m.posts) {
    posts.push_back(Json(Json::Array{Json(name), Json(std::int64_t{p.at.lat_e7}), Json(std::int64_t{p.at.lng_e7}),
                                     Json(std::int64_t{p.reach_m}), Json(ppm(p.reports))}));
  }
  Json spots = Json::array();
  for (const NamedSpot& s : m.spots) {
    spots.push_back(Json(Json::Array{Json(std::int64_t{s.at.lat_e7}), Json(std::int64_t{s.at.lng_e7}),
                                     Json(std::int64_t{s.radius_m}),
                                     Json(std::max<std::int64_t>(whole(s.incidents_per_day, kMillion), 1))}));
  }
  Json cells = Json::array();
  for (const auto& [cell, n] : m.grid.incidents) {
    cells.push_back(
        Json(Json::Array{Json(std::int64_t{cell.first}), Json(std::int64_t{cell.second}), Json(whole(n, 1e3))}));
  }
  Json confusion = Json::array();
  for (const auto& rows : m.confusion) confusion.push_back(list_of(rows));
  return Json::object(
             {{"bearing_sigma_mdeg", whole(m.bearing_sigma_mdeg, 1)},
              {"clock_offset_ms", std::move(clocks)},
              {"confusion_ppm", std::move(confusion)},
              {"count_prior_ppm", list_of(m.count_prior)},
              {"count_sigma_ppm", whole(m.count_sigma, kMillion)},
              {"distance_sigma_ppm", whole(m.distance_sigma_part, kMillion)},
              {"grid", Json::object({{"cells", std::move(cells)}, {"milli_days", whole(m.grid.days, 1e3)}})},
              {"habit_ppm", Json(Json::Array{Json(ppm(m.habit.reports)), Json(ppm(m.habit.again))})},
              {"habits_ppm", std::move(habits)},
              {"harm_invented_ppm", ppm(m.harm_invented)},
              {"harm_missed_ppm", list_of(m.harm_missed)},
              {"harm_sigma_ppm",
               Json(Json::Array{Json(whole(m.harm_sigma[0], kMillion)), Json(whole(m.harm_sigma[1], kMillion))})},
              {"injured_prior_ppm", list_of(m.injured_prior)},
              {"killed_prior_ppm", list_of(m.killed_prior)},
              {"kind_prior_ppm", list_of(m.kind_prior)},
              {"post_reports_ppm", ppm(m.post_reports)},
              {"posts", std::move(posts)},
              {"radius_scale_ppm", whole(m.radius_scale, kMillion)},
              {"reports_per_incident_ppm", whole(m.reports_per_incident, kMillion)},
              {"same_spot_ppm", ppm(m.same_spot)},
              {"spots", std::move(spots)},
              {"time_scale_ppm",
               Json(Json::Array{Json(whole(m.time_scale[0], kMillion)), Json(whole(m.time_scale[1], kMillion))})},
              {"v", 1}})
      .checked_canonical();
}

Result<FusionModel> model_from_blob(std::string_view blob) {
  auto parsed = Json::parse_canonical(blob);
  if (!parsed) return fail(ErrorCode::kInvalidCalibration, parsed.error().message, "tables");
  const Json json = std::move(parsed).value();
  JsonFields f(json, "tables");
  Reader r(f);
  FusionModel m;
  if (f.integer("v", 0, Json::kIntegerMax) != 1) f.fault("v", "only version 1 is known to this program");
  m.bearing_sigma_mdeg = static_cast<double>(f.integer("bearing_sigma_mdeg", 100, 90'000));
  m.distance_sigma_part = r.scale("distance_sigma_ppm");
  r.scales("time_scale_ppm", m.time_scale);
  m.radius_scale = r.scale("radius_scale_ppm");
  r.distributions("confusion_ppm", m.confusion);
  r.distribution("kind_prior_ppm", m.kind_prior);
  r.distributions("count_prior_ppm", m.count_prior);
  m.count_sigma = r.scale("count_sigma_ppm");
  r.scales("harm_missed_ppm", m.harm_missed);
  for (const double v : m.harm_missed) {
    if (f.ok() && v >= 1) f.fault("harm_missed_ppm", "a probability of 1");
  }
  m.harm_invented = r.probability("harm_invented_ppm");
  r.scales("harm_sigma_ppm", m.harm_sigma);
  r.distribution("killed_prior_ppm", m.killed_prior);
  r.distribution("injured_prior_ppm", m.injured_prior);
  m.post_reports = r.probability("post_reports_ppm");
  m.same_spot = r.probability("same_spot_ppm");
  m.reports_per_incident =
      static_cast<double>(f.integer("reports_per_incident_ppm", kPpmMax, 1000 * kPpmMax)) / kMillion;
  const auto habit = [&](std::string_view key, const Json& list, std::size_t first) {
    return PartyHabit{static_cast<double>(r.cell(key, list, first, 1, kPpmMax - 1)) / kMillion,
                      static_cast<double>(r.cell(key, list, first + 1, 1, kPpmMax - 1)) / kMillion};
  };
  if (const Json* j = f.required("habit_ppm")) m.habit = habit("habit_ppm", *j, 0);
  const auto fresh = [&](std::string_view key, bool is_new) {
    if (!is_new) f.fault(key, "a name twice");
  };
  for (const Json& j : f.array_or_empty("habits_ppm", kReporterCountMax)) {
    const std::string name = r.name("habits_ppm", j, 3);
    fresh("habits_ppm", m.habits.emplace(name, habit("habits_ppm", j, 1)).second);
  }
  for (const Json& j : f.array_or_empty("clock_offset_ms", kReporterCountMax)) {
    const std::string name = r.name("clock_offset_ms", j, 2);
    const double s = static_cast<double>(r.cell("clock_offset_ms", j, 1, -86'400'000, 86'400'000)) / 1e3;
    fresh("clock_offset_ms", m.clock_offset_s.emplace(name, s).second);
  }
  for (const Json& j : f.array_or_empty("posts", kReporterCountMax)) {
    const std::string name = r.name("posts", j, 5);
    PostHabit p;
    p.at.lat_e7 = static_cast<std::int32_t>(r.cell("posts", j, 1, -geo::kLatE7Max, geo::kLatE7Max));
    p.at.lng_e7 = static_cast<std::int32_t>(r.cell("posts", j, 2, -geo::kLngE7Max, geo::kLngE7Max));
    p.reach_m = static_cast<std::int32_t>(r.cell("posts", j, 3, 0, 1'000'000));
    p.reports = static_cast<double>(r.cell("posts", j, 4, 1, kPpmMax - 1)) / kMillion;
    fresh("posts", m.posts.emplace(name, p).second);
  }
  for (const Json& j : f.array_or_empty("spots", kSpotCountMax)) {
    NamedSpot s;
    s.at.lat_e7 = static_cast<std::int32_t>(r.cell("spots", j, 0, -geo::kLatE7Max, geo::kLatE7Max));
    s.at.lng_e7 = static_cast<std::int32_t>(r.cell("spots", j, 1, -geo::kLngE7Max, geo::kLngE7Max));
    s.radius_m = static_cast<std::int32_t>(r.cell("spots", j, 2, 0, 1'000'000));
    s.incidents_per_day = static_cast<double>(r.cell("spots", j, 3, 1, Json::kIntegerMax)) / kMillion;
    const auto key = [](const NamedSpot& v) { return std::pair(v.at, v.radius_m); };
    if (f.ok() && !m.spots.empty() && !(key(m.spots.back()) < key(s))) f.fault("spots", "do not ascend");
    m.spots.push_back(s);
  }
  if (const Json* j = f.required("grid")) {
    JsonFields g(*j, "grid");
    Reader gr(g);
    m.grid.days = static_cast<double>(g.integer("milli_days", 0, 1'000'000'000)) / 1e3;
    for (const Json& c : g.array_or_empty("cells", kCellCountMax)) {
      const auto row = static_cast<std::int32_t>(gr.cell("cells", c, 0, -10'000, 10'000));
      const auto column = static_cast<std::int32_t>(gr.cell("cells", c, 1, -10'000, 10'000));
      const double n = static_cast<double>(gr.cell("cells", c, 2, 0, Json::kIntegerMax)) / 1e3;
      if (!m.grid.incidents.emplace(std::pair(row, column), n).second) g.fault("cells", "a cell twice");
    }
    TRUCE_CHECK(g.finish(ErrorCode::kInvalidCalibration));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidCalibration));
  return m;
}

}  // namespace truce::monitor
