// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/import_reports.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "truce/base/seed_testing.h"
#include "truce/geo/geodesy.h"

namespace truce::monitor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ReportImportOptions options_of(std::string me = "un") {
  ReportImportOptions o;
  o.me = std::move(me);
  return o;
}

// A row of many columns, told as "name=value;name=value"; "|" stands for itself, there are no commas in the values.
constexpr std::string_view kGood =
    "id=r1;observed_at=2018-09-18T06:58:42Z;kind=shelling;lat=35.59793;lon=36.19512;radius_m=700";

struct Table {
  std::string header, row;
};
// `changes` replaces or adds cells; an empty value empties the cell.
Table table_of(std::string_view base, std::string_view changes) {
  std::vector<std::pair<std::string, std::string>> cells;
  for (std::string_view rest : {base, changes}) {
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      const std::size_t eq = one.find('=');
      const std::string name(one.substr(0, eq)), value(one.substr(eq + 1));
      const auto it = std::ranges::find(cells, name, [](const auto& c) { return c.first; });
      if (it == cells.end())
        cells.emplace_back(name, value);
      else
        it->second = value;
    }
  }
  Table t;
  for (const auto& [name, value] : cells) {
    t.header += (t.header.empty() ? "" : ",") + name;
    t.row += (&name == &cells.front().first ? "" : ",") + value;
  }
  return t;
}

ImportStep one(std::string_view changes, const ReportImportOptions& options = options_of(),
               std::string_view base = kGood) {
  const Table t = table_of(base, changes);
  auto file = read_reports(t.header + '\n' + t.row + '\n', options);
  if (!file) {
    ADD_FAILURE() << file.error().to_string();
    return std::monostate();
  }
  // Views die with the file: tests look at values only.
  if (file->rows.size() == 1) {
    file->rows[0].raw = {};
    return std::move(file->rows[0]);
  }
  if (file->refused.size() == 1) {
    file->refused[0].raw = {};
    return std::move(file->refused[0]);
  }
  ADD_FAILURE() << "neither a row nor a refusal";
  return std::monostate();
}
ImportedReport good(std::string_view changes, const ReportImportOptions& options = options_of(),
                    std::string_view base = kGood) {
  ImportStep step = one(changes, options, base);
  if (auto* bad = std::get_if<RefusedRow>(&step)) ADD_FAILURE() << changes << ": " << bad->to_string();
  auto* row = std::get_if<ImportedReport>(&step);
  return row == nullptr ? ImportedReport() : std::move(*row);
}
std::string refusal(std::string_view changes, const ReportImportOptions& options = options_of(),
                    std::string_view base = kGood) {
  ImportStep step = one(changes, options, base);
  const auto* bad = std::get_if<RefusedRow>(&step);
  return bad == nullptr ? "taken" : bad->to_string();
}
std::string open_error(std::string_view bytes, const ReportImportOptions& options = options_of()) {
  const auto r = read_reports(bytes, options);
  return r ? "opened" : r.error().to_string();
}

std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

ResolvedPlace idlib() {
  return {geo::LatLng::from_e7(359300000, 366300000), 2000, "gaz/idlib"};
}

ReportImportOptions with_places() {
  ReportImportOptions o = options_of();
  o.find_place = [](std::string_view name) -> Result<ResolvedPlace> {
    if (name == "Idlib" || name == "idlib") return idlib();
    if (name == "Al-Bab") return fail(ErrorCode::kAmbiguous, "\"Al-Bab\" may be gaz/p1, gaz/p2");
    return fail(ErrorCode::kNotFound, "no place is named so");
  };
  o.parse_mgrs = [](std::string_view grid) -> Result<ResolvedPlace> {
    if (grid == "37S BV 12345 67890") return ResolvedPlace{geo::LatLng::from_e7(358000000, 365000000), 1, ""};
    return fail(ErrorCode::kInvalidPlace, "not a grid reference");
  };
  return o;
}

TEST(ImportReportsTest, CoordinatesComeOutAsWritten) {
  const ImportedReport row = good("");
  EXPECT_EQ(row.line, 2U);
  EXPECT_EQ(row.report.place,
            (Place{Place::Form::kPoint, geo::LatLng::from_e7(355979300, 361951200), 700, "", 0, 0, {}, {}}));
  EXPECT_EQ(to_string(row.report.from), "2018-09-18T06:58:42Z");
  EXPECT_EQ(row.report.to, row.report.from);
  EXPECT_EQ(row.report.kind, Kind::kShelling);
  EXPECT_EQ(row.report.precision_s, 300);
  EXPECT_EQ(row.report.key->to_string(), "un|r1");
  EXPECT_EQ(row.report.said_by, "");
  EXPECT_TRUE(row.sealed.is_null());
  EXPECT_THAT(row.warnings, IsEmpty());
}

