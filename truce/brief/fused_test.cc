// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/fused.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/brief/brief_testing.h"
#include "truce/brief/map.h"

namespace truce::brief {
namespace {

using picture::IncidentRow;
using testing::HasSubstr;
using testing::Not;

BriefRequest day(const char* first, Edition edition = Edition::kParties, const char* last = nullptr) {
  BriefRequest r;
  r.first_day = Date::parse(first).value();
  r.last_day = Date::parse(last != nullptr ? last : first).value();
  r.edition = edition;
  return r;
}

Brief must(const TestPicture& p, const BriefRequest& r) {
  auto b = p.brief(r);
  EXPECT_TRUE(b.has_value()) << (b ? "" : b.error().to_string());
  return b ? std::move(b).value() : Brief{};
}

std::string told(const Json& j, std::string_view member) {
  const Json* m = j.find(member);
  return m != nullptr ? m->to_canonical() : "none";
}

IncidentRow row_of(std::string claims) {
  IncidentRow r;
  r.id = "un/main/1";
  r.reports = 2;
  r.claims = std::move(claims);
  return r;
}

IncidentRow& add(TestPicture& p, const char* on, const char* parties, const char* zone = "") {
  IncidentRow& r = p.add_incident(on, "shelling", zone);
  r.parties = parties;
  r.lat_e7 = 352'000'000, r.lng_e7 = 363'000'000, r.radius_m = 500;
  return r;
}

std::size_t occurrences(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

// The worked example of docs/format/brief.md.
TEST(SidesTest, OwnLogsAndWhatIsRelayedAreToldApart) {
  TestPicture p = empty_picture();
  p.add_zone("lake", "de-escalation-zone", "Lake", 350'000'000, 360'000'000, 355'000'000, 366'000'000);
  add(p, "2018-09-18", "aland;bland", "lake");
  add(p, "2018-09-18", "aland;said:bland", "lake");
  const std::string relayed = add(p, "2018-09-18", "said:bland").id;
  picture::ReportRow report;
  report.day = "2018-09-18";
  report.party = "un", report.log = "main", report.id = "un/main/500";
  report.said_by = "bland";
  report.incident = relayed;
  p.reports.push_back(report);
  const Brief b = must(p, day("2018-09-18"));
  EXPECT_EQ(
      told(*b.json.find("sides"), "by_zone"),
      R"([{"alone":0,"own_logs":1,"party":null,"recorded":2,"relayed":0,"relayed_by":[],"with_others":2,"zone":"lake"},)"
      R"({"alone":0,"own_logs":1,"party":"aland","recorded":2,"relayed":0,"relayed_by":[],"with_others":2,"zone":"lake"},)"
      R"({"alone":0,"own_logs":1,"party":"bland","recorded":2,"relayed":1,"relayed_by":[],"with_others":2,"zone":"lake"},)"
      R"({"alone":1,"own_logs":0,"party":null,"recorded":1,"relayed":1,"relayed_by":[],"with_others":0,"zone":null},)"
      R"({"alone":1,"own_logs":0,"party":"bland","recorded":1,"relayed":1,"relayed_by":["un"],"with_others":0,"zone":null}])");
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("1 were told of by one side alone, 2 by several."));
}

TEST(SidesTest, NothingIsCalledConfirmedWithoutAPosition) {
  for (const Edition edition : {Edition::kParties, Edition::kPublic}) {
    BriefRequest r = sample_request();
    r.edition = edition;
    const Brief b = must(sample_picture(), r);
    for (const auto& [name, bytes] : b.files) {
      if (name == "brief.json" || name == "index.html") continue;  // both count
      EXPECT_THAT(bytes, Not(HasSubstr("onfirm"))) << name;
    }
    for (const char* lines : {"by_day", "sums"}) {
      for (const Json& line : b.json.find("bulletin")->find(lines)->as_array()) {
        for (const Json& other : line.find("others")->as_array()) {
          EXPECT_EQ(*other.find("confirmed"), Json(0)) << edition_name(edition);
          EXPECT_EQ(*other.find("answered"), Json(0)) << edition_name(edition);
        }
      }
    }
  }
}

TEST(DifferenceTest, OnlyFactsThatDifferAreListed) {
  const struct {
    const char *why, *claims, *what;
  } kCases[] = {
      {"one side alone", R"([{"kinds":{"shelling":2},"party":"un","reports":2}])", ""},
      {"no claims", "", ""},
      {"the same",
       R"([{"kinds":{"shelling":1},"party":"aland","reports":1},{"kinds":{"shelling":3},"party":"un","reports":3}])",
       ""},
      {"kinds that most of its reports state",
       R"([{"kinds":{"explosion":1,"shelling":2},"party":"aland"},{"kinds":{"shelling":1},"party":"un"}])", ""},
      {"other kinds", R"([{"kinds":{"explosion":1},"party":"aland"},{"kinds":{"shelling":1},"party":"un"}])",
       R"(["kind"])"},
      {"half as many again is still alike",
       R"([{"count":[4,4,4],"kinds":{"shelling":1},"party":"aland"},{"count":[6,6,6],"kinds":{"shelling":1},"party":"un"}])",
       ""},
      {"more than that is not",
       R"([{"count":[4,4,4],"kinds":{"shelling":1},"party":"aland"},{"count":[7,7,7],"kinds":{"shelling":1},"party":"un"}])",
       R"(["count"])"},
      {"ranges that meet",
       R"([{"count":[4,4,9],"kinds":{"shelling":1},"party":"aland"},{"count":[7,7,7],"kinds":{"shelling":1},"party":"un"}])",
       ""},
      {"one death more",
       R"([{"killed":[1,1,1],"kinds":{"shelling":1},"party":"aland"},{"killed":[2,2,2],"kinds":{"shelling":1},"party":"un"}])",
       R"(["killed"])"},
      {"a side that states none says nothing",
       R"([{"kinds":{"shelling":1},"party":"aland"},{"killed":[2,2,2],"kinds":{"shelling":1},"party":"un"}])", ""},
  };
  for (const auto& c : kCases) {
    const Json d = difference_json(row_of(c.claims), 7, false);
    EXPECT_EQ(d.is_null() ? "" : told(d, "what"), c.what) << c.why;
  }
}

TEST(DifferenceTest, PublicClaimsAreKindsAndNumbers) {
  IncidentRow r = row_of(
      R"([{"attribution":["actor:north"],"count":[4,4,4],"kinds":{"shelling":1},"means":["heard"],"party":"aland","reports":1},)"
      R"({"attribution":["actor:south"],"count":[9,9,9],"kinds":{"shelling":2},"means":["uav"],"party":"said:bland","reports":2}])");
  r.attribution = "differs";
  EXPECT_EQ(
      difference_json(r, 3, false).to_canonical(),
      R"({"claims":[{"attribution":["actor:north"],"count":[4,4,4],"kinds":{"shelling":1},"means":["heard"],"party":"aland","reports":1},)"
      R"({"attribution":["actor:south"],"count":[9,9,9],"kinds":{"shelling":2},"means":["uav"],"party":"said:bland","reports":2}],)"
      R"("row":3,"what":["count","attribution"]})");
  EXPECT_EQ(difference_json(r, 3, true).to_canonical(),
            R"({"claims":[{"count":[4,4,4],"kinds":{"shelling":1},"party":"aland"},)"
            R"({"count":[9,9,9],"kinds":{"shelling":2},"party":"said:bland"}],"row":3,"what":["count"]})");
}

TEST(DifferenceTest, WithoutABestFigureTheSumKeepsItsOrder) {
  TestPicture p = empty_picture();
  IncidentRow& agreed = add(p, "2018-09-18", "aland;bland");
  agreed.killed_low = agreed.killed_best = agreed.killed_high = 2;
  IncidentRow& apart = add(p, "2018-09-18", "aland;bland");
  apart.killed_low = 3, apart.killed_high = 8;
  const Brief b = must(p, day("2018-09-18"));
  EXPECT_EQ(told(*b.json.find("counts")->find("all"), "killed"), "[5,5,10]");
  EXPECT_EQ(told(*b.json.find("counts")->find("casualties"), "differ"), R"({"injured":0,"killed":1})");
  EXPECT_EQ(b.json.find("incidents")->find("rows")->as_array()[1].as_array()[12].to_canonical(), "[3,null,8]");
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("3\u20138 killed"));
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("(killed: 1, injured: 0 incidents)"));
}

