// SPDX-License-Identifier: Apache-2.0
//
// Times the fold, with the fusion of reports, on real nodes that hold the reports of an exercise: from nothing,
// learning, from nothing with what was learnt, one more day, and opening a node whose picture is current. Each
// measurement is a child process, so that its peak memory is its own. Prints: name value unit peer peer_value ratio.
//
//   fold_bench [REPORTS REPORTS_A_DAY]...      default 10000 1000  100000 1000  1000000 1000  1000000 5000

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "bench/scenario.h"
#include "truce/base/math.h"
#include "truce/exercise/scenario.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/report.h"
#include "truce/node/node.h"
#include "truce/picture/learning.h"

namespace {

using namespace truce;

constexpr std::int64_t kDaysMax = 1'400;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void die(const Error& e) {
  fmt::print(stderr, "fold_bench: {}\n", e.to_string());
  std::exit(1);
}
template <typename T>
T must(Result<T> r) {
  if (!r) die(r.error());
  return std::move(r).value();
}
void must(Status s) {
  if (!s) die(s.error());
}

// Reports of an exercise, day by day; the days of a node follow each other.
class Reports {
 public:
  // About two reports an incident.
  explicit Reports(std::int64_t per_day)
      : scenario_(must(exercise::Scenario::make(bench::scenario_options(kDaysMax, per_day * 500)))) {}

  // States reports as imports of at most one day each, until there are `count` more.
  void state(node::Node& node, std::int64_t count) {
    const auto writer = must(node.writer());
    exercise::Day day;
    while (count > 0 && scenario_.next(day)) {
      const auto rows =
          static_cast<std::size_t>(std::min<std::int64_t>(count, static_cast<std::int64_t>(day.reports.size())));
      const monitor::ImportStatement import{Hash{}, "reports", "exercise", static_cast<std::int64_t>(rows), 0, 0, {}};
      const StatementRef ref = must(writer->add({monitor::kTypeImport, import.to_body(), {}, {}, {}}));
      for (std::size_t i = 0; i < rows; ++i) {
        const monitor::Report r = exercise::to_report(scenario_.world(), day.reports[i]);
        must(writer->add({monitor::kTypeReport, r.to_body(), {{std::string(monitor::kOfImport), ref}}, {}, {}}));
      }
      count -= static_cast<std::int64_t>(rows);
    }
    must(writer->commit());
  }
  void skip(std::int64_t count) {
    exercise::Day day;
    while (count > 0 && scenario_.next(day)) count -= static_cast<std::int64_t>(day.reports.size());
  }

 private:
  exercise::Scenario scenario_;
};

// Five zones of about forty corners over the area of the reports.
void state_zones(node::Node& node) {
  const auto writer = must(node.writer());
  for (int z = 0; z < 5; ++z) {
    geo::MultiPolygon area, near;
    geo::Ring ring, wide;
    for (int k = 0; k < 40; ++k) {
      const double angle = k * 2 * math::kPi / 40;
      const double radius = 0.25 + 0.04 * math::sin(5 * angle);
      const double lat = 35.4 + 0.25 * z, lng = 36.1 + 0.3 * z;
      ring.corners.push_back(
          geo::LatLng::from_degrees(lat + radius * math::sin(angle), lng + radius * math::cos(angle)));
      wide.corners.push_back(geo::LatLng::from_degrees(lat + (radius + 0.05) * math::sin(angle),
                                                       lng + (radius + 0.05) * math::cos(angle)));
    }
    area.polygons.push_back({ring, {}});
    near.polygons.push_back({wide, {}});
    monitor::ZoneStatement s;
    s.id = "zone-" + std::to_string(z);
    s.geometry = must(writer->put_blob(geo::to_blob(area)));
    s.near = must(writer->put_blob(geo::to_blob(near)));
    must(writer->add({monitor::kTypeZone, s.to_body(), {}, {}, {s.geometry, *s.near}}));
  }
  must(writer->commit());
}