TEST(ImportReportsTest, EveryColumnHasItsPlaceInTheBody) {
  const ImportedReport row = good(
      "party=turkey;reporter=turkey-1;to=2018-09-18T07:30:00+00:00;time_precision_s=60;how=SEEN;kind=Small_Arms;"
      "subkind=burst;assessment=violation-alleged;"
      "direction_deg=359.5;count=2/3/"
      "5;killed=2;killed_low=1;killed_high=4;killed_civilian=1;injured=0;injured_children=0/1/"
      "1;weapon_class=heavy-machine-gun;"
      "calibre_mm=12.7;actor=a1|a2;text=from the ridge;note=by telephone;grade=b2");
  EXPECT_EQ(
      row.report.to_body().to_canonical(),
      R"({"assessment":"violation-alleged","attribution":{"actors":["a1","a2"],"state":"disputed"},"count":[2,3,5],"direction_mdeg":359500,)"
      R"("from":1537253922000,"injured":{"all":[0,0,0],"children":[0,1,1]},"key":{"id":"r1","source":"turkey"},)"
      R"("killed":{"all":[1,2,4],"civilian":[1,1,1]},"kind":"small-arms","means":"seen",)"
      R"("place":{"at":[355979300,361951200],"radius_m":700},"precision_s":60,"reporter":"turkey-1","said_by":"turkey","subkind":"burst",)"
      R"("text":"from the ridge","to":1537255800000,"weapon":{"calibre_tenth_mm":127,"class":"heavy-machine-gun"}})");
  EXPECT_EQ(row.sealed.to_canonical(), R"({"grade":"B2","note":"by telephone"})");
}

TEST(ImportReportsTest, PlacesInEveryForm) {
  const auto body = [](std::string_view changes) {
    const Json b = good(changes, with_places()).report.to_body();
    const Json* p = b.find("place");
    return p == nullptr ? "none" : p->to_canonical();
  };
  const std::string none = "lat=;lon=;radius_m=;";
  EXPECT_EQ(body(none + "observer_lat=36.26668;observer_lon=37.07413;bearing_deg=330;distance_m=3300"),
            R"({"bearing_mdeg":330000,"distance_m":3300,"observer":[362666800,370741300]})");
  EXPECT_EQ(
      body(none + "observer_lat=36;observer_lon=37;observer_radius_m=20;bearing_deg=360;distance_m=0;bearing_error_deg="
                  "2.5;distance_error_m=300"),
      R"({"bearing_error_mdeg":2500,"bearing_mdeg":0,"distance_error_m":300,"distance_m":0,"observer":[360000000,370000000],"observer_radius_m":20})");
  EXPECT_EQ(body(none + "post=op-15;bearing_deg=0.001;distance_m=100000"),
            R"({"bearing_mdeg":1,"distance_m":100000,"post":"op-15"})");
  EXPECT_EQ(body(none + "zone=idlib"), R"({"zone":"idlib"})");
  EXPECT_EQ(body(none + "place=Idlib"), R"({"at":[359300000,366300000],"named":"gaz/idlib","radius_m":2000})");
  EXPECT_EQ(body("place=Idlib"), R"({"at":[355979300,361951200],"named":"gaz/idlib","radius_m":700})");
  EXPECT_EQ(body("place=Idlib;radius_m="), R"({"at":[355979300,361951200],"named":"gaz/idlib","radius_m":2000})");
  EXPECT_EQ(body(none + "mgrs=37S BV 12345 67890"), R"({"at":[358000000,365000000],"radius_m":1})");
  EXPECT_EQ(body(none + "mgrs=37S BV 12345 67890;place=Idlib"),
            R"({"at":[358000000,365000000],"named":"gaz/idlib","radius_m":1})");
}