TEST(AlikeTest, EachPairIsToldOnceAlsoWithTheDaysAround) {
  TestPicture p = empty_picture();
  IncidentRow& before = add(p, "2018-09-17", "un");
  before.killed_low = before.killed_best = before.killed_high = 1;
  const std::string id_before = before.id;
  IncidentRow& first = add(p, "2018-09-18", "un");
  first.killed_low = first.killed_best = first.killed_high = 1;
  const std::string id_first = first.id;
  p.incidents[0].alike = id_first, p.incidents[0].alike_ppm = 210'000;
  IncidentRow& second = add(p, "2018-09-18", "un");
  second.alike = id_first, second.alike_ppm = 300'000;
  p.incidents[1].alike = second.id, p.incidents[1].alike_ppm = 150'000;
  const std::string id_second = second.id;
  add(p, "2018-09-18", "un").alike = "un/main/404";  // not in these tables
  const Brief b = must(p, day("2018-09-18"));
  EXPECT_EQ(told(b.json, "alike"), "[[0,null,\"" + id_before + "\",\"2018-09-17\",210000,1],[0,1,\"" + id_second +
                                       "\",\"2018-09-18\",300000,0]]");
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("2 pairs of incidents may be the same one, counted twice; in 1 of "));
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("the same persons may be counted twice"));
  EXPECT_EQ(told(must(p, day("2018-09-18", Edition::kPublic)).json, "alike"),
            "[[0,null,\"" + id_before + "\",\"2018-09-17\",null,1],[0,1,\"" + id_second + "\",\"2018-09-18\",null,0]]");
}

