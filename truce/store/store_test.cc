// SPDX-License-Identifier: Apache-2.0

#include "truce/store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "truce/geo/geometry_blob.h"
#include "truce/store/geopackage.h"
#include "truce/store/sqlite.h"
#include "truce/store/store_testing.h"

namespace truce::store {
namespace {

namespace fs = std::filesystem;
using picture::MemoryTables;
using picture::Row;
using picture::Table;
using testing::HasSubstr;
using Writing = PictureStore::Writing;

constexpr std::uint64_t kSeed = 20180918;
constexpr const char* kDays[] = {"2018-09-16", "2018-09-17", "2018-09-18"};

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "truce store XXXXXX").string();  // with spaces, as people have
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = name + "/picture.gpkg";
    const auto e7 = [](int lat, int lng) { return geo::LatLng::from_e7(lat * geo::kDegreeE7, lng * geo::kDegreeE7); };
    zone_blob_ =
        geo::to_blob(geo::MultiPolygon{{geo::Polygon{{{e7(35, 36), e7(35, 37), e7(36, 37), e7(36, 36)}}, {}}}});
    random_.blob_hash = sha256(zone_blob_).base64url();
    RecordProperty("seed", std::to_string(kSeed));
  }
  void TearDown() override { fs::remove_all(folder_); }

  PictureStore::Options options() const {
    PictureStore::Options o;
    o.busy_wait_ms = 200;
    o.title = "Invented mechanism";
    o.blob = [this](const Hash& hash) -> Result<std::string> {
      if (hash != sha256(zone_blob_)) return fail(ErrorCode::kMissingBlob, "no such blob", hash.hex());
      return zone_blob_;
    };
    return o;
  }
  std::unique_ptr<PictureStore> open() {
    auto store = PictureStore::open(path_, options());
    EXPECT_TRUE(store) << store.error().to_string();
    return store ? std::move(*store) : nullptr;
  }
  Error open_error() {
    auto store = PictureStore::open(path_, options());
    return store ? Error{ErrorCode::kExists, "opened", {}} : store.error();
  }

  Status put(picture::TableSink& sink, const Table& table, const std::string& day, const std::vector<Row>& rows) {
    return sink.replace(table, day, rows, digest_of(table, day, rows));
  }
  // Rows of every table and three days into the store and into memory, in one rebuild.
  std::unique_ptr<PictureStore> filled(std::int64_t rows_a_day = 40) {
    auto store = PictureStore::start_over(path_, options());
    EXPECT_TRUE(store) << store.error().to_string();
    EXPECT_TRUE((*store)->clear());
    for (const Table& t : picture::tables()) {
      for (const char* day : kDays) {
        const auto rows = random_.rows(t, t.by_day ? day : "", 0, rows_a_day);
        const Status put_there = put(**store, t, t.by_day ? day : "", rows);
        EXPECT_TRUE(put_there) << put_there.error().to_string();
        EXPECT_TRUE(put(memory_, t, t.by_day ? day : "", rows));
        if (!t.by_day) break;
      }
    }
    EXPECT_TRUE((*store)->set_meta(kMetaAsOf, "1537228800000"));
    const Status committed = (*store)->commit();
    EXPECT_TRUE(committed) << committed.error().to_string();
    return std::move(*store);
  }
  static std::vector<Row> all_rows(picture::TableReader& reader, const Table& table, const std::string& first = {},
                                   const std::string& last = {}) {
    std::vector<Row> out;
    const Status s = reader.visit(table, first, last, [&](const Row& row) -> Status {
      out.push_back(row);
      return {};
    });
    EXPECT_TRUE(s) << s.error().to_string();
    return out;
  }
  static std::vector<Row> found_rows(picture::TableReader& reader, const Table& table, std::string_view column,
                                     const std::string& value) {
    std::vector<Row> out;
    const Status s = reader.find(table, column, value, [&](const Row& row) -> Status {
      out.push_back(row);
      return {};
    });
    EXPECT_TRUE(s) << s.error().to_string();
    return out;
  }
  void expect_same(PictureStore& store) {
    for (const Table& t : picture::tables()) EXPECT_EQ(all_rows(store, t), all_rows(memory_, t)) << t.name;
    EXPECT_EQ(store.digests().value(), memory_.digests().value());
  }
  // Any reading of everything, to look at how it fails.
  static Status read_all(PictureStore& store) {
    for (const Table& t : picture::tables())
      TRUCE_CHECK(store.visit(t, "", "", [](const Row&) -> Status { return {}; }));
    TRUCE_TRY([[maybe_unused]] const auto digests, store.digests());
    return {};
  }
  // The first column of the first row, as text, by another connection.
  std::string sql(const std::string& query) {
    auto connection = Connection::open(path_, 1000).value();
    auto q = Query::prepare(*connection, query);
    if (!q) return q.error().to_string();
    if (const auto found = q->step(); !found || !*found) return found ? "(none)" : found.error().to_string();
    if (q->is_null(0)) return "(null)";
    if (const auto n = q->integer(0)) return std::to_string(*n);
    const auto text = q->text(0);
    return text ? std::string(*text) : text.error().to_string();
  }
  void execute(const std::string& statement) {
    auto connection = Connection::open(path_, 1000).value();
    const Status s = connection->execute(statement);
    EXPECT_TRUE(s) << s.error().to_string();
  }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void scribble(std::uint64_t offset, const std::string& what) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file << what;
  }
  std::string names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename());
    std::ranges::sort(found);
    std::string out;
    for (const std::string& name : found) out += name + ' ';
    return out;
  }
  static std::string run(const std::string& command) {
    std::string out;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    char buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
    return ::pclose(pipe) == 0 ? out : "FAILED: " + out;
  }

  std::string folder_, path_, zone_blob_;
  RandomRows random_{kSeed};
  MemoryTables memory_;
};

