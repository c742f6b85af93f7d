// SPDX-License-Identifier: Apache-2.0
//
// The picture's store: a rebuild with 10^6 reports and 10^6 incidents (5,000 a day) beside SQLite's own prepared
// inserts of the same rows into the same tables with the same indexes and a durable end; one day replaced; one report
// added to a day; opening; reading a day and all.
//
//   store_bench [--days N] [--folder DIR]
//
// Making rows is not timed. Prints one line a figure: name value unit peer peer_value ratio.

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "truce/base/time.h"
#include "truce/store/geopackage.h"
#include "truce/store/sqlite.h"
#include "truce/store/store.h"
#include "truce/store/store_testing.h"

namespace truce::store {
namespace {

using picture::IncidentRow;
using picture::ReportRow;
using picture::Row;

constexpr int kReportsADay = 5000;

void line(const char* name, double value, const char* unit, const char* peer = "-", double peer_value = 0) {
  if (peer_value > 0) {
    std::printf("%-28s %12.3f %-10s %-8s %12.3f %8.2f\n", name, value, unit, peer, peer_value, value / peer_value);
  } else {
    std::printf("%-28s %12.3f %-10s %-8s %12s %8s\n", name, value, unit, peer, "-", "-");
  }
  std::fflush(stdout);
}

class Watch {
 public:
  void start() { begin_ = std::chrono::steady_clock::now(); }
  void stop() { total_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
  [[nodiscard]] double seconds() const { return total_; }

 private:
  std::chrono::steady_clock::time_point begin_;
  double total_ = 0;
};

void must(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
  std::exit(1);
}

struct Day {
  std::string name;
  std::vector<Row> reports, incidents;
};

// A day as imports make them: ids in order, source ids without order, a third of the optional columns filled.
Day make_day(int number, int version = 0) {
  std::mt19937_64 random(static_cast<std::uint64_t>(number) * 31);
  Day out;
  out.name = Date{17'000 + number}.to_string();
  for (int i = 0; i < kReportsADay; ++i) {
    ReportRow r;
    r.day = out.name;
    r.party = "un";
    r.log = "main";
    r.idx = std::int64_t{number} * kReportsADay + i + 1;
    r.id = r.version = "un/main/" + std::to_string(r.idx);
    r.state = "effective";
    r.import_id = "un/main/1";
    r.from_ms = Date{17'000 + number}.start_utc().ms + i * 17'000;
    r.to_ms = r.from_ms + 60'000;
    r.precision_s = 60;
    r.lat_e7 = 330'000'000 + static_cast<std::int64_t>(random() % 40'000'000);
    r.lng_e7 = 360'000'000 + static_cast<std::int64_t>(random() % 60'000'000);
    r.radius_m = 500;
    r.place_form = "bearing";
    r.observer_lat_e7 = *r.lat_e7 + 10'000;
    r.observer_lng_e7 = *r.lng_e7;
    r.bearing_mdeg = static_cast<std::int64_t>(random() % 360'000);
    r.distance_m = 2500;
    r.kind = "shelling";
    r.means = "heard";
    r.assessment = "violation-alleged";
    r.count_low = r.count_best = r.count_high = 1 + version;
    r.reporter = "obs-" + std::to_string(random() % 90);
    r.source = "field-app";
    r.source_id = std::to_string(random());
    r.recorded_ms = r.to_ms + 3'600'000;
    out.reports.push_back(picture::to_row(r));
    IncidentRow n;
    n.day = r.day, n.party = r.party, n.log = r.log, n.idx = r.idx, n.id = r.id;
    n.from_ms = r.from_ms, n.to_ms = r.to_ms, n.precision_s = r.precision_s, n.lat_e7 = r.lat_e7, n.lng_e7 = r.lng_e7;
    n.radius_m = r.radius_m, n.kind = r.kind, n.group = "use-of-weapons", n.means = r.means,
    n.assessment = r.assessment;
    n.zones = n.zones_any = "idlib;north-belt";
    n.relation = "inside";
    n.forbidden_by = "idlib";
    n.answers = R"([["idlib","un","inside",1000000,1],["north-belt","un","probably-inside",714000,1]])";
    n.reports = 1;
    n.parties = "un";
    n.count_low = n.count_best = n.count_high = r.count_low;
    out.incidents.push_back(picture::to_row(n));
  }
  return out;
}

void put(PictureStore& store, const Day& day, Watch& watch) {
  for (const auto& [name, rows] : {std::pair{"incidents", &day.incidents}, std::pair{"reports", &day.reports}}) {
    const auto& table = picture::table(name);
    const auto digest = digest_of(table, day.name, *rows);
    watch.start();
    must(store.replace(table, day.name, *rows, digest));
    watch.stop();
  }
}

// SQLite by itself: one statement a table, bound and stepped row by row.
double raw_seconds(const std::string& path, int days) {
  Watch watch;
  watch.start();
  auto connection = Connection::open(path, 0).value();
  for (const char* pragma : {"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA locking_mode=EXCLUSIVE",
                             "PRAGMA cache_size=-65536", "PRAGMA threads=2", "BEGIN"}) {
    must(connection->execute(pragma));
  }
  for (const SchemaItem& item : schema_tables()) must(connection->execute(item.sql));
  watch.stop();
  using namespace sqlite_api;
  std::map<std::string, sqlite3_stmt*> statements;
  for (const char* name : {"incidents", "reports"}) {
    const auto& table = picture::table(name);
    std::string names = "geom", values = "?";
    for (const auto& c : table.columns) names += ',' + std::string(c.name), values += ",?";
    sqlite3_prepare_v2(connection->handle(),
                       ("INSERT INTO " + std::string(name) + " (" + names + ") VALUES (" + values + ")").c_str(), -1,
                       &statements[name], nullptr);
  }
  std::string point;
  for (int d = 0; d < days; ++d) {
    const Day day = make_day(d);
    watch.start();
    for (const auto& [name, rows] : {std::pair{"incidents", &day.incidents}, std::pair{"reports", &day.reports}}) {
      sqlite3_stmt* s = statements[name];
      const std::size_t lat = std::string_view(name) == "reports" ? 12 : 8;
      for (const Row& row : *rows) {
        set_point(point, geo::LatLng::checked(row[lat].as_integer(), row[lat + 1].as_integer()).value());
        sqlite3_bind_blob(s, 1, point.data(), static_cast<int>(point.size()), nullptr);
        int at = 2;
        for (const Json& cell : row) {
          if (cell.is_null()) {
            sqlite3_bind_null(s, at);
          } else if (cell.is_integer()) {
            sqlite3_bind_int64(s, at, cell.as_integer());
          } else {
            sqlite3_bind_text(s, at, cell.as_string().data(), static_cast<int>(cell.as_string().size()), nullptr);
          }
          ++at;
        }
        if (sqlite3_step(s) != SQLITE_DONE) std::exit(1);
        sqlite3_reset(s);
      }
    }
    watch.stop();
  }
  for (auto& [name, s] : statements) sqlite3_finalize(s);
  watch.start();
  for (const SchemaItem& item : schema_indexes()) must(connection->execute(item.sql));
  must(connection->execute("COMMIT"));
  ::sync();
  watch.stop();
  return watch.seconds();
}

int run(int argc, char** argv) {
  int days = 200;
  std::string folder = ".";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--days") == 0) days = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--folder") == 0) folder = argv[i + 1];
  }
  const std::string path = folder + "/store_bench.gpkg";
  const auto forget = [&] {
    for (const char* suffix : {"", ".lock", ".raw"}) std::filesystem::remove(path + suffix);
  };
  forget();

  Watch write, commit;
  auto store = std::move(PictureStore::start_over(path, {}).value());
  for (int d = 0; d < days; ++d) put(*store, make_day(d), write);
  commit.start();
  must(store->set_meta(kMetaCut, std::string(500, '7')));
  must(store->commit());
  commit.stop();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const double raw = raw_seconds(path + ".raw", days);
  line("store.rebuild", write.seconds() + commit.seconds(), "s", "sqlite", raw);
  line("store.rebuild.rows", write.seconds(), "s");
  line("store.rebuild.commit", commit.seconds(), "s");
  line("store.rebuild.memory", static_cast<double>(usage.ru_maxrss) / 1024, "MiB");
  line("store.file", static_cast<double>(std::filesystem::file_size(path)) / 1048576, "MiB");

  // Days in the middle, refolded: every row differs from the one that is there in what is not its name.
  constexpr int kTimes = 10;
  Watch day_all, day_one, opening, read_day, read_all;
  for (int i = 0; i < kTimes; ++i) {
    const Day day = make_day(days / 2 + i, 1);
    day_all.start();
    must(store->begin(PictureStore::Writing::kIncrement));
    day_all.stop();
    put(*store, day, day_all);
    day_all.start();
    must(store->commit());
    day_all.stop();
  }
  line("store.replace_day", 1000 * day_all.seconds() / kTimes, "ms");
  Watch day_new;
  for (int i = 0; i < kTimes; ++i) {
    const Day day = make_day(days + i);
    day_new.start();
    must(store->begin(PictureStore::Writing::kIncrement));
    day_new.stop();
    put(*store, day, day_new);
    day_new.start();
    must(store->commit());
    day_new.stop();
  }
  line("store.new_day", 1000 * day_new.seconds() / kTimes, "ms");
  for (int i = 0; i < kTimes; ++i) {
    Day day = make_day(days / 2 + i, 1);
    for (auto* rows : {&day.reports, &day.incidents}) {
      Row last = rows->back();
      last[3] = Json(std::int64_t{days} * kReportsADay + 100 + i);
      rows->push_back(std::move(last));
    }
    day_one.start();
    must(store->begin(PictureStore::Writing::kIncrement));
    day_one.stop();
    put(*store, day, day_one);
    day_one.start();
    must(store->commit());
    day_one.stop();
  }
  line("store.add_to_day", 1000 * day_one.seconds() / kTimes, "ms");
  store.reset();
  for (int i = 0; i < kTimes; ++i) {
    opening.start();
    store = std::move(PictureStore::open(path, {}).value());
    must(store->get_meta(kMetaCut).value() ? Status() : fail(ErrorCode::kNotFound, "no meta"));
    opening.stop();
  }
  line("store.open", 1000 * opening.seconds() / kTimes, "ms");
  std::size_t rows = 0;
  const auto count = [&rows](const Row&) -> Status {
    ++rows;
    return {};
  };
  for (int i = 0; i < kTimes; ++i) {
    const std::string day = Date{17'000 + i}.to_string();
    read_day.start();
    must(store->visit(picture::table("reports"), day, day, count));
    read_day.stop();
  }
  line("store.read_day", 1000 * read_day.seconds() / kTimes, "ms");
  PictureStore::Options trusting;
  trusting.verify = false;
  Watch trusted;
  read_all.start();
  must(store->visit(picture::table("incidents"), "", "", count));
  read_all.stop();
  store = std::move(PictureStore::open(path, trusting).value());
  trusted.start();
  must(store->visit(picture::table("incidents"), "", "", count));
  trusted.stop();
  line("store.read_all", read_all.seconds(), "s", "noverify", trusted.seconds());
  store.reset();
  forget();
  return 0;
}

}  // namespace
}  // namespace truce::store

int main(int argc, char** argv) {
  return truce::store::run(argc, argv);
}