TEST(AlikeTest, WhatTheEditionDoesNotShowIsNoPair) {
  TestPicture p = empty_picture();
  IncidentRow& r = add(p, "2018-09-18", "un");
  IncidentRow patrol = r;
  patrol.day = "2018-09-17", patrol.idx = 7, patrol.id = "un/main/7", patrol.kind = "storage-site";
  IncidentRow over = r;
  over.day = "2018-09-17", over.idx = 8, over.id = "un/main/8", over.over_quota = 1, over.alike = r.id;
  r.alike = "un/main/7";
  p.incidents.push_back(patrol);
  p.incidents.push_back(over);
  EXPECT_EQ(told(must(p, day("2018-09-18", Edition::kPublic)).json, "alike"), "[]");
}

TEST(MapsApartTest, OneMapHoldsItAndAnotherDoesNot) {
  const struct {
    const char *why, *answers;
    std::size_t zones;
  } kCases[] = {
      {"none", "", 0},
      {"one map", R"([["lake","aland","inside",990000,1]])", 0},
      {"both inside", R"([["lake","aland","inside",990000,1],["lake","bland","probably-inside",800000,1]])", 0},
      {"contradict", R"([["lake","aland","inside",990000,1],["lake","bland","outside",0,1]])", 1},
      {"near is not inside", R"([["lake","aland","probably-inside",800000,1],["lake","bland","near",0,1]])", 1},
      {"cannot tell contradicts nobody", R"([["lake","aland","inside",990000,1],["lake","bland","cannot-tell",1,1]])",
       0},
      {"not in force", R"([["lake","aland","inside",990000,1],["lake","bland","outside",0,0]])", 0},
      {"different zones", R"([["hill","aland","inside",990000,1],["lake","bland","outside",0,1]])", 0},
      {"not of this form", R"([["lake"],7])", 0},
  };
  for (const auto& c : kCases) {
    IncidentRow r;
    r.answers = c.answers;
    EXPECT_EQ(maps_apart(r).size(), c.zones) << c.why;
  }
}

TEST(MapsApartTest, ThePublicEditionCountsAndNamesNoIncident) {
  TestPicture p = empty_picture();
  p.add_zone("lake", "de-escalation-zone", "Lake", 350'000'000, 360'000'000, 355'000'000, 366'000'000);
  add(p, "2018-09-18", "un", "lake").answers = R"([["lake","aland","inside",990000,1],["lake","bland","outside",0,1]])";
  const Brief b = must(p, day("2018-09-18"));
  EXPECT_EQ(told(b.json, "disputed"),
            R"({"by_zone":[["lake",1]],"incidents":1,"rows":[[0,[["lake",["aland"],["bland"]]]]]})");
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("About one incident the maps of a zone contradict each other."));
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("<td><bdi>Aland</bdi></td><td><bdi>Bland</bdi></td>"));
  const Brief shown = must(p, day("2018-09-18", Edition::kPublic));
  EXPECT_EQ(told(shown.json, "disputed"), R"({"by_zone":[["lake",1]],"incidents":1,"rows":[]})");
}

