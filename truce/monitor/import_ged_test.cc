// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/import_ged.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace truce::monitor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The layout of 21.1 to 25.1, an invented event.
constexpr std::string_view kHeader =
    R"("id","relid","year","active_year","code_status","type_of_violence","conflict_dset_id","conflict_new_id","conflict_name","dyad_dset_id","dyad_new_id","dyad_name",)"
    R"("side_a_dset_id","side_a_new_id","side_a","side_b_dset_id","side_b_new_id","side_b","number_of_sources","source_article","source_office","source_date",)"
    R"("source_headline","source_original","where_prec","where_coordinates","where_description","adm_1","adm_2","latitude","longitude","geom_wkt","priogrid_gid",)"
    R"("country","country_id","region","event_clarity","date_prec","date_start","date_end","deaths_a","deaths_b","deaths_civilians","deaths_unknown","best","high","low","gwnoa","gwnob")";
constexpr std::string_view kRow =
    R"(1001,"TST-2018-1-1-1",2018,1,"Clear",1,9,9,"Testland: Government",90,91,"Government of Testland - Test Front",1,11,"Government of Testland",2,22,"Test Front",-1,"a headline","","","","",)"
    R"x(2,"Testville town","near Testville","Test governorate","Test district",35.926532,36.632381,"POINT (36.632381 35.926532)",179714,"Testland",652,"Middle East",1,2,)x"
    R"(2018-09-18,2018-09-20,1,2,3,0,6,9,5,652,)";

std::string file_of(std::string_view row = kRow, std::string_view header = kHeader) {
  return std::string(header) + '\n' + std::string(row) + '\n';
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) out.replace(at, from.size(), to);
  return out;
}

TEST(ImportGedTest, EventBecomesOneReport) {
  const auto f = read_ged(file_of()).value();
  ASSERT_THAT(f.rows, SizeIs(1)) << f.refused.at(0).to_string();
  EXPECT_THAT(f.ignored_columns, IsEmpty());
  EXPECT_THAT(f.rows[0].warnings, IsEmpty());
  EXPECT_TRUE(f.rows[0].sealed.is_null());
  EXPECT_EQ(
      f.rows[0].report.to_body().to_canonical(),
      R"({"coded":{"codes":{"active_year":1,"adm_1":"Test governorate","adm_2":"Test district","code_status":"Clear","conflict_dset_id":9,"conflict_name":"Testland: Government",)"
      R"("conflict_new_id":9,"country":"Testland","country_id":652,"date_prec":2,"deaths_a":1,"deaths_b":2,"deaths_civilians":3,"deaths_unknown":0,"dyad_dset_id":90,)"
      R"("dyad_name":"Government of Testland - Test Front","dyad_new_id":91,"event_clarity":1,"gwnoa":652,"number_of_sources":-1,"priogrid_gid":179714,"region":"Middle East",)"
      R"("relid":"TST-2018-1-1-1","side_a":"Government of Testland","side_a_dset_id":1,"side_a_new_id":11,"side_b":"Test Front","side_b_dset_id":2,"side_b_new_id":22,)"
      R"("type_of_violence":1,"where_coordinates":"Testville town","where_description":"near Testville","where_prec":2},"scheme":"ucdp-ged"},"from":1537228800000,)"
      R"("key":{"id":"1001","source":"ucdp-ged"},"killed":{"all":[5,6,9],"civilian":[3,3,3]},"kind":"weapon-use","place":{"at":[359265320,366323810],"radius_m":25000},)"
      R"("precision_s":259200,"to":1537488000000})");
  EXPECT_EQ(Report::from_body(f.rows[0].report.to_body()).value(), f.rows[0].report);
}