TEST(ImportReportsTest, BadCellsAreRefusedWithColumnAndValue) {
  struct Case {
    std::string_view changes, column, reason;
  };
  const std::string none = "lat=;lon=;radius_m=;";
  const std::string seen = none + "observer_lat=36;observer_lon=37;bearing_deg=10;distance_m=100;";
  const std::string texts[] = {none,
                               none + "bearing_deg=10",
                               none + "distance_m=10",
                               none + "observer_lat=36;bearing_deg=10;distance_m=10",
                               none + "observer_lat=36;observer_lon=37;distance_m=10;bearing_deg=",
                               none + "observer_lat=36;observer_lon=37;distance_m=;bearing_deg=10",
                               seen + "bearing_deg=361",
                               seen + "bearing_deg=-1",
                               seen + "bearing_deg=NW",
                               seen + "distance_m=1000000000",
                               seen + "distance_m=-5",
                               seen + "bearing_error_deg=0",
                               seen + "distance_error_m=0",
                               seen + "post=op-1",
                               seen + "radius_m=500",
                               none + "post=OP 15;bearing_deg=1;distance_m=1",
                               none + "zone=idlib;radius_m=5",
                               none + "zone=Idlib zone"};
  const Case cases[] = {
      // Places.
      {"lat=95", "lat", "95"},
      {"lat=36.2;lon=181", "lon", "181"},
      {"lat=136.2;lon=36", "lat", "swapped"},
      {"lat=nan", "lat", "not a number"},
      {"lat=NaN", "lat", "not a number"},
      {"lat=inf", "lat", "not a number"},
      {"lat=0x10", "lat", "not a number"},
      {"lat=1e400", "lat", "too large"},
      {"lat=36N", "lat", "not a number"},
      {"lat=", "lat", "is empty while lon is not"},
      {"lon=", "lon", "is empty while lat is not"},
      {"radius_m=-1", "radius_m", "outside of 0"},
      {"radius_m=1000001", "radius_m", "outside of 0"},
      {"radius_m=wide", "radius_m", "not a number"},
      {"radius_m=", "radius_m", "claim to be exact"},
      {"zone=idlib", "", "several ways"},
      {"mgrs=37S BV 12345 67890", "", "several ways"},
      {"observer_lat=36;observer_lon=37", "", "several ways"},
      {"bearing_deg=20", "bearing_deg", "without observer"},
      {"distance_m=20", "distance_m", "without observer"},
      {"bearing_error_deg=2", "bearing_error_deg", "without observer"},
      {"observer_radius_m=2", "observer_radius_m", "without observer"},
      {"place=Atlantis", "place", "no place is named"},
      {"place=Al-Bab", "place", "may be gaz/p1"},
      {texts[0], "", "states no place"},
      {texts[1], "bearing_deg", "without observer"},
      {texts[2], "distance_m", "without observer"},
      {texts[3], "observer_lon", "is empty while observer_lat"},
      {texts[4], "bearing_deg", "needs bearing and distance"},
      {texts[5], "distance_m", "needs bearing and distance"},
      {texts[6], "bearing_deg", "outside of 0 to 360"},
      {texts[7], "bearing_deg", "outside of 0 to 360"},
      {texts[8], "bearing_deg", "not a number"},
      {texts[9], "distance_m", "outside of 0 to 100000"},
      {texts[10], "distance_m", "outside of 0"},
      {texts[11], "bearing_error_deg", "outside of 0.001"},
      {texts[12], "distance_error_m", "outside of 1"},
      {texts[13], "", "several ways"},
      {texts[14], "radius_m", "observer_radius_m"},
      {texts[15], "post", "not an id"},
      {texts[16], "radius_m", "as wide as it is"},
      {texts[17], "zone", "not an id"},
      // Times.
      {"observed_at=", "observed_at", "is empty"},
      {"observed_at=2018-09-18", "observed_at", "no time of day"},
      {"observed_at=2018-09-18T06:58:42", "observed_at", "offset"},
      {"observed_at=2018-09-18 06:58", "observed_at", "offset"},
      {"observed_at=0025-01-01T00:00:00Z", "observed_at", "1900 to 2100"},
      {"observed_at=1899-12-31T23:59:59Z", "observed_at", "1900 to 2100"},
      {"observed_at=2101-01-01T00:00:00Z", "observed_at", "1900 to 2100"},
      {"observed_at=2018-02-31T00:00:00Z", "observed_at", "no such day"},
      {"observed_at=2019-02-29T00:00:00Z", "observed_at", "no such day"},
      {"observed_at=2016-12-31T23:59:60Z", "observed_at", "leap second"},
      {"observed_at=2018-09-18T24:00:00Z", "observed_at", "no such time"},
      {"observed_at=18.09.2018 06:58Z", "observed_at", "not a date"},
      {"observed_at=2018-09-18T06:58:42+25:00", "observed_at", "offset"},
      {"to=2018-09-18T06:58:41Z", "to", "ends before"},
      {"to=later", "to", "not a date"},
      {"time_precision_s=-1", "time_precision_s", "outside of 0"},
      {"time_precision_s=99999999", "time_precision_s", "outside of 0"},
      {"time_precision_s=about an hour", "time_precision_s", "not a number"},
      // What.
      {"kind=", "kind", "is empty"},
      {"kind=sheling", "kind", "nearest: shelling"},
      {"kind=tea party", "kind", "not in the taxonomy"},
      {"kind=other", "text", "kind other"},
      {"subkind=burst", "subkind", "not known for kind shelling"},
      {"how=smelt", "how", "heard, seen"},
      {"assessment=bad", "assessment", "violation-alleged"},
      {"direction_deg=400", "direction_deg", "outside of 0"},
      {"count=many", "count", "not a whole number"},
      {"count=1.5", "count", "not a whole number"},
      {"count=-1", "count", "outside of 0"},
      {"count=1000001", "count", "outside of 0"},
      {"count=3/2/5", "count", "do not ascend"},
      {"count=1/2", "count", "LOW/BEST/HIGH"},
      {"count=1/2/3;count_low=1", "count", "LOW/BEST/HIGH"},
      {"count_low=1", "count_low", "stands without count"},
      {"killed=2;killed_low=3", "killed", "do not ascend"},
      {"killed_women=x", "killed_women", "not a whole number"},
      {"injured=2;injured_high=1", "injured", "do not ascend"},
      {"weapon_class=morter", "weapon_class", "nearest: mortar"},
      {"calibre_mm=120", "calibre_mm", "without weapon_class"},
      {"weapon_class=mortar;calibre_mm=0", "calibre_mm", "outside of 0.1"},
      {"weapon_class=mortar;calibre_mm=9999", "calibre_mm", "outside of 0.1"},
      {"actor=The Army", "actor", "not an id"},
      {"actor=a|", "actor", ""},
      {"party=Turkey", "party", "not an id"},
      {"detail_form=denied", "detail_form", "not known for kind shelling"},
      {"kind=restriction-of-movement;detail_form=refused", "detail_form", "denied"},
      {"kind=restriction-of-movement;detail_minutes=-1", "detail_minutes", "integer 0"},
      {"kind=patrol;detail_day_minutes=1441", "detail_day_minutes", "integer 0..1440"},
      {"kind=detention;detail_persons=x", "detail_persons", "not a whole number"},
      {"grade=G1", "grade", "A1 to F6"},
      {"grade=A7", "grade", "A1 to F6"},
      {"grade=A", "grade", "A1 to F6"},
  };
  for (const Case& c : cases) {
    if (c.changes == "actor=a|") continue;  // a separator at the end is one actor: below
    SCOPED_TRACE(c.changes);
    ImportStep step = one(c.changes, with_places());
    const auto* bad = std::get_if<RefusedRow>(&step);
    ASSERT_NE(bad, nullptr) << "taken";
    EXPECT_EQ(bad->column, c.column);
    EXPECT_EQ(bad->line, 2U);
    EXPECT_THAT(bad->to_string(), HasSubstr(c.reason));
    EXPECT_TRUE(bad->is_readable);
  }
}