TEST(MapsApartTest, EachMapOfAZoneSaysWhoseItIs) {
  TestPicture p = empty_picture();
  p.add_zone("lake", "de-escalation-zone", "Lake", 350'000'000, 360'000'000, 355'000'000, 366'000'000);
  EXPECT_THAT(must(p, day("2018-09-18")).files.at("map.svg"), Not(HasSubstr("map of")));
  p.add_zone("lake", "de-escalation-zone", "Lake", 351'000'000, 360'000'000, 356'000'000, 366'000'000);
  p.zones[1].said_by = "aland";
  const std::string svg = must(p, day("2018-09-18")).files.at("map.svg");
  EXPECT_THAT(svg, HasSubstr("map of \u2068Aland\u2069</text>"));
  EXPECT_THAT(svg, HasSubstr("map of \u2068United Observers\u2069</text>"));
}

TEST(CertaintyTest, GradesHaveTheirLimits) {
  const struct {
    std::int64_t reports, ppm;
    const char* grade;
  } kCases[] = {{1, 0, "high"},         {2, 950'000, "high"}, {2, 949'999, "medium"},
                {2, 750'000, "medium"}, {2, 749'999, "low"},  {9, 0, "low"}};
  for (const auto& c : kCases) {
    IncidentRow r;
    r.reports = c.reports, r.certainty_ppm = c.ppm;
    EXPECT_EQ(certainty_grade(r), c.grade) << c.ppm;
  }
}

TEST(HoursTest, HoursBeginWhereDaysDo) {
  TestPicture p = empty_picture();
  p.mechanism.days.cutoff_minutes = 360;
  add(p, "2018-09-18", "un").from_ms = p.mechanism.days.start_of(Date::parse("2018-09-18").value()).ms;
  add(p, "2018-09-18", "un").from_ms = p.mechanism.days.start_of(Date::parse("2018-09-19").value()).ms - 1;
  const Brief b = must(p, day("2018-09-18"));
  const Json::Array& hours = b.json.find("by_hour")->as_array();
  ASSERT_EQ(hours.size(), 24u);
  EXPECT_EQ(hours.front().to_canonical(), "[6,1]");
  EXPECT_EQ(hours.back().to_canonical(), "[5,1]");
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("The same as a table"));
}

TEST(HoursTest, AnHourSplitByTheBeginOfDaysIsOneHourOfTheClock) {
  TestPicture p = empty_picture();
  p.mechanism.days.cutoff_minutes = 390;
  add(p, "2018-09-18", "un").from_ms = p.mechanism.days.start_of(Date::parse("2018-09-18").value()).ms;
  add(p, "2018-09-18", "un").from_ms = p.mechanism.days.start_of(Date::parse("2018-09-19").value()).ms - 1;
  add(p, "2018-09-18", "un").from_ms = p.mechanism.days.start_of(Date::parse("2018-09-18").value()).ms + 1'800'000;
  const Json::Array hours = must(p, day("2018-09-18")).json.find("by_hour")->as_array();
  EXPECT_EQ(hours[0].to_canonical(), "[6,2]");
  EXPECT_EQ(hours[1].to_canonical(), "[7,1]");
}

TEST(CalibrationTest, TheLastOneInForceIsNamed) {
  TestPicture p = empty_picture();
  add(p, "2018-09-18", "un");
  EXPECT_THAT(must(p, day("2018-09-18")).files.at("index.html"), HasSubstr("none: neutral priors"));
  const auto state = [&](const char* statement, const char* how, const char* from, int number) {
    picture::CalibrationRow c;
    c.statement = statement, c.state = how, c.from_day = from, c.to_day = "2018-09-19", c.number = number;
    p.calibrations.push_back(c);
  };
  state("un/main/900", "in-force", "2018-09-01", 1);
  state("un/main/901", "in-force", "2018-09-10", 2);
  state("un/main/902", "proposed", "2018-09-11", 0);
  state("un/main/903", "in-force", "2018-09-19", 3);  // learnt from later days only
  const Brief b = must(p, day("2018-09-18"));
  EXPECT_EQ(told(b.json, "calibration"), R"({"from":"2018-09-10","statement":"un/main/901","to":"2018-09-19"})");
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("un/main/901 (10\u201319 September 2018)"));
}