TEST(ImportGedTest, OldLayoutsAreRead) {
  // 17.1: other order, dates with a clock at midnight, ids as text, no relid, no where_description.
  const auto f =
      read_ged(
          file_of(
              R"x(7,2016,1,1,"1-333",333,"X: Government",1,2,"A - B","3",4,"A",5,6,"B",2,"s","o","d","h","t",1,"Townlet","North","",12.5,-3.25,"POINT (-3.25 12.5)",)x"
              R"(1,"X",99,"Africa",1,1,"2016-12-31 00:00:00.000","2016-12-31 00:00:00.000",0,0,0,2,2,1,2)",
              "id,year,active_year,type_of_violence,conflict_dset_id,conflict_new_id,conflict_name,dyad_dset_id,dyad_"
              "new_id,dyad_name,side_a_dset_id,side_a_new_id,"
              "side_a,side_b_dset_id,side_b_new_id,side_b,number_of_sources,source_article,source_office,source_date,"
              "source_headline,source_original,where_prec,"
              "where_coordinates,adm_1,adm_2,latitude,longitude,geom_wkt,priogrid_gid,country,country_id,region,event_"
              "clarity,date_prec,date_start,date_end,deaths_a,"
              "deaths_b,deaths_civilians,deaths_unknown,best,low,high"))
          .value();
  ASSERT_THAT(f.rows, SizeIs(1)) << f.refused.at(0).to_string();
  const Report& r = f.rows[0].report;
  EXPECT_EQ(to_string(r.from), "2016-12-31T00:00:00Z");
  EXPECT_EQ(to_string(r.to), "2017-01-01T00:00:00Z");
  EXPECT_EQ(r.precision_s, 0);
  EXPECT_EQ(r.place.radius_m, 1000);
  EXPECT_EQ(r.place.at, geo::LatLng::from_e7(125000000, -32500000));
  EXPECT_EQ(r.killed.all, (Range{1, 2, 2}));
  EXPECT_EQ(r.coded.find("codes")->find("conflict_dset_id")->as_string(), "1-333");
}

TEST(ImportGedTest, EstimatesByTheirOlderNames) {
  const std::string header = replaced(
      replaced(replaced(kHeader, "\"best\"", "\"best_est\""), "\"high\"", "\"high_est\""), "\"low\"", "\"low_est\"");
  EXPECT_THAT(read_ged(file_of(kRow, header)).value().rows, SizeIs(1));
}

TEST(ImportGedTest, ColumnsOfNoLayoutArePassedOverAndListed) {
  const auto f = read_ged(file_of(std::string(kRow) + ",x", std::string(kHeader) + ",\"my_note\"")).value();
  EXPECT_THAT(f.rows, SizeIs(1));
  EXPECT_THAT(f.ignored_columns, ElementsAre("my_note"));
}

TEST(ImportGedTest, MissingColumnsAreListedAtOnce) {
  const auto r = read_ged("id,latitude,date_start\n1,2,3\n");
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, ErrorCode::kInvalidImport);
  EXPECT_THAT(r.error().message, HasSubstr("longitude, where_prec, date_prec, date_end, best, low, high"));
}

TEST(ImportGedTest, BadEventsAreRefusedWithColumn) {
  struct Case {
    std::string_view from, to, column, reason;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"1001,", ",", "id", "1 to 200 bytes"},
           {"35.926532,36.632381", "95,36.632381", "latitude", "95"},
           {"35.926532,36.632381", "35.9,181", "latitude", "181"},
           {"35.926532,36.632381", "NaN,36", "latitude", "not a number"},
           {"35.926532,36.632381", "35,", "longitude", "not a number"},
           {"2018-09-18", "0025-01-01", "date_start", "1900 to 2100"},
           {"2018-09-18", "2018-02-31", "date_start", "no such day"},
           {"2018-09-18", "18.09.2018", "date_start", "not a date"},
           {"2018-09-18", "2018-09-18 13:00:00", "date_start", "is not a day"},
           {"2018-09-20", "2018-09-17", "date_end", "ends before"},
           {"2018-09-20", "", "date_end", "not a date"},
           {",2,\"Testville", ",0,\"Testville", "where_prec", "1 to 7"},
           {",2,\"Testville", ",8,\"Testville", "where_prec", "1 to 7"},
           {",2,\"Testville", ",,\"Testville", "where_prec", "1 to 7"},
           {",1,2,2018-09", ",1,6,2018-09", "date_prec", "1 to 5"},
           {"0,6,9,5,652", "0,x,9,5,652", "best", "x"},
           {"0,6,9,5,652", "0,,9,5,652", "best", ""},
           {"0,6,9,5,652", "0,6,-1,5,652", "high", "1000000"},
           {"0,6,9,5,652", "0,6,9,2000000,652", "low", "1000000"},
           {"1,2,3,0,6", "1,2,-3,0,6", "deaths_civilians", "1000000"},
       }) {
    const auto f = read_ged(file_of(replaced(kRow, c.from, c.to))).value();
    SCOPED_TRACE(c.to);
    ASSERT_THAT(f.refused, SizeIs(1));
    EXPECT_EQ(f.refused[0].column, c.column);
    EXPECT_THAT(f.refused[0].to_string(), HasSubstr(c.reason));
    EXPECT_EQ(f.refused[0].line, 2U);
  }
}