TEST(ImportReportsTest, OverlongTextsAreRefused) {
  EXPECT_THAT(refusal("text=" + std::string(2001, 'x')), HasSubstr("text"));
  EXPECT_THAT(refusal("reporter=" + std::string(65, 'x')), HasSubstr("longer than 64 bytes"));
  EXPECT_THAT(refusal("id=" + std::string(201, 'x')), HasSubstr("longer than 200 bytes"));
  EXPECT_THAT(refusal("note=" + std::string(16001, 'x')), HasSubstr("longer than 16000 bytes"));
  EXPECT_EQ(good("note=" + std::string(16000, 'x')).sealed.find("note")->as_string().size(), 16000U);
}

TEST(ImportReportsTest, EdgesOfWhatIsAllowedAreTaken) {
  for (const std::string_view changes :
       {"lat=90;lon=180", "lat=-90;lon=-180", "lat=+35.5", "lat=3.55e1", "radius_m=1000000",
        "observed_at=1900-01-01T00:00:00Z", "observed_at=2100-12-31T23:59:59.999Z",
        "observed_at=2018-09-18 06:58:42+0300", "to=2018-09-18T06:58:42Z", "count=0", "count=1000000", "killed=0/0/0",
        "direction_deg=360", "actor=unknown", "actor=a1", "kind=drone", "kind=air-strike", "kind=other;text=smoke",
        "id="}) {
    EXPECT_EQ(refusal(changes), "taken") << changes;
  }
  EXPECT_THAT(good("radius_m=0").warnings, ElementsAre(HasSubstr("exactly known")));
}

TEST(ImportReportsTest, DetailsGoByKind) {
  EXPECT_EQ(good("kind=restriction-of-movement;detail_form=Denied;detail_minutes=45").report.details.to_canonical(),
            R"({"form":"denied","minutes":45})");
  EXPECT_EQ(good("kind=patrol;detail_zone=idlib;detail_day_minutes=300").report.details.to_canonical(),
            R"({"day_minutes":300,"zone":"idlib"})");
  EXPECT_EQ(good("kind=window-of-silence;detail_guaranteed_by=a1|b2").report.details.to_canonical(),
            R"({"guaranteed_by":["a1","b2"]})");
  EXPECT_EQ(good("kind=detention;detail_persons=2;detail_state=released").report.details.to_canonical(),
            R"({"persons":[2,2,2],"state":"released"})");
}

TEST(ImportReportsTest, PartyIsWhoseReportItIsSaidToBe) {
  EXPECT_EQ(good("party=turkey").report.said_by, "turkey");
  EXPECT_EQ(good("party=turkey").report.key->source, "turkey");
  EXPECT_EQ(good("party=un").report.said_by, "");
  ReportImportOptions o = options_of();
  o.source = "jcc-2018";
  EXPECT_EQ(good("party=turkey", o).report.key->to_string(), "jcc-2018|r1");
  EXPECT_EQ(good("party=turkey", o).report.said_by, "turkey");
}

TEST(ImportReportsTest, RowsWithoutIdAreKeyedByHashAndOrdinal) {
  const std::string file =
      "kind,observed_at,lat,lon,radius_m,note\n"
      "shelling,2018-09-18T06:58:42Z,35.5,36.5,700,first\n"
      "shelling,2018-09-18T06:58:42Z,35.5,36.5,700,second\n"
      "shelling,2018-09-18T06:58:43Z,35.5,36.5,700,\n";
  const auto f = read_reports(file, options_of()).value();
  ASSERT_THAT(f.rows, SizeIs(3));
  const auto& k0 = *f.rows[0].report.key;
  const auto& k1 = *f.rows[1].report.key;
  // The note is sealed: it may not be guessed from the hash, so the two are equals.
  EXPECT_EQ(k0.row, k1.row);
  EXPECT_EQ(k0.ordinal, 0);
  EXPECT_EQ(k1.ordinal, 1);
  EXPECT_NE(k0.row, f.rows[2].report.key->row);
  EXPECT_EQ(
      k0.row->hex(),
      sha256(
          R"([["kind","shelling"],["lat","35.5"],["lon","36.5"],["observed_at","2018-09-18T06:58:42Z"],["radius_m","700"]])")
          .hex());
}