TEST(SectorTest, SectorsAreForThePartiesAlone) {
  TestPicture p = empty_picture();
  IncidentRow& r = add(p, "2018-09-18", "un");
  r.posts = 1;
  const auto report = [&](std::int64_t idx) -> picture::ReportRow& {
    picture::ReportRow s;
    s.day = "2018-09-18", s.party = "un", s.log = "main", s.idx = idx, s.id = "un/main/" + std::to_string(idx);
    s.incident = r.id;
    s.observer_lat_e7 = 351'500'000, s.observer_lng_e7 = 363'000'000;
    s.bearing_mdeg = 359'000, s.distance_m = 5'000;
    p.reports.push_back(s);
    return p.reports.back();
  };
  report(1);
  report(2).observer_lat_e7.reset();  // a bearing from nowhere
  report(3).distance_m.reset();
  report(4).incident = "un/main/404";
  const Brief b = must(p, day("2018-09-18"));
  EXPECT_EQ(b.json.find("map")->find("sectors")->as_array().size(), 1u);
  EXPECT_THAT(b.files.at("map.svg"), HasSubstr("where a bearing from a post leads to"));
  EXPECT_EQ(b.json.find("map")->find("incidents")->as_array()[0].as_array()[4], Json(2));
  const Brief shown = must(p, day("2018-09-18", Edition::kPublic));
  EXPECT_EQ(told(*shown.json.find("map"), "sectors"), "[]");
  EXPECT_EQ(shown.json.find("map")->find("incidents")->as_array()[0].as_array()[4], Json(1));
  EXPECT_THAT(shown.files.at("map.svg"), Not(HasSubstr("bearing")));
  for (std::int64_t n = 0; n < 400; ++n) report(1'000 + n);
  EXPECT_EQ(told(*must(p, day("2018-09-18")).json.find("map"), "sectors"), "[]") << "more would hide the map";
}

TEST(SpotTest, IncidentsOnEachOtherAreOneSymbolWithTheirNumber) {
  TestPicture p = empty_picture();
  for (int n = 0; n < 12; ++n) add(p, "2018-09-18", "un");
  p.incidents[0].kind = "explosion";
  p.incidents[1].lat_e7 = 358'000'000;
  const std::string svg = must(p, day("2018-09-18", Edition::kPublic)).files.at("map.svg");
  EXPECT_THAT(svg, HasSubstr(">11</text>"));
  EXPECT_THAT(svg, HasSubstr("explosion 1, shellings 10</title>"));
  EXPECT_EQ(occurrences(svg, "<g><title>"), 2u);
}

TEST(SpotTest, WhatIsOnlyRelayedAddsNoWeight) {
  TestPicture p = empty_picture();
  add(p, "2018-09-18", "aland;said:bland;said:un");
  add(p, "2018-09-18", "aland;bland;un").lat_e7 = 358'000'000;
  const Brief b = must(p, day("2018-09-18"));
  const Json::Array& dots = b.json.find("map")->find("incidents")->as_array();
  EXPECT_EQ(dots[0].as_array()[4], Json(1));
  EXPECT_EQ(dots[1].as_array()[4], Json(3));
  EXPECT_THAT(b.files.at("map.svg"), HasSubstr("told of by 3 or more parties and posts"));
}

TEST(MonthTest, ABusyMonthStaysShortAndKeepsTheWeightiest) {
  TestPicture p = empty_picture();
  const Date first = Date::parse("2018-09-01").value();
  for (int n = 0; n < 9'000; ++n) {
    IncidentRow& r = add(p, (first + n % 30).to_string().c_str(), "aland;bland");
    r.reports = 2;
    r.claims =
        R"([{"count":[1,1,1],"kinds":{"shelling":1},"party":"aland","reports":1},{"count":[9,9,9],"kinds":{"shelling":1},"party":"bland","reports":1}])";
    if (n == 8'500) r.killed_low = r.killed_best = r.killed_high = 40;
  }
  const std::string id = p.incidents[8'500].id;
  const Brief b = must(p, day("2018-09-01", Edition::kParties, "2018-09-30"));
  const std::string& html = b.files.at("index.html");
  EXPECT_LT(html.size(), 300'000u);
  EXPECT_THAT(html, HasSubstr("Monthly brief"));
  EXPECT_THAT(html, HasSubstr("Shown are 200 of 9,000"));
  EXPECT_THAT(html, HasSubstr("Shown are 100 of 9,000"));
  std::string anchor = id;
  std::ranges::replace(anchor, '/', '.');
  EXPECT_THAT(html, HasSubstr("id=\"i-" + anchor + "\""));
  EXPECT_EQ(b.json.find("differences")->as_array().size(), 9'000u);
  // A link leads only to a row that is there.
  for (std::size_t at = html.find("href=\"#i-"); at != std::string::npos; at = html.find("href=\"#i-", at + 1)) {
    const std::string target = html.substr(at + 7, html.find('"', at + 7) - at - 7);
    ASSERT_THAT(html, HasSubstr("id=\"" + target + "\""));
  }
}

}  // namespace
}  // namespace truce::brief