// What `truce calibrate` does, over the last 28 days.
void calibrate(node::Node& node) {
  const auto facts = must(node.update_picture());
  const auto slabs = must(picture::read_rows<picture::SlabRow>(node.picture()));
  const Date last = must(Date::parse(slabs.back().last_day));
  const Date first = std::max(must(Date::parse(slabs.front().first_day)), last + -27);
  const auto source = node.source();
  const picture::Learned learned = must(picture::learn(node.mechanism(), node.picture(), *source, first, last, {}));
  const auto writer = must(node.writer());
  const Hash blob = must(writer->put_blob(learned.blob));
  // In force from the first day on, so that every block is fused with it.
  const monitor::CalibrationStatement body{
      must(Date::parse(slabs.front().first_day)), last, facts.cut.to_json(), blob, learned.reports, learned.compared};
  must(writer->add({monitor::kTypeCalibration, body.to_body(), {}, {}, {blob}}));
  must(writer->commit());
}

void line(const std::string& name, double value, std::string_view unit) {
  fmt::print("{} {:.3f} {} - - -\n", name, value, unit);
}

// Runs `work` in a child and prints its wall time and peak memory.
template <typename Work>
void measured(const std::string& name, const Work& work, bool memory) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    const double begin = seconds_now();
    work();
    line(name, (seconds_now() - begin) * 1000, "ms");
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    if (memory) line(name + ".memory", static_cast<double>(usage.ru_maxrss) / 1024, "MiB");
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) std::exit(1);
}

void in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) std::exit(1);
}

void run(std::int64_t reports, std::int64_t per_day) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("truce-fold-bench-{}", ::getpid());
  std::filesystem::remove_all(folder);
  const std::string path = folder.string();
  const node::World world = node::system_world();
  node::Node::InitRequest request;
  request.folder = path;
  request.me = "un";
  request.mechanism.name = "bench";
  request.mechanism.exercise = true;
  request.mechanism.decision.of = "all";
  request.mechanism.parties.push_back({"un", "UN", mechanism::Role::kObserver, {}});
  must(node::Node::init(world, request));
  const auto open = [&] { return must(node::Node::open(world, path)); };
  in_child([&] {
    const auto node = open();
    state_zones(*node);
    Reports(per_day).state(*node, reports);
  });
  const std::string tag = fmt::format("fold.{}.{}-a-day", reports, per_day);
  measured(
      tag + ".from_nothing", [&] { must(open()->update_picture()); }, true);
  measured(
      tag + ".calibrate-28-days", [&] { calibrate(*open()); }, true);
  measured(
      tag + ".from_nothing_calibrated", [&] { must(open()->update_picture()); }, true);
  in_child([&] {
    const auto node = open();
    Reports more(per_day);
    more.skip(reports);
    more.state(*node, per_day);
  });
  measured(
      tag + ".one_more_day", [&] { must(open()->update_picture()); }, true);
  measured(
      tag + ".open_current", [&] { must(open()->update_picture()); }, false);
  in_child([&] {
    const auto node = open();
    must(node->update_picture());
    const auto kept = must(node->picture().get_meta(store::kMetaDigest));
    const auto before = must(node->picture().digests());
    node::Node::PictureOptions rebuild;
    rebuild.rebuild = true;
    const auto again = must(node->update_picture(rebuild));
    for (const auto& d : must(node->picture().digests())) {
      if (std::ranges::find(before, d) == before.end())
        fmt::print(stderr, "differs: {} {} {} row(s)\n", d.table, d.day, d.rows);
    }
    if (!kept || *kept != again.digest.hex())
      die(Error{ErrorCode::kBadDatabase, "one more day gave another digest than from nothing", ""});
  });
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes;
  for (std::size_t i = 0; i + 1 < given.size(); i += 2)
    sizes.emplace_back(std::atoll(given[i].c_str()), std::atoll(given[i + 1].c_str()));
  if (sizes.empty()) sizes = {{10'000, 1'000}, {100'000, 1'000}, {1'000'000, 1'000}, {1'000'000, 5'000}};
  for (const auto& [n, per_day] : sizes) run(n, per_day);
}