TEST(ImportReportsTest, RowHashIsTheSameInAnyOrderOfColumnsAndUnderTheirNames) {
  ReportImportOptions o = options_of();
  o.map.columns = {{"lat", "Breite"}};
  const auto a = read_reports("kind,observed_at,lat,lon,radius_m,text\nshelling,2018-09-18T06:58:42Z,35.5,36.5,700,\n",
                              options_of())
                     .value();
  const auto b =
      read_reports("Breite,lon,kind,radius_m,observed_at\n35.5, 36.5 ,shelling,700,2018-09-18T06:58:42Z\n", o).value();
  EXPECT_EQ(a.rows.at(0).report.key, b.rows.at(0).report.key);
}

TEST(ImportReportsTest, RepeatedIdIsLeftToTheCallerAndRefusedRowsTakeNoOrdinal) {
  const std::string file =
      "id,kind,observed_at,lat,lon,radius_m\n"
      "r1,shelling,2018-09-18T06:58:42Z,35.5,36.5,700\n"
      "r1,mine,2018-09-18T06:58:42Z,35.5,36.5,700\n"
      ",mine,2018-09-18T06:58:42Z,35.5,,700\n"
      ",mine,2018-09-18T06:58:42Z,35.5,36.5,700\n";
  const auto f = read_reports(file, options_of()).value();
  EXPECT_THAT(f.refused, SizeIs(1));
  ASSERT_THAT(f.rows, SizeIs(3));
  EXPECT_EQ(f.rows[0].report.key, f.rows[1].report.key);
  EXPECT_EQ(f.rows[2].report.key->ordinal, 0);
}

TEST(ImportReportsTest, SealedObserverIsNowhereInThePlainReport) {
  ReportImportOptions o = options_of();
  o.seal_observers = true;
  const std::string changes =
      "id=;lat=;lon=;radius_m=;observer_lat=36.2666812;observer_lon=37.0741399;bearing_deg=330.7;distance_m=3307;"
      "bearing_error_deg=2.3;"
      "distance_error_m=311;observer_radius_m=13";
  const ImportedReport row = good(changes, o);
  EXPECT_EQ(
      row.sealed.to_canonical(),
      R"({"bearing_error_mdeg":2300,"bearing_mdeg":330700,"distance_error_m":311,"distance_m":3307,"observer":[362666812,370741399],"observer_radius_m":13})");
  const std::string plain = row.report.to_body().to_canonical();
  for (const char* planted :
       {"362666812", "370741399", "330700", "3307", "2300", "311", "bearing", "observer", "distance"}) {
    EXPECT_THAT(plain, testing::Not(HasSubstr(planted))) << plain;
  }
  const geo::LatLng truth = geo::destination(geo::LatLng::from_e7(362666812, 370741399), 330700, 3307);
  EXPECT_EQ(row.report.place.form, Place::Form::kPoint);
  EXPECT_THAT(row.report.place.radius_m, testing::AnyOf(500, 1000));
  EXPECT_LT(geo::distance_m(row.report.place.at, truth), static_cast<double>(row.report.place.radius_m) / 4);
  // Neither does the row's hash tell: another observer with the same plain columns has the same one.
  EXPECT_EQ(good(changes + ";observer_lat=36.1", o).report.key->row, row.report.key->row);
  EXPECT_NE(good(changes + ";observer_lat=36.1").report.key->row, good(changes).report.key->row);
}

TEST(ImportReportsTest, PostsStayPlainWhenObserversAreSealed) {
  ReportImportOptions o = options_of();
  o.seal_observers = true;
  const ImportedReport row = good("lat=;lon=;radius_m=;post=op-15;bearing_deg=330;distance_m=3300", o);
  EXPECT_EQ(row.report.place.form, Place::Form::kPostBearing);
  EXPECT_TRUE(row.sealed.is_null());
}

TEST(ImportReportsTest, DefaultRadiusIsUsedOnlyWhereStatedByTheImport) {
  ReportImportOptions o = options_of();
  o.default_radius_m = 5000;
  EXPECT_EQ(good("radius_m=", o).report.place.radius_m, 5000);
  EXPECT_EQ(good("", o).report.place.radius_m, 700);
  o.default_radius_m = 0;
  EXPECT_THAT(open_error("id\n", o), HasSubstr("default radius"));
}