TEST_F(StoreTest, EveryTableComesBackAsMemoryHasIt) {
  const auto store = filled(700);  // several batches and a remainder
  expect_same(*store);
  for (const Table& t : picture::tables()) {
    if (t.by_day) {
      EXPECT_EQ(all_rows(*store, t, kDays[1], kDays[2]), all_rows(memory_, t, kDays[1], kDays[2]));
      EXPECT_TRUE(all_rows(*store, t, "2019-01-01", "2019-12-31").empty());
    }
  }
  expect_same(*open());
}

TEST_F(StoreTest, FindGivesTheSameRowsAsMemory) {
  const auto store = filled();
  const std::pair<const char*, const char*> kColumns[] = {
      {"reports", "id"},        {"reports", "version"}, {"reports", "source_id"},
      {"incidents", "id"},      {"changes", "report"},  {"changes", "target"},
      {"changes", "statement"}, {"actors", "neutral"},  {"zones", "kind"}};
  for (const auto& [name, column] : kColumns) {
    for (const char* value : {"un/main/7", "", "it's \"quoted\"", "key-1000003", "no such value"}) {
      EXPECT_EQ(found_rows(*store, picture::table(name), column, value),
                found_rows(memory_, picture::table(name), column, value))
          << name << '.' << column << " = " << value;
    }
  }
  EXPECT_EQ(found_rows(*store, picture::table("reports"), "id", "un/main/7").size(), 3U);
  const auto nothing = [](const Row&) -> Status { return {}; };
  EXPECT_EQ(store->find(picture::table("reports"), "idx", "7", nothing).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store->find(picture::table("reports"), "no\"such", "7", nothing).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StoreTest, VisitorsErrorStopsAndIsGivenBack) {
  const auto store = filled();
  int seen = 0;
  const Status s = store->visit(picture::table("reports"), "", "", [&](const Row&) -> Status {
    return ++seen == 3 ? Status(fail(ErrorCode::kLimit, "enough")) : Status();
  });
  EXPECT_EQ(s.error().code, ErrorCode::kLimit);
  EXPECT_EQ(seen, 3);
}

TEST_F(StoreTest, VisitorMayRead) {
  const auto store = filled(3);
  std::size_t found = 0;
  ASSERT_TRUE(store->visit(picture::table("reports"), kDays[0], kDays[0], [&](const Row& row) -> Status {
    found += found_rows(*store, picture::table("incidents"), "id", row[4].as_string()).size();
    return {};
  }));
  EXPECT_EQ(found, 9U);
}

TEST_F(StoreTest, DaysAreReplacedInSmallAndInWhole) {
  auto store = filled();
  const Table& t = picture::table("reports");
  ASSERT_TRUE(store->begin(Writing::kIncrement));
  // Some rows go, some change, some are new.
  std::vector<Row> rows = all_rows(memory_, t, kDays[1], kDays[1]);
  rows.erase(rows.begin() + 3, rows.begin() + 9);
  rows[5] = random_.rows(t, kDays[1], rows[5][3].as_integer(), 1)[0];
  for (std::size_t i = 10; i < rows.size(); i += 2) {
    rows[i][12] = i % 4 == 0 ? Json() : Json(340'000'000);  // lat_e7: the geometry changes too
    rows[i].back() = Json("{\"changed\":1}");
  }
  for (Row& row : random_.rows(t, kDays[1], 1000, 300)) rows.push_back(std::move(row));
  for (picture::TableSink* sink :
       {static_cast<picture::TableSink*>(store.get()), static_cast<picture::TableSink*>(&memory_)}) {
    ASSERT_TRUE(put(*sink, t, kDays[1], rows));
    ASSERT_TRUE(put(*sink, t, kDays[0], {}));
    for (const char* name : {"changes", "zones", "actors", "incidents"}) {
      RandomRows same(7);
      same.blob_hash = random_.blob_hash;
      const Table& other = picture::table(name);
      const std::string day = other.by_day ? "2018-09-20" : "";
      ASSERT_TRUE(put(*sink, other, day, same.rows(other, day, 5, 20)));
    }
  }
  expect_same(*store);  // the writer sees what it wrote
  ASSERT_TRUE(store->commit());
  expect_same(*store);
  expect_same(*open());
  EXPECT_EQ(sql("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(sql("SELECT count(*) FROM reports WHERE (geom IS NULL) <> (lat_e7 IS NULL OR lng_e7 IS NULL)"), "0");
}

TEST_F(StoreTest, SameDayTwiceInARebuildCountsOnce) {
  auto store = PictureStore::start_over(path_, options()).value();
  const Table& t = picture::table("incidents");
  for (const int n : {50, 20}) {
    RandomRows random(static_cast<std::uint64_t>(n));
    const auto rows = random.rows(t, kDays[0], 0, n);
    ASSERT_TRUE(put(*store, t, kDays[0], rows));
    ASSERT_TRUE(put(memory_, t, kDays[0], rows));
  }
  ASSERT_TRUE(store->commit());
  expect_same(*store);
}

TEST_F(StoreTest, RandomIncrementsStayEqualToMemory) {
  auto store = filled(10);
  for (int round = 0; round < 60; ++round) {
    ASSERT_TRUE(store->begin(Writing::kIncrement));
    const bool keep = random_.below(4) != 0;
    for (int i = 0; i < 4; ++i) {
      const Table& t = picture::tables()[random_.below(picture::tables().size())];
      const std::string day = t.by_day ? kDays[random_.below(3)] : "";
      auto rows = all_rows(*store, t, day, day);
      std::erase_if(rows, [&](const Row&) { return random_.below(5) == 0; });
      const std::int64_t first = 100 * (round + 1) + 25 * i;  // above all keys there
      for (Row& row : random_.rows(t, day, first, static_cast<std::int64_t>(random_.below(20))))
        rows.push_back(std::move(row));
      const Status s = put(*store, t, day, rows);
      ASSERT_TRUE(s) << s.error().to_string();
      if (keep) {
        ASSERT_TRUE(put(memory_, t, day, rows));
      }
    }
    if (keep) {
      ASSERT_TRUE(store->commit());
    } else {
      store->rollback();
    }
    expect_same(*store);
  }
  EXPECT_EQ(sql("PRAGMA integrity_check"), "ok");
}

TEST_F(StoreTest, MetaIsKeptAndReplaced) {
  auto store = filled(1);
  EXPECT_EQ(store->get_meta(kMetaCut).value(), std::nullopt);
  EXPECT_EQ(store->get_meta(kMetaExercise).value(), "0");
  ASSERT_TRUE(store->begin(Writing::kIncrement));
  ASSERT_TRUE(store->set_meta(kMetaCut, "{\"a\":1}"));
  ASSERT_TRUE(store->set_meta(kMetaCut, "{\"it's\":2}"));
  ASSERT_TRUE(store->set_meta("odd \" key", ""));
  ASSERT_TRUE(store->commit());
  store = open();
  EXPECT_EQ(store->get_meta(kMetaCut).value(), "{\"it's\":2}");
  EXPECT_EQ(store->get_meta("odd \" key").value(), "");
}

TEST_F(StoreTest, RowsThatDoNotFitAreRefused) {
  auto store = filled(2);
  const Table& t = picture::table("coverage");
  const std::vector<Row> good = random_.rows(t, kDays[0], 0, 3);
  const auto refused = [&](std::vector<Row> rows, const std::string& day) {
    const Status s = store->replace(t, day, rows, digest_of(t, day, rows));
    return !s && s.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused(good, kDays[0])) << "before begin()";
  ASSERT_TRUE(store->begin(Writing::kIncrement));
  EXPECT_FALSE(refused(good, kDays[0]));
  EXPECT_TRUE(refused(good, kDays[1])) << "another day";
  EXPECT_TRUE(refused({good[1], good[0]}, kDays[0])) << "not in key order";
  EXPECT_TRUE(refused({good[0], good[0]}, kDays[0])) << "one key twice";
  auto bad = good;
  bad[1][3] = Json("text");
  EXPECT_TRUE(refused(bad, kDays[0])) << "text for a number";
  bad[1][3] = Json();
  EXPECT_TRUE(refused(bad, kDays[0])) << "null where none may be";
  bad[1].pop_back();
  EXPECT_TRUE(refused(bad, kDays[0])) << "too few cells";
  const auto other = digest_of(t, kDays[0], {good[0]});
  EXPECT_EQ(store->replace(t, kDays[0], good, other).error().code, ErrorCode::kInvalidArgument) << "another digest";
  store->rollback();
  expect_same(*store);
}

// GeoPackage

TEST_F(StoreTest, FileIsAValidGeoPackage) {
  filled();
  const std::pair<const char*, const char*> kChecks[] = {
      {"PRAGMA application_id", "1196444487"},
      {"PRAGMA user_version", "10300"},
      {"PRAGMA integrity_check", "ok"},
      {"PRAGMA foreign_key_check", "(none)"},
      {"PRAGMA encoding", "UTF-8"},
      {"SELECT group_concat(srs_id) FROM (SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY 1)", "-1,0,4326"},
      {"SELECT group_concat(table_name) FROM (SELECT table_name FROM gpkg_contents WHERE data_type='features' ORDER BY "
       "1)",
       "incidents,reports,zones"},
      {"SELECT group_concat(table_name) FROM (SELECT table_name FROM gpkg_contents WHERE data_type='attributes' ORDER "
       "BY 1)",
       "actors,amendments,asks,briefs,calibrations,changes,coverage,findings,imports,inquiries,links,picture_digests,"
       "picture_meta,place_lists,positions,receipts,sealed,signed_days,slabs,standing"},
      {"SELECT group_concat(table_name || geometry_type_name || srs_id || z || m) FROM (SELECT * FROM "
       "gpkg_geometry_columns ORDER BY 1)",
       "incidentsPOINT432600,reportsPOINT432600,zonesGEOMETRY432600"},
      {"SELECT count(*) FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'gpkg_%' AND name NOT IN (SELECT "
       "table_name FROM "
       "gpkg_contents)",
       "0"},
      {"SELECT last_change FROM gpkg_contents WHERE table_name='reports'", "2018-09-18T00:00:00.000Z"},
      // Geometries: magic, version, flags, srs_id; where the columns have a place and only there.
      {"SELECT count(*) FROM reports WHERE (geom IS NULL) <> (lat_e7 IS NULL OR lng_e7 IS NULL)", "0"},
      {"SELECT count(*) FROM reports WHERE geom IS NOT NULL AND (typeof(geom) <> 'blob' OR length(geom) <> 29 OR "
       "hex(substr(geom, 1, 13)) <> '47500001E61000000101000000')",
       "0"},
      {"SELECT count(*) > 20 FROM reports WHERE geom IS NOT NULL", "1"},
      {"SELECT count(DISTINCT hex(substr(geom, 1, 8))) || hex(substr(geom, 1, 8)) FROM zones", "147500003E6100000"},
      {"SELECT (SELECT min(lng_e7) FROM incidents WHERE geom IS NOT NULL) / 1e7 = min_x FROM gpkg_contents WHERE "
       "table_name='incidents'",
       "1"},
      {"SELECT (SELECT max(lat_e7) FROM incidents WHERE geom IS NOT NULL) / 1e7 = max_y FROM gpkg_contents WHERE "
       "table_name='incidents'",
       "1"},
      {"SELECT identifier FROM gpkg_contents WHERE table_name='reports'", "reports"},
      {"SELECT description LIKE 'Invented mechanism: %' FROM gpkg_contents WHERE table_name='reports'", "1"},
  };
  for (const auto& [query, answer] : kChecks) EXPECT_EQ(sql(query), answer) << query;
  for (const Table& t : picture::tables()) {
    EXPECT_EQ(sql("SELECT type || pk FROM pragma_table_info('" + std::string(t.name) + "') WHERE name='fid'"),
              "INTEGER1");
  }
}

TEST_F(StoreTest, GeometryBytesAreExact) {
  filled();
  std::string expected;
  auto connection = Connection::open(path_, 1000).value();
  auto query =
      Query::prepare(*connection, "SELECT lat_e7, lng_e7, hex(geom) FROM reports WHERE geom IS NOT NULL").value();
  int seen = 0;
  while (query.step().value()) {
    set_point(expected, geo::LatLng::checked(query.integer(0).value(), query.integer(1).value()).value());
    std::string hex;
    for (const char c : expected) {
      constexpr char kDigits[] = "0123456789ABCDEF";
      hex += kDigits[static_cast<unsigned char>(c) >> 4];
      hex += kDigits[static_cast<unsigned char>(c) & 15];
    }
    ASSERT_EQ(query.text(2).value(), hex);
    ++seen;
  }
  EXPECT_GT(seen, 20);
}

TEST_F(StoreTest, OgrinfoSeesLayersCountsAndExtents) {
  if (std::system("ogrinfo --version >/dev/null 2>&1") != 0) {
    if (*TRUCE_SHARED_DIR != '\0') FAIL() << "gdal-bin is not installed";
    GTEST_SKIP() << "gdal-bin is not installed";
  }
  filled();
  const std::string ogrinfo = "ogrinfo -ro -so \"" + path_ + "\" ";
  EXPECT_THAT(run(ogrinfo),
              testing::AllOf(HasSubstr("incidents (Point)"), HasSubstr("reports (Point)"), HasSubstr("zones"),
                             HasSubstr("coverage (None)"), testing::Not(HasSubstr("Warning"))));
  const std::string reports = run(ogrinfo + "reports");
  EXPECT_THAT(reports, testing::AllOf(HasSubstr("Feature Count: 120"), HasSubstr("Geometry Column = geom"),
                                      HasSubstr("FID Column = fid"), HasSubstr("WGS 84"),
                                      HasSubstr("from_ms: Integer64"), HasSubstr("kind: String"),
                                      testing::Not(HasSubstr("Warning")), testing::Not(HasSubstr("ERROR"))));
  EXPECT_THAT(reports, HasSubstr("Extent: (36."));
  EXPECT_THAT(run(ogrinfo + "zones"),
              testing::AllOf(HasSubstr("Feature Count: 40"),
                             HasSubstr("Extent: (36.000000, 35.000000) - (37.000000, 36.000000)")));
  EXPECT_THAT(run("ogrinfo -ro -al -fid 1 \"" + path_ + "\" zones"),
              HasSubstr("POLYGON ((36 35,37 35,37 36,36 36,36 35))"));
}

TEST_F(StoreTest, ExerciseSaysSoInEveryLayer) {
  auto o = options();
  o.exercise = o.create = true;
  const auto store = PictureStore::open(path_, o).value();
  EXPECT_TRUE(store->exercise());
  EXPECT_TRUE(open()->exercise());
  EXPECT_EQ(store->get_meta(kMetaExercise).value(), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM gpkg_contents WHERE identifier NOT LIKE 'EXERCISE %' OR description NOT LIKE "
                "'EXERCISE. %'"),
            "0");
}

TEST_F(StoreTest, ZoneWhoseBlobIsMissingFailsTheWrite) {
  auto store = PictureStore::start_over(path_, options()).value();
  random_.blob_hash = sha256("lost").base64url();
  const Table& t = picture::table("zones");
  EXPECT_EQ(put(*store, t, "", random_.rows(t, "", 0, 1)).error().code, ErrorCode::kMissingBlob);
  store.reset();
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(StoreTest, ZoneWhoseBlobIsNoGeometryIsKeptWithoutOne) {
  zone_blob_ = "not a geometry";
  random_.blob_hash = sha256(zone_blob_).base64url();
  auto store = filled(2);
  expect_same(*store);
  EXPECT_EQ(sql("SELECT count(*) FROM zones WHERE geom IS NULL"), "2");
}

// What is and is not there

TEST_F(StoreTest, MissingFileIsNotFoundOrMade) {
  EXPECT_EQ(open_error().code, ErrorCode::kNotFound);
  auto o = options();
  o.create = true;
  const auto store = PictureStore::open(path_, o).value();
  EXPECT_TRUE(store->digests().value().empty());
  EXPECT_TRUE(all_rows(*store, picture::table("reports")).empty());
  EXPECT_TRUE(open());
}

TEST_F(StoreTest, OtherFilesAreBadDatabasesThatCanBeRebuilt) {
  const std::pair<const char*, std::function<void()>> kCases[] = {
      {"empty", [&] { std::ofstream(path_, std::ios::trunc).close(); }},
      {"text", [&] { std::ofstream(path_, std::ios::trunc) << std::string(5000, 'x'); }},
      {"no header", [&] { scribble(0, std::string(16, '\0')); }},
      {"cut to one page", [&] { fs::resize_file(path_, 4096); }},
      {"cut within a page", [&] { fs::resize_file(path_, fs::file_size(path_) - 100); }},
      {"schema page lost", [&] { scribble(100, std::string(3996, '\xff')); }},
      {"another application", [&] { execute("PRAGMA application_id=1"); }},
      {"another GeoPackage version", [&] { execute("PRAGMA user_version=10200"); }},
      {"another schema version", [&] { execute("UPDATE picture_meta SET value='0' WHERE key='schema'"); }},
      {"a column more", [&] { execute("ALTER TABLE reports ADD COLUMN extra TEXT"); }},
      {"an index less", [&] { execute("DROP INDEX reports_by_id"); }},
      {"a table less", [&] { execute("DROP TABLE coverage"); }},
      {"a trigger",
       [&] { execute("CREATE TRIGGER t AFTER INSERT ON reports BEGIN SELECT ST_IsEmpty(new.geom); END"); }},
  };
  for (const auto& [name, damage] : kCases) {
    filled(200);
    damage();
    const Error e = open_error();
    EXPECT_EQ(e.code, ErrorCode::kBadDatabase) << name << ": " << e.to_string();
    EXPECT_THAT(e.message, HasSubstr("can be rebuilt: truce picture --rebuild")) << name;
    EXPECT_EQ(e.where, path_) << name;
  }
  const auto store = filled();  // over the last of them
  expect_same(*store);
}

TEST_F(StoreTest, FolderInItsPlaceIsAnError) {
  fs::create_directory(path_);
  EXPECT_EQ(open_error().code, ErrorCode::kBadDatabase);
  auto store = PictureStore::start_over(path_, options()).value();
  EXPECT_EQ(store->commit().error().code, ErrorCode::kIo);
  EXPECT_FALSE(fs::exists(path_ + ".new"));
}

TEST_F(StoreTest, MissingFolderIsAnError) {
  path_ = folder_ + "/none/picture.gpkg";
  EXPECT_EQ(PictureStore::start_over(path_, options()).error().code, ErrorCode::kIo);
  path_ = folder_ + "/a\"b";
  EXPECT_EQ(PictureStore::start_over(path_, options()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(fs::is_empty(folder_));
}

// Damage while open

TEST_F(StoreTest, DeletedWhileOpenIsAnError) {
  const auto store = filled();
  fs::remove(path_);
  EXPECT_EQ(read_all(*store).error().code, ErrorCode::kBadDatabase);
  EXPECT_EQ(store->get_meta(kMetaExercise).error().code, ErrorCode::kBadDatabase);
  EXPECT_EQ(store->begin(Writing::kIncrement).error().code, ErrorCode::kBadDatabase);
  EXPECT_THAT(store->begin_reading().error().message, HasSubstr("deleted while open"));
  filled();
  EXPECT_TRUE(read_all(*store)) << "a new one was put there";
}

TEST_F(StoreTest, DeletedWhileVisitingIsAnError) {
  const auto store = filled();
  int seen = 0;
  const Status s = store->visit(picture::table("reports"), "", "", [&](const Row&) -> Status {
    if (++seen == 5) fs::remove(path_);
    return {};
  });
  EXPECT_EQ(s.error().code, ErrorCode::kBadDatabase);
}

TEST_F(StoreTest, DeletedOrReplacedWhileWritingIsAnError) {
  for (const bool replaced : {false, true}) {
    const auto store = filled();
    ASSERT_TRUE(store->begin(Writing::kIncrement));
    const Table& t = picture::table("reports");
    ASSERT_TRUE(put(*store, t, kDays[0], random_.rows(t, kDays[0], 0, 500)));
    const std::string whole = bytes();
    fs::remove(path_);
    if (replaced) std::ofstream(path_, std::ios::binary) << whole;
    EXPECT_EQ(store->commit().error().code, ErrorCode::kBadDatabase);
    EXPECT_FALSE(store->is_writing());
  }
}

TEST_F(StoreTest, TruncatedWhileOpenIsAnError) {
  for (const std::uintmax_t size :
       {std::uintmax_t{0}, std::uintmax_t{100}, std::uintmax_t{4096}, std::uintmax_t{8192 + 100}}) {
    const auto store = filled(500);
    ASSERT_TRUE(read_all(*store));
    fs::resize_file(path_, size);
    const Status s = read_all(*store);
    ASSERT_FALSE(s) << size;
    EXPECT_EQ(s.error().code, ErrorCode::kBadDatabase) << size << ' ' << s.error().to_string();
    EXPECT_FALSE(store->begin(Writing::kIncrement) && put(*store, picture::table("reports"), kDays[0], {}) &&
                 store->commit())
        << size;
  }
}

TEST_F(StoreTest, TruncatedWhileVisitingIsNeverSilent) {
  const auto store = filled(3000);
  int seen = 0;
  const Status s = store->visit(picture::table("reports"), "", "", [&](const Row&) -> Status {
    if (++seen == 5) fs::resize_file(path_, 40960);
    return {};
  });
  EXPECT_EQ(s.error().code, ErrorCode::kBadDatabase);
}

// Any page overwritten, with the file open or not: rows are right or there is an error.
TEST_F(StoreTest, ScribbledPagesGiveErrorsOrTheRightRows) {
  filled(60);
  const std::string whole = bytes();
  int errors = 0;
  for (std::uint64_t page = 0; page < whole.size() / 4096; ++page) {
    for (const char* with : {"\xff", "\x01", "a"}) {
      std::ofstream(path_, std::ios::binary | std::ios::trunc) << whole;
      auto held = PictureStore::open(path_, options()).value();
      std::string junk;
      for (int i = 0; i < 300; ++i) junk += with;
      scribble(page * 4096 + random_.below(3700), junk);
      for (int i = 0; i < 2; ++i) {
        if (held != nullptr) {
          if (const Status s = read_all(*held); !s) {
            EXPECT_EQ(s.error().code, ErrorCode::kBadDatabase) << s.error().to_string();
            ++errors;
          } else {
            for (const Table& t : picture::tables())
              ASSERT_EQ(all_rows(*held, t), all_rows(memory_, t)) << page << ' ' << t.name;
          }
        }
        auto again = PictureStore::open(path_, options());
        if (!again) {
          EXPECT_EQ(again.error().code, ErrorCode::kBadDatabase);
        }
        held = again ? std::move(*again) : nullptr;
      }
    }
  }
  EXPECT_GT(errors, 20);
}

TEST_F(StoreTest, ChangedValueIsFoundByTheDigest) {
  const auto store = filled();
  execute("UPDATE incidents SET killed_best = 17 WHERE fid = 50");
  const Status s = read_all(*store);
  ASSERT_FALSE(s);
  EXPECT_THAT(s.error().message, HasSubstr("rows of incidents of 2018-09-17"));
  EXPECT_TRUE(store->visit(picture::table("incidents"), kDays[0], kDays[0], [](const Row&) -> Status { return {}; }));
}

TEST_F(StoreTest, TablesInNoDigestAreCheckedAllTheSame) {
  auto store = filled();
  const auto digests = store->digests().value();
  EXPECT_TRUE(std::ranges::none_of(digests, [](const picture::DayDigest& d) { return d.table == "standing"; }));
  sql("UPDATE standing SET settled = settled + 1 WHERE fid = (SELECT min(fid) FROM standing)");
  EXPECT_EQ(store->visit(picture::table("standing"), "", "", [](const Row&) -> Status { return {}; }).error().code,
            ErrorCode::kBadDatabase);
}

TEST_F(StoreTest, LostDayIsFoundByTheDigest) {
  const auto store = filled();
  execute("DELETE FROM coverage WHERE day = '2018-09-18'");
  EXPECT_EQ(read_all(*store).error().code, ErrorCode::kBadDatabase);
}

TEST_F(StoreTest, ValueOfAnotherTypeIsABadDatabase) {
  for (const char* damage :
       {"UPDATE reports SET idx = 'seven' WHERE fid = 1", "UPDATE reports SET from_ms = 1.5 WHERE fid = 1",
        "UPDATE reports SET kind = x'00' WHERE fid = 1", "UPDATE reports SET lat_e7 = 'x' WHERE fid = 1",
        "UPDATE reports SET lat_e7 = 9223372036854775807 WHERE fid = 1"}) {
    filled(2);
    execute(damage);
    auto o = options();
    o.verify = false;
    auto store = PictureStore::open(path_, o).value();
    EXPECT_EQ(read_all(*store).error().code, ErrorCode::kBadDatabase) << damage;
  }
}

TEST_F(StoreTest, AnotherProcessesRebuildIsSeen) {
  const auto reader = filled(3);
  memory_ = {};
  filled(5);
  expect_same(*reader);
}

TEST_F(StoreTest, OneReadingSeesOneStateAndHoldsWritersUp) {
  const auto reader = filled(3);
  auto writer = PictureStore::start_over(path_, options()).value();
  auto increment = open();
  ASSERT_TRUE(reader->begin_reading());
  EXPECT_EQ(writer->commit().error().code, ErrorCode::kBusy);
  ASSERT_TRUE(increment->begin(Writing::kIncrement));
  ASSERT_TRUE(put(*increment, picture::table("reports"), kDays[0], {}));
  EXPECT_EQ(increment->commit().error().code, ErrorCode::kBusy);
  expect_same(*reader);
  reader->end_reading();
  memory_ = {};
  filled(5);
  expect_same(*reader);
}

// Failing in the middle

TEST_F(StoreTest, RebuildThatIsGivenUpLeavesTheOldPicture) {
  auto store = filled();
  const std::string whole = bytes();
  ASSERT_TRUE(store->begin(Writing::kRebuild));
  ASSERT_TRUE(store->clear());
  ASSERT_TRUE(
      put(*store, picture::table("reports"), kDays[0], random_.rows(picture::table("reports"), kDays[0], 0, 300)));
  store->rollback();
  expect_same(*store);
  store.reset();
  EXPECT_EQ(bytes(), whole);
  EXPECT_EQ(names(), "picture.gpkg picture.gpkg.lock ");
}

TEST_F(StoreTest, RemainsOfAKilledRebuildDoNotMatter) {
  std::ofstream(path_ + ".new") << std::string(100'000, 'x');
  std::ofstream(path_ + ".new-journal") << std::string(100'000, 'x');
  expect_same(*filled());
  EXPECT_EQ(names(), "picture.gpkg picture.gpkg.lock ");
}

// A journal that a killed increment left is rolled back before the new file takes the place of the old one.
TEST_F(StoreTest, KilledIncrementIsRolledBack) {
  filled(300);
  const ::pid_t child = ::fork();
  if (child == 0) {
    // With a small cache, so that pages reach the file before the end.
    auto connection = Connection::open(path_, 1000).value();
    for (const char* statement :
         {"PRAGMA cache_size=5", "BEGIN", "UPDATE reports SET kind='other', more='half-written'"}) {
      if (!connection->execute(statement)) ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  ASSERT_TRUE(fs::exists(path_ + "-journal"));
  ASSERT_THAT(bytes(), HasSubstr("half-written"));
  expect_same(*open());
  EXPECT_FALSE(fs::exists(path_ + "-journal"));
  // Remains that are found by a rebuild are none of the new file.
  std::ofstream(path_ + "-journal", std::ios::binary) << "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" << std::string(2000, '\1');
  std::ofstream(path_ + "-wal", std::ios::binary) << std::string(2000, '\1');
  memory_ = {};
  expect_same(*filled(7));
  EXPECT_EQ(sql("PRAGMA integrity_check"), "ok");
}

// In a child, files may not grow past `limit` bytes: as on a full disk.
int with_file_limit(std::uintmax_t limit, const std::function<int()>& work) {
  const ::pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit r { limit, limit };
    ::_exit(::setrlimit(RLIMIT_FSIZE, &r) != 0 ? 99 : work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

TEST_F(StoreTest, FullDiskLeavesTheOldContent) {
  auto store = filled(300);
  const std::uintmax_t size = fs::file_size(path_);
  const Table& t = picture::table("reports");
  for (const Writing writing : {Writing::kIncrement, Writing::kRebuild}) {
    const int result = with_file_limit(size + 20'000, [&] {
      auto child = PictureStore::open(path_, options()).value();
      Status s = child->begin(writing);
      for (int day = 10; s && day < 20; ++day) {
        const std::string name = "2018-10-" + std::to_string(day);
        s = put(*child, t, name, random_.rows(t, name, 0, 5000));
      }
      if (s) s = child->commit();
      if (s) return 1;
      if (s.error().code != ErrorCode::kIo) return 2;
      child->rollback();
      return read_all(*child) ? 0 : 3;
    });
    EXPECT_EQ(result, 0);
    expect_same(*open());
    EXPECT_EQ(names(), "picture.gpkg picture.gpkg.lock ");
  }
}

// Two processes

TEST_F(StoreTest, SecondWriterIsBusyAndReadersSeeTheOldState) {
  auto first = filled();
  auto second = open();
  ASSERT_TRUE(first->begin(Writing::kIncrement));
  ASSERT_TRUE(put(*first, picture::table("reports"), kDays[0], {}));
  EXPECT_EQ(second->begin(Writing::kIncrement).error().code, ErrorCode::kBusy);
  EXPECT_FALSE(second->is_writing());
  expect_same(*second);
  ASSERT_TRUE(first->commit());
  ASSERT_TRUE(put(memory_, picture::table("reports"), kDays[0], {}));
  expect_same(*second);
  ASSERT_TRUE(second->begin(Writing::kRebuild));
  auto third = PictureStore::start_over(path_, options());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kBusy);
}

TEST_F(StoreTest, RebuildWaitsForAnIncrement) {
  auto first = filled();
  auto second = PictureStore::start_over(path_, options()).value();
  ASSERT_TRUE(first->begin(Writing::kIncrement));
  EXPECT_EQ(second->commit().error().code, ErrorCode::kBusy);
  EXPECT_FALSE(fs::exists(path_ + ".new"));
  ASSERT_TRUE(first->commit());
  expect_same(*first);
}

// A process counts up in one row of each of two tables, by increments and rebuilds; this one reads and never sees
// halves.
TEST_F(StoreTest, ReaderBesideAWriterSeesWholeStates) {
  const Table& a = picture::table("coverage");
  const Table& b = picture::table("imports");
  const auto write = [&](PictureStore& store, int n) -> Status {
    auto rows_a = RandomRows(1).rows(a, kDays[0], 0, 1);
    auto rows_b = RandomRows(1).rows(b, "", 0, 1);
    rows_a[0][3] = rows_b[0][7] = Json(n);
    TRUCE_CHECK(put(store, a, kDays[0], rows_a));
    return put(store, b, "", rows_b);
  };
  {
    auto store = PictureStore::start_over(path_, options()).value();
    ASSERT_TRUE(write(*store, 0));
    ASSERT_TRUE(store->commit());
  }
  constexpr int kLast = 60;
  const ::pid_t child = ::fork();
  if (child == 0) {
    auto o = options();
    o.busy_wait_ms = 5000;
    auto store = PictureStore::open(path_, o).value();
    for (int n = 1; n <= kLast; ++n) {
      Status s = store->begin(n % 10 == 0 ? Writing::kRebuild : Writing::kIncrement);
      if (s) s = write(*store, n);
      if (s) s = store->commit();
      if (!s) std::fprintf(stderr, "increment %d: %s\n", n, s.error().to_string().c_str());
      if (!s) ::_exit(1);
    }
    ::_exit(0);
  }
  auto o = options();
  o.busy_wait_ms = 5000;
  auto store = PictureStore::open(path_, o).value();
  std::int64_t last = 0;
  for (int reads = 0; last < kLast && reads < 100'000; ++reads) {
    const Status begun = store->begin_reading();
    ASSERT_TRUE(begun) << begun.error().to_string();
    const std::int64_t n = all_rows(*store, a).at(0)[3].as_integer();
    ASSERT_EQ(n, all_rows(*store, b).at(0)[7].as_integer());
    store->end_reading();
    ASSERT_GE(n, last);
    last = n;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(last, kLast);
}

}  // namespace
}  // namespace truce::store
