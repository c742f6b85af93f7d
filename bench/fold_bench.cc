// SPDX-License-Identifier: Apache-2.0
//
// Times the fold on real nodes with 10^4, 10^5 and 10^6 reports, 5,000 a day: from nothing, one more day, and opening a
// node whose picture is current. Each measurement is a child process, so that its peak memory is its own. Prints: name
// value unit peer peer_value ratio.
//
//   fold_bench [REPORTS...]      default 10000 100000 1000000

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "truce/base/math.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/report.h"
#include "truce/node/node.h"

namespace {

using namespace truce;

constexpr int kReportsPerDay = 5'000;
const std::int64_t kFirstDayMs = parse_instant("2017-06-01T00:00:00Z").value().ms;

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

monitor::Report random_report(std::mt19937_64& random, std::int64_t day, std::int64_t number) {
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low));
  };
  monitor::Report r;
  r.from = r.to = Instant{kFirstDayMs + day * 86'400'000 + pick(0, 86'400) * 1000};
  r.precision_s = 300;
  r.place.at = geo::LatLng::from_e7(static_cast<std::int32_t>(pick(352'000'000, 366'000'000)),
                                    static_cast<std::int32_t>(pick(359'000'000, 376'000'000)));
  r.place.radius_m = pick(0, 3) * 700;
  if (pick(0, 3) == 0) {
    r.place.form = monitor::Place::Form::kBearing;
    r.place.radius_m = 0;
    r.place.bearing_mdeg = pick(0, 360) * 1000;
    r.place.distance_m = pick(5, 80) * 100;
  }
  r.kind = static_cast<monitor::Kind>(pick(0, 5));
  r.means = monitor::Means::kHeard;
  r.count = monitor::Range::of(pick(1, 20));
  r.killed.all = monitor::Range::of(pick(0, 3));
  r.injured.all = monitor::Range::of(pick(0, 5));
  r.said_by = number % 2 == 0 ? "north" : "south";
  r.reporter = "op-" + std::to_string(pick(1, 40));
  r.key = monitor::SourceKey{r.said_by, "r" + std::to_string(number), {}, 0};
  return r;
}

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

void state_reports(node::Node& node, std::int64_t first_day, std::int64_t first_number, std::int64_t count) {
  std::mt19937_64 random(static_cast<std::uint64_t>(first_number) + 7);
  const auto writer = must(node.writer());
  const monitor::ImportStatement import{Hash{}, "reports", "north", count, 0, 0, {}};
  const StatementRef ref = must(writer->add({monitor::kTypeImport, import.to_body(), {}, {}, {}}));
  for (std::int64_t i = 0; i < count; ++i) {
    const monitor::Report r = random_report(random, first_day + i / kReportsPerDay, first_number + i);
    must(writer->add({monitor::kTypeReport, r.to_body(), {{std::string(monitor::kOfImport), ref}}, {}, {}}));
  }
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

void run(std::int64_t reports) {
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
  request.mechanism.decision_of = "all";
  request.mechanism.parties.push_back({"un", "UN", mechanism::Role::kObserver, {}});
  must(node::Node::init(world, request));
  const auto open = [&] { return must(node::Node::open(world, path)); };
  in_child([&] {
    const auto node = open();
    state_zones(*node);
    state_reports(*node, 0, 0, reports);
  });
  const std::string tag = "fold." + std::to_string(reports);
  measured(
      tag + ".from_nothing", [&] { must(open()->update_picture()); }, true);
  in_child([&] {
    const auto node = open();
    state_reports(*node, reports / kReportsPerDay + 1, reports, kReportsPerDay);
  });
  measured(
      tag + ".one_more_day", [&] { must(open()->update_picture()); }, true);
  measured(
      tag + ".open_current", [&] { must(open()->update_picture()); }, false);
  in_child([&] {
    const auto node = open();
    must(node->update_picture());
    const auto kept = must(node->picture().get_meta(store::kMetaDigest));
    node::Node::PictureOptions rebuild;
    rebuild.rebuild = true;
    const auto again = must(node->update_picture(rebuild));
    if (!kept || *kept != again.digest.hex())
      die(Error{ErrorCode::kBadDatabase, "one more day gave another digest than from nothing", ""});
  });
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::int64_t> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::atoll(argv[i]));
  if (sizes.empty()) sizes = {10'000, 100'000, 1'000'000};
  for (const std::int64_t n : sizes) run(n);
}