TEST(ImportReportsTest, DeclaredOffsetIsTakenForTimesWithoutOne) {
  ReportImportOptions o = options_of();
  o.map.utc_offset_minutes = 180;
  EXPECT_EQ(to_string(good("observed_at=2018-09-18T06:58:42", o).report.from), "2018-09-18T03:58:42Z");
  EXPECT_EQ(to_string(good("observed_at=2018-09-18 06:58", o).report.from), "2018-09-18T03:58:00Z");
  EXPECT_EQ(to_string(good("observed_at=2018-09-18T06:58:42Z", o).report.from), "2018-09-18T06:58:42Z");
  EXPECT_EQ(to_string(good("observed_at=2018-09-18T06:58:42-02:00", o).report.from), "2018-09-18T08:58:42Z");
  EXPECT_THAT(refusal("observed_at=2018-09-31 06:58", o), HasSubstr("2018-09-31 06:58"));
}

TEST(ImportReportsTest, DeclaredDateFormatIsReadAndNothingElse) {
  ReportImportOptions o = options_of();
  o.map = ColumnMap::from_json(Json::object({{"date_format", "DD.MM.YYYY hh:mm"}, {"utc_offset", "+03:00"}})).value();
  EXPECT_EQ(to_string(good("observed_at=18.09.2018 06:58", o).report.from), "2018-09-18T03:58:00Z");
  for (const std::string_view bad :
       {"2018-09-18T06:58:42Z", "18.9.2018 06:58", "31.02.2018 00:00", "18.09.2018 24:00", "18.09.2018 06:58 ",
        "18.09.0025 06:58", "18.09.2018 06:58:42", "18.09.2018", "18/09/2018 06:58", "aa.09.2018 06:58"}) {
    if (bad.back() == ' ') continue;  // trimmed
    EXPECT_THAT(refusal("observed_at=" + std::string(bad), o), HasSubstr("line 2: observed_at")) << bad;
  }
  o.map.date_format = "YYYYMMDDhhmmss";
  EXPECT_EQ(to_string(good("observed_at=20180918065842", o).report.from), "2018-09-18T03:58:42Z");
  EXPECT_THAT(refusal("observed_at=20161231235960", o), HasSubstr("leap second"));
}

TEST(ImportReportsTest, DecimalCommaNeedsADeclaration) {
  const std::string file = "kind;observed_at;lat;lon;radius_m\nshelling;2018-09-18T06:58:42Z;35,59793;36,19512;700\n";
  auto f = read_reports(file, options_of()).value();
  ASSERT_THAT(f.refused, SizeIs(1));
  EXPECT_THAT(f.refused[0].reason, HasSubstr("decimal commas"));
  ReportImportOptions o = options_of();
  o.map.decimal_comma = true;
  f = read_reports(file, o).value();
  ASSERT_THAT(f.rows, SizeIs(1));
  EXPECT_EQ(f.rows[0].report.place.at, geo::LatLng::from_e7(355979300, 361951200));
  EXPECT_THAT(refusal("lat=35.5", o), HasSubstr("point"));
}

TEST(ImportReportsTest, MapRenamesColumnsAndValues) {
  const Json json =
      Json::parse_canonical(
          R"({"columns":{"count":"Number","how":"Source","id":"No","kind":"Type","lat":"Y","lon":"X","observed_at":"Time"},)"
          R"("constants":{"how":"told","party":"russia","radius_m":"1500"},"ignore":["Comment"],"utc_offset":"+03:00",)"
          R"("values":{"kind":{"Art. fire":"shelling"}}})")
          .value();
  ReportImportOptions o = options_of();
  o.map = ColumnMap::from_json(json).value();
  const auto f = read_reports(
                     "No,Time,Type,Y,X,Comment,Source,Number\n7,2018-09-18 06:58:42,Art. "
                     "fire,35.5,36.5,x,,3\n8,2018-09-18 06:58:42,mine,35.5,36.5,x,seen,\n",
                     o)
                     .value();
  ASSERT_THAT(f.rows, SizeIs(2)) << f.refused.at(0).to_string();
  const Report& r = f.rows[0].report;
  EXPECT_EQ(r.kind, Kind::kShelling);
  EXPECT_EQ(r.means, Means::kTold);
  EXPECT_EQ(r.place.radius_m, 1500);
  EXPECT_EQ(r.said_by, "russia");
  EXPECT_EQ(r.key->to_string(), "russia|7");
  EXPECT_EQ(to_string(r.from), "2018-09-18T03:58:42Z");
  EXPECT_EQ(f.rows[1].report.means, Means::kSeen);
  EXPECT_THAT(f.ignored_columns, ElementsAre("Comment"));
  // A refused cell is told by the file's own name.
  const auto g =
      read_reports("No,Time,Type,Y,X,Comment,Source,Number\n7,2018-09-18 06:58:42,Art. fire,95,36.5,x,,3\n", o).value();
  EXPECT_EQ(g.refused.at(0).column, "Y");
}