TEST(ImportGedTest, EstimatesOutOfOrderAreMendedWithAWarning) {
  const auto f = read_ged(file_of(replaced(kRow, "0,6,9,5,652", "0,6,4,8,652"))).value();
  ASSERT_THAT(f.rows, SizeIs(1));
  EXPECT_EQ(f.rows[0].report.killed.all, (Range{4, 6, 8}));
  EXPECT_THAT(f.rows[0].warnings, ElementsAre(HasSubstr("do not ascend (8, 6, 4)")));
  const Json& codes = *f.rows[0].report.coded.find("codes");
  EXPECT_EQ(codes.find("low")->as_integer(), 8);
  EXPECT_EQ(codes.find("high")->as_integer(), 4);
}

TEST(ImportGedTest, LongNamesAreCutWithAWarning) {
  const auto f = read_ged(file_of(replaced(kRow, "near Testville", std::string(300, 'x')))).value();
  ASSERT_THAT(f.rows, SizeIs(1));
  EXPECT_THAT(f.rows[0].warnings, ElementsAre("where_description is cut to 200 bytes"));
  EXPECT_EQ(f.rows[0].report.coded.find("codes")->find("where_description")->as_string().size(), 200U);
}

TEST(ImportGedTest, PrecisionCodesHaveTheirTables) {
  std::vector<std::int64_t> radii, precisions;
  for (int i = 1; i <= 7; ++i) radii.push_back(ged_radius_m(i).value());
  for (int i = 1; i <= 5; ++i) precisions.push_back(ged_precision_s(i).value() / 86'400);
  EXPECT_THAT(radii, ElementsAre(1000, 25000, 40000, 100000, 100000, 500000, 500000));
  EXPECT_THAT(precisions, ElementsAre(0, 3, 7, 31, 366));
  for (const int bad : {-1, 0, 8}) EXPECT_FALSE(ged_radius_m(bad)) << bad;
  for (const int bad : {-1, 0, 6}) EXPECT_FALSE(ged_precision_s(bad)) << bad;
}

TEST(ImportGedTest, SharedSampleComesInWhole) {
  const std::string shared = TRUCE_SHARED_DIR;
  if (shared.empty()) GTEST_SKIP() << "TRUCE_SHARED names no folder";
  std::ifstream in(shared + "/data/ged/ged-syria-sample.csv", std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  const auto f = read_ged(bytes.str());
  ASSERT_TRUE(f.has_value()) << f.error().to_string();
  EXPECT_THAT(f->refused, IsEmpty()) << f->refused[0].to_string();
  EXPECT_EQ(f->rows.size(), 265U);
  EXPECT_THAT(f->ignored_columns, IsEmpty());
  std::ptrdiff_t mended = 0;
  for (const ImportedReport& row : f->rows) {
    EXPECT_EQ(Report::from_body(row.report.to_body()).value(), row.report);
    EXPECT_TRUE(row.report.to_body().checked_canonical().has_value());
    mended +=
        std::ranges::count_if(row.warnings, [](const std::string& w) { return w.find("ascend") != std::string::npos; });
  }
  EXPECT_EQ(mended, 2);
}

}  // namespace
}  // namespace truce::monitor