TEST(ImportReportsTest, BadMapsAreRefusedWithTheMember) {
  struct Case {
    std::string_view json, reason;
  };
  for (const Case& c : std::initializer_list<Case>{
           {R"([])", "not an object"},
           {R"({"colums":{}})", "does not know"},
           {R"({"columns":{"latt":"Y"}})", "nearest: lat"},
           {R"({"columns":{"lat":1}})", "lat"},
           {R"({"columns":{"lat":""}})", "lat"},
           {R"({"columns":"lat"})", "columns"},
           {R"({"constants":{"nonsense":"x"}})", "nonsense"},
           {R"({"constants":{"note":"the neighbour said"}})", "sealed"},
           {R"({"constants":{"observer_lat":"36"}})", "sealed"},
           {R"({"values":{"sort":{"a":"b"}}})", "sort"},
           {R"({"values":{"kind":"b"}})", "kind"},
           {R"({"values":[]})", "values"},
           {R"({"utc_offset":"3"})", "offset"},
           {R"({"utc_offset":"+19:00"})", "offset"},
           {R"({"date_format":"DD.MM.YYYY hh:mm"})", "whose clock"},
           {R"({"date_format":"DD.MM.YY hh:mm","utc_offset":"Z"})", "YYYY"},
           {R"({"date_format":"DD.MM.YYYY","utc_offset":"Z"})", "hh"},
           {R"({"date_format":"DD.DD.MM.YYYY hh:mm","utc_offset":"Z"})", "once"},
           {R"({"decimal":";"})", "decimal"},
           {R"({"ignore":"x"})", "ignore"},
       }) {
    const auto m = ColumnMap::from_json(Json::parse_canonical(c.json).value());
    ASSERT_FALSE(m.has_value()) << c.json;
    EXPECT_EQ(m.error().code, ErrorCode::kInvalidImport);
    EXPECT_THAT(m.error().to_string(), HasSubstr(c.reason)) << c.json;
  }
  EXPECT_EQ(ColumnMap::from_json(Json::object()).value(), ColumnMap());
}

TEST(ImportReportsTest, UnknownAndMissingColumnsAreListedAtOnce) {
  const std::string e = open_error("latitude,longitude,observd_at,Kind,weather\n");
  for (const char* part :
       {"\"latitude\" (nearest: lat)", "\"longitude\" (nearest: lon)", "\"observd_at\" (nearest: observed_at)",
        "\"Kind\" (nearest: kind)", "\"weather\"", "missing: observed_at, kind, a place"}) {
    EXPECT_THAT(e, HasSubstr(part));
  }
  EXPECT_THAT(open_error("observed_at,kind,lat\n"), HasSubstr("missing: a place"));
  EXPECT_THAT(open_error("observed_at,kind,post,bearing_deg\n"), HasSubstr("missing: a place"));
  EXPECT_THAT(open_error("observed_at,kind,place\n"), HasSubstr("needs a place list"));
  EXPECT_THAT(open_error("observed_at,kind,mgrs\n"), HasSubstr("mgrs cannot be read"));
  EXPECT_THAT(open_error(""), HasSubstr(""));
  EXPECT_NE(open_error(""), "opened");
  EXPECT_EQ(open_error("observed_at,kind,zone\n"), "opened");
  EXPECT_EQ(open_error("observed_at,kind,zone,reason\n"), "opened");
  ReportImportOptions o = options_of();
  o.map.columns = {{"lat", "Y"}};
  EXPECT_THAT(open_error("observed_at,kind,lat,lon\n", o), HasSubstr("the map's column \"Y\" is not in the file"));
  EXPECT_THAT(open_error("observed_at,kind,zone\n", options_of("Me")), HasSubstr("party id"));
}

TEST(ImportReportsTest, FilesAsPeopleWriteThem) {
  const std::string rows = "2018-09-18T06:58:42Z,shelling,idlib,\"said \"\"boom\"\", twice\"";
  for (const std::string& file :
       {"\xEF\xBB\xBFobserved_at,kind,zone,text\r\n" + rows + "\r\n", "observed_at,kind,zone,text\n" + rows,
        "observed_at,kind,zone,text\n\n" + rows + "\n\n", "observed_at , kind,zone,text\n" + rows + "\n"}) {
    const auto f = read_reports(file, options_of());
    ASSERT_TRUE(f.has_value()) << f.error().to_string();
    ASSERT_THAT(f->rows, SizeIs(1));
    EXPECT_EQ(f->rows[0].report.text, "said \"boom\", twice");
  }
}

TEST(ImportReportsTest, CyrillicOfWindowsNeedsItsName) {
  const std::string file =
      "observed_at;kind;zone;text\r\n2018-09-18T06:58:42Z;shelling;idlib;\xEE\xE1\xF1\xF2\xF0\xE5\xEB\r\n";
  EXPECT_THAT(open_error(file), HasSubstr("offset"));
  ReportImportOptions o = options_of();
  o.encoding = "windows-1251";
  EXPECT_EQ(read_reports(file, o).value().rows.at(0).report.text, "\u043e\u0431\u0441\u0442\u0440\u0435\u043b");
}

TEST(ImportReportsTest, TextIsBroughtIntoNfc) {
  const auto f =
      read_reports("observed_at,kind,zone,text\n2018-09-18T06:58:42Z,shelling,idlib,cafe\u0301\n", options_of())
          .value();
  EXPECT_EQ(f.rows.at(0).report.text, "caf\u00e9");
}

TEST(ImportReportsTest, BrokenRowsDoNotHideTheOthers) {
  const std::string file =
      "id,observed_at,kind,zone\n"
      "a,2018-09-18T06:58:42Z,shelling,idlib\n"
      "b,2018-09-18T06:58:42Z,shelling\n"
      "c,2018-09-18T06:58:42Z,she\"lling,idlib\n"
      "d,2018-09-18T06:58:42Z,shelling,idlib\n";
  const auto f = read_reports(file, options_of()).value();
  EXPECT_THAT(f.rows, SizeIs(2));
  ASSERT_THAT(f.refused, SizeIs(2));
  EXPECT_FALSE(f.refused[0].is_readable);
  EXPECT_EQ(f.refused[0].line, 3U);
  EXPECT_EQ(f.refused[1].line, 4U);
}

TEST(ImportReportsTest, SwappedCoordinatesAreWarnedAboutAndLeft) {
  ReportImportOptions o = options_of();
  o.area.add(geo::LatLng::from_e7(323000000, 356000000));
  o.area.add(geo::LatLng::from_e7(374000000, 424000000));
  const ImportedReport row = good("lat=41.2;lon=36.1", o);
  EXPECT_THAT(row.warnings, ElementsAre(HasSubstr("swapped")));
  EXPECT_EQ(row.report.place.at, geo::LatLng::from_e7(412000000, 361000000));
  EXPECT_THAT(good("lat=36.1;lon=41.2", o).warnings, IsEmpty());
}

TEST(ImportReportsTest, SwappedCoordinatesAreFoundFromTheFileAlone) {
  std::string file = "id,observed_at,kind,lat,lon,radius_m\n";
  for (int i = 0; i < 20; ++i) {
    const std::string lat = fmt::format("35.{}", 10 + i), lon = fmt::format("38.{}", 10 + i);
    file += fmt::format("r{},2018-09-18T06:58:42Z,shelling,{},{},700\n", i, i == 7 ? lon : lat, i == 7 ? lat : lon);
  }
  const auto f = read_reports(file, options_of()).value();
  ASSERT_THAT(f.rows, SizeIs(20));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(f.rows[i].warnings.size(), i == 7 ? 1U : 0U) << i;
}

TEST(ImportReportsTest, ColumnsAreDocumented) {
  const auto columns = report_columns();
  EXPECT_GT(columns.size(), 60U);
  for (const ReportColumn& c : columns) EXPECT_FALSE(c.meaning.empty()) << c.name;
}

TEST(ImportReportsTest, SharedFilesComeInWhole) {
  const std::string shared = TRUCE_SHARED_DIR;
  if (shared.empty()) GTEST_SKIP() << "TRUCE_SHARED names no folder";
  for (const auto& [name, rows] :
       {std::pair("reports.csv", 1482), std::pair("dense/reports.csv", 5193), std::pair("posts/reports.csv", 2165)}) {
    const std::string bytes = file_bytes(shared + "/data/fusion/" + name);
    const auto f = read_reports(bytes, options_of());
    ASSERT_TRUE(f.has_value()) << f.error().to_string();
    EXPECT_THAT(f->refused, IsEmpty()) << f->refused[0].to_string();
    EXPECT_EQ(f->rows.size(), static_cast<std::size_t>(rows)) << name;
    for (const ImportedReport& row : f->rows) {
      EXPECT_THAT(row.warnings, IsEmpty());
      EXPECT_EQ(Report::from_body(row.report.to_body()).value(), row.report);
    }
  }
}

// Whatever bytes come: no crash, every row is counted, what is taken can be stated.
TEST(ImportReportsTest, MutilatedFilesNeverYieldWhatCannotBeStated) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  const std::string header =
      "id,party,reporter,observed_at,time_precision_s,lat,lon,radius_m,observer_lat,observer_lon,bearing_deg,distance_"
      "m,how,kind,count,killed,injured,text,note\n";
  const std::string rows =
      "r1,turkey,turkey-1,2018-09-18T06:58:42Z,3600,35.59793,36.19512,700,,,,,seen,airstrike,1,2,0,,\n"
      "r2,un,op-15,2018-09-22T03:24:56Z,120,,,,36.26668,37.07413,330,3300,heard,shelling,11,0,0,\"a \"\"b\"\"\",n\n";
  for (int round = 0; round < 3000; ++round) {
    std::string file = header + rows;
    const std::size_t edits = 1 + numbers.below(4);
    for (std::size_t e = 0; e < edits; ++e) {
      const std::size_t at = header.size() + numbers.below(file.size() - header.size());
      const char c = "0123456789,;\"\n\r-+.eZT \xD0\x90\xFF"[numbers.below(25)];
      if (numbers.chance(3))
        file.erase(at, 1);
      else if (numbers.chance(2))
        file.insert(at, 1, c);
      else
        file[at] = c;
    }
    const auto f = read_reports(file, options_of());
    if (!f) continue;
    for (const ImportedReport& row : f->rows) {
      const auto again = Report::from_body(row.report.to_body());
      ASSERT_TRUE(again.has_value()) << "seed " << seed << ": " << again.error().to_string() << "\n" << file;
      ASSERT_EQ(*again, row.report) << "seed " << seed;
      ASSERT_TRUE(row.report.to_body().checked_canonical().has_value()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace truce::monitor
