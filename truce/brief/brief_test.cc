// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/brief.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/brief/brief_testing.h"
#include "truce/brief/signature_page.h"
#include "truce/brief/text.h"

namespace truce::brief {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

BorderLayer layer() {
  auto l = BorderLayer::parse(
      R"({"borders":[[360000,330000,5000,40000]],"coasts":[[355000,330000,100,30000]],"disclaimer":"Test lines; no opinion.","id":"test","unit_e7":1000,"v":1})");
  return std::move(l).value();
}

BriefRequest request_for(const char* first, const char* last) {
  BriefRequest r;
  r.first_day = Date::parse(first).value();
  r.last_day = Date::parse(last).value();
  return r;
}

Brief must(const TestPicture& p, const BriefRequest& r, const BorderLayer* borders = nullptr) {
  auto b = p.brief(r, borders);
  EXPECT_TRUE(b.has_value()) << (b ? "" : b.error().to_string());
  return b ? std::move(b).value() : Brief{};
}

const Json& at(const Json& j, std::initializer_list<std::string_view> path) {
  const Json* out = &j;
  for (const std::string_view name : path) {
    out = out->find(name);
    if (out == nullptr) {
      ADD_FAILURE() << "no member " << name;
      static const Json kNone;
      return kNone;
    }
  }
  return *out;
}

// Elements are closed in order, attributes are quoted, '&' begins a known entity. Returns what is wrong, empty for
// nothing.
std::string xml_fault(const std::string& text) {
  std::vector<std::string> open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const std::size_t end = text.find(';', i);
      const std::string entity = end == std::string::npos ? "" : text.substr(i + 1, end - i - 1);
      if (entity != "amp" && entity != "lt" && entity != "gt" && entity != "quot" && entity != "#39")
        return "entity at " + std::to_string(i);
    }
    if (text[i] != '<') continue;
    if (text.compare(i, 9, "<!DOCTYPE") == 0) {
      i = text.find('>', i);
      continue;
    }
    std::size_t end = i + 1;
    bool quoted = false;
    while (end < text.size() && (quoted || text[end] != '>')) {
      if (text[end] == '"') quoted = !quoted;
      if (text[end] == '<') return "'<' in a tag at " + std::to_string(end);
      ++end;
    }
    if (end >= text.size()) return "unclosed tag at " + std::to_string(i);
    const std::string tag = text.substr(i + 1, end - i - 1);
    const std::string name = tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n/", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "</" + tag.substr(1) + "> at " + std::to_string(i);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    // The style sheet is text without markup.
    if (name == "style" && tag[0] != '/') {
      end = text.find("</style>", end);
      open.pop_back();
      end += 7;
    }
    i = end;
  }
  return open.empty() ? "" : "unclosed <" + open.back() + ">";
}

TEST(BriefTest, CheckerOfMarkupFindsFaults) {
  EXPECT_EQ(xml_fault("<a><b x=\"1\"/></a>"), "");
  EXPECT_NE(xml_fault("<a><b></a></b>"), "");
  EXPECT_NE(xml_fault("<a>&nbsp;</a>"), "");
  EXPECT_NE(xml_fault("<a>"), "");
}

TEST(BriefTest, SameRequestSameBytes) {
  const BorderLayer l = layer();
  const Brief a = must(sample_picture(), sample_request(), &l);
  const Brief b = must(sample_picture(), sample_request(), &l);
  EXPECT_EQ(a.files, b.files);
  EXPECT_EQ(a.digest, sha256(a.files.at("brief.json")));
}

// A change of this digest is a change of the format or of the rules: it needs a line in CHANGELOG.
TEST(BriefTest, GoldenBriefIsPinned) {
  TestPicture p = empty_picture();
  p.add_zone("lake", "de-escalation-zone", "Lake", 350'000'000, 360'000'000, 355'000'000, 366'000'000);
  auto& i = p.add_incident("2018-09-18", "explosion", "lake");
  i.lat_e7 = 352'000'000, i.lng_e7 = 363'000'000, i.radius_m = 2'000;
  i.forbidden_by = "lake";
  i.count_low = 2, i.count_best = 3, i.count_high = 5;
  const Brief b = must(p, request_for("2018-09-18", "2018-09-18"));
  EXPECT_EQ(b.digest.hex(), "d92fdda220461372805b490f5c445aead4bb74a604a44516da2a1680498b296a")
      << b.files.at("brief.json");
}

TEST(BriefTest, ViewsAreWellFormedAndComplete) {
  const BorderLayer l = layer();
  for (const Edition edition : {Edition::kParties, Edition::kPublic}) {
    BriefRequest r = sample_request();
    r.edition = edition;
    const Brief b = must(sample_picture(), r, &l);
    const std::string& html = b.files.at("index.html");
    EXPECT_EQ(xml_fault(html), "");
    EXPECT_EQ(xml_fault(b.files.at("map.svg")), "");
    for (const char* id : {"summary", "map", "counts", "casualties", "apart", "restrictions", "coverage", "incidents",
                           "changes", "verify"}) {
      EXPECT_THAT(html, HasSubstr("<section id=\"" + std::string(id) + "\"")) << id;
    }
    for (const char* head : {"Incident", "Time", "Place", "Kind and means", "Count", "Casualties", "Zones and relation",
                             "Reported by", "Single violations", "Before", "By night", "Statements"}) {
      EXPECT_THAT(html, HasSubstr(">" + std::string(head) + "</th>")) << head;
    }
    EXPECT_THAT(html, HasSubstr("no patrol recorded"));
    EXPECT_THAT(html, HasSubstr("truce verify-brief DIR"));
    EXPECT_THAT(html, HasSubstr(b.digest.hex()));
    EXPECT_THAT(html, HasSubstr("Test lines; no opinion."));
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("src=")));
    EXPECT_THAT(html, Not(HasSubstr("url(http")));
    EXPECT_THAT(html, Not(HasSubstr("EXERCISE")));
  }
}

TEST(BriefTest, ExerciseIsMarkedInEveryFileAndName) {
  const Brief b = must(sample_picture(true), sample_request());
  ASSERT_EQ(b.files.size(), 5u);
  for (const auto& [name, bytes] : b.files) {
    EXPECT_THAT(name, testing::StartsWith("EXERCISE-"));
    EXPECT_THAT(bytes, HasSubstr("EXERCISE")) << name;
  }
  EXPECT_THAT(b.files.at("EXERCISE-index.html"), HasSubstr("@top-center{content:\"EXERCISE\""));
  EXPECT_EQ(find_brief_json(b.files), "EXERCISE-brief.json");
}

TEST(BriefTest, PublicEditionLeaksNothingPlanted) {
  TestPicture p = sample_picture();
  // Everything that may not come out, in every place of the rows where it can stand.
  for (auto& r : p.incidents) {
    r.lat_e7 = 351'234'567 + r.idx * 10'000;
    r.lng_e7 = 367'654'321;
    r.from_ms = r.to_ms = r.from_ms / 3'600'000 * 3'600'000 + 1'234'567;
    r.attribution = "actor:planted-actor";
    r.place_ref = r.idx % 2 == 0 ? "post-1" : "villages/planted-village";
    r.more =
        R"({"attribution":{"actors":["planted-actor"],"state":"actor"},"coded":{"codes":{"a":"planted code"},"scheme":"x"},)"
        R"("details":{"persons":[1,2,77123],"state":"detained","zone":"planted-zone"},"text":"planted text","weapon":{"calibre_tenth_mm":77124,"class":"mortar"}})";
    r.answers = R"([["north-plain","planted-party","cannot-tell",771234,1]])";
    r.relation = "cannot-tell";
  }
  auto& patrol = p.add_incident("2018-09-10", "patrol", "north-plain");
  patrol.lat_e7 = 357'771'117, patrol.lng_e7 = 364'441'117;
  picture::ReportRow report;
  report.day = "2018-09-10";
  report.id = "un/main/5000";
  report.reporter = "planted reporter";
  report.source = "planted-source";
  p.reports.push_back(report);
  for (auto& c : p.changes) c.reason = "planted reason";
  p.actors[0].actor = "planted-actor";
  p.zones.back().names = R"({"en":"planted post"})";
  BriefRequest r = sample_request();
  const Brief shown = must(p, r);
  EXPECT_THAT(shown.files.at("brief.json"), HasSubstr("planted text"));  // the parties see it: the canary
  r.edition = Edition::kPublic;
  const Brief b = must(p, r);
  for (const auto& [name, bytes] : b.files) {
    for (const char* secret : {"planted", "post-1", "post-2", "Post One", "35771117", "35.7771117", "77123", "77124",
                               "771234", "36.7654321", "367654321", "3671234", "un/main/900", "patrol\","}) {
      EXPECT_THAT(bytes, Not(HasSubstr(secret))) << name << ' ' << secret;
    }
  }
  for (const Json& row : at(b.json, {"incidents", "rows"}).as_array()) {
    EXPECT_EQ(row.as_array()[2].as_integer() % 3'600'000, 0);
    EXPECT_EQ(row.as_array()[3].as_integer() % 3'600'000, 0);
  }
}

TEST(BriefTest, CountsStandBesideThePeriodBefore) {
  TestPicture p = empty_picture();
  p.add_zone("lake", "de-escalation-zone", "Lake", 350'000'000, 360'000'000, 355'000'000, 366'000'000);
  const auto add = [&](const char* day, const char* kind, const char* zone, int low, int best, int high) {
    auto& i = p.add_incident(day, kind, zone);
    if (*zone != 0) i.forbidden_by = zone;
    if (best > 0) i.count_low = low, i.count_best = best, i.count_high = high;
  };
  add("2018-09-10", "explosion", "lake", 2, 3, 5);
  add("2018-09-11", "explosion", "lake", 0, 0, 0);  // no count stated: one
  add("2018-09-11", "small-arms", "", 4, 4, 4);
  add("2018-09-09", "explosion", "lake", 7, 7, 7);
  add("2018-09-08", "shelling", "", 1, 1, 1);
  add("2018-09-07", "shelling", "lake", 1, 1, 1);  // before the period before
  add("2018-09-12", "shelling", "lake", 1, 1, 1);  // after
  auto& over = p.add_incident("2018-09-10", "explosion", "lake");
  over.over_quota = 1;
  p.add_incident("2018-09-10", "patrol", "lake");
  const Brief b = must(p, request_for("2018-09-10", "2018-09-11"));
  const Json& all = at(b.json, {"counts", "all"});
  EXPECT_EQ(at(all, {"incidents"}), Json(3));
  EXPECT_EQ(at(all, {"previous"}), Json(2));
  EXPECT_EQ(at(all, {"forbidden"}), Json(2));
  EXPECT_EQ(at(all, {"unstated"}), Json(1));
  EXPECT_EQ(at(all, {"violations"}).to_canonical(), "[3,4,6]");
  EXPECT_EQ(at(all, {"violations_previous"}).to_canonical(), "[7,7,7]");
  EXPECT_EQ(at(b.json, {"counts", "by_day"}).to_canonical(), R"([["2018-09-10",1,1],["2018-09-11",2,1]])");
  EXPECT_EQ(at(b.json, {"over_quota"}).as_array().size(), 1u);
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("<strong>4 (3\u20136)</strong> violations, including 4 explosions"));
}

TEST(BriefTest, EmptyDayIsNeverABareZero) {
  const Brief b = must(sample_picture(), request_for("2020-01-01", "2020-01-01"));
  const std::string& html = b.files.at("index.html");
  EXPECT_EQ(xml_fault(html), "");
  EXPECT_THAT(html, HasSubstr("No incident was reported for 1 January 2020."));
  EXPECT_THAT(html, HasSubstr("No patrol is recorded in"));
  EXPECT_EQ(at(b.json, {"unpatrolled"}).as_array().size(), 4u);
}

TEST(BriefTest, NoZonesAndNoPlacesMakeABrief) {
  const Brief b = must(empty_picture(), request_for("2020-01-01", "2020-01-31"));
  EXPECT_TRUE(at(b.json, {"map"}).is_null());
  EXPECT_EQ(xml_fault(b.files.at("map.svg")), "");
  EXPECT_THAT(b.files.at("map.svg"), HasSubstr("no place to show"));
}

TEST(SignaturePageTest, SaysWhoSignedWhatAndWithWhatReservation) {
  TestPicture p = empty_picture(true);
  p.mechanism.parties[0].name = "Aland <of the lake>";
  picture::BriefRow row;
  row.statement = "aland/main/7";
  row.party = "aland";
  row.first_day = "2018-09-03";
  row.last_day = "2018-09-16";
  row.state = "refused";
  row.brief = sha256("brief").base64url();
  row.signed_by = "aland";
  row.objected_by = "bland";
  row.silent = "un";
  row.too_late = "un";
  row.reservations = R"([["bland","5 < 6 & so on"],["un","late"]])";
  row.paragraphs = "[[{\"ar\":\"\u0646\u0635\",\"en\":\"One.\"},[[\"bland\",\"objected\"],[\"un\",\"reserved\"]]]]";
  const auto html = signature_page_html(p.mechanism, row, Words::in("en").value());
  ASSERT_TRUE(html) << html.error().to_string();
  EXPECT_EQ(xml_fault(*html), "");
  for (const char* text :
       {"EXERCISE", "3\u201316 September 2018", "<bdi>Aland &lt;of the lake&gt;</bdi>", "Proposed by", "not on duty",
        "Refused", "5 &lt; 6 &amp; so on", "objected when its silence was complete", "lang=\"ar\" dir=\"auto\"",
        "href=\"EXERCISE-index.html\"", "aland/main/7"})
    EXPECT_THAT(*html, HasSubstr(text));
  EXPECT_THAT(*html, HasSubstr(sha256("brief").hex()));
  EXPECT_THAT(*html, Not(HasSubstr("consented by silence")));
  for (const char* bad : {"[", "{}", "[1]", "[[{},1]]", R"([[{"en":1},[]]])", R"([[{},[["a"]]]])"}) {
    row.paragraphs = bad;
    EXPECT_FALSE(signature_page_html(p.mechanism, row, Words::in("en").value())) << bad;
  }
}

TEST(BriefTest, ZoneFilterKeepsWhatConcernsTheZone) {
  BriefRequest r = sample_request();
  const Brief all = must(sample_picture(), r);
  r.zone = "river-bend";
  const Brief one = must(sample_picture(), r);
  const auto& zones = at(one.json, {"counts", "by_zone"}).as_array();
  ASSERT_EQ(zones.size(), 1u);
  EXPECT_EQ(at(zones[0], {"zone"}), Json("river-bend"));
  for (const Json& z : at(all.json, {"counts", "by_zone"}).as_array()) {
    if (at(z, {"zone"}) == Json("river-bend")) {
      EXPECT_EQ(at(z, {"all"}), at(zones[0], {"all"}));
    }
  }
  for (const Json& row : at(one.json, {"incidents", "rows"}).as_array())
    EXPECT_THAT(row.as_array()[14].as_string(), HasSubstr("river-bend"));
}

TEST(BriefTest, RefusesWhatMakesNoBrief) {
  const TestPicture p = sample_picture();
  const struct {
    const char *what, *first, *last, *zone, *lang;
    ErrorCode code;
  } kCases[] = {
      {"days in the wrong order", "2018-09-02", "2018-09-01", "", "en", ErrorCode::kInvalidArgument},
      {"more than a month", "2018-08-01", "2018-09-01", "", "en", ErrorCode::kInvalidArgument},
      {"no such zone", "2018-09-01", "2018-09-01", "atlantis", "en", ErrorCode::kNotFound},
      {"a post holds nothing", "2018-09-01", "2018-09-01", "post-1", "en", ErrorCode::kInvalidArgument},
      {"no such language", "2018-09-01", "2018-09-01", "", "xx", ErrorCode::kInvalidArgument},
  };
  for (const auto& c : kCases) {
    BriefRequest r = request_for(c.first, c.last);
    r.zone = c.zone;
    r.lang = c.lang;
    const auto b = p.brief(r);
    ASSERT_FALSE(b.has_value()) << c.what;
    EXPECT_EQ(b.error().code, c.code) << c.what;
  }
  TestPicture without = sample_picture();
  without.blobs.clear();
  EXPECT_EQ(without.brief(sample_request()).error().code, ErrorCode::kMissingBlob);
}

TEST(BriefTest, HostileNamesStayText) {
  TestPicture p = sample_picture();
  const std::string hostile = "<script>alert('\"1\"')</script>&\u202Egnp.exe\u2069";
  p.mechanism.name = hostile;
  p.mechanism.parties[0].name = hostile;
  p.zones[0].names = Json::object({{"en", hostile}}).to_canonical();
  p.incidents[0].more = Json::object({{"text", hostile}}).to_canonical();
  p.incidents[0].day = "2018-09-05";
  const Brief b = must(p, sample_request());
  for (const char* name : {"index.html", "map.svg"}) {
    const std::string& bytes = b.files.at(name);
    EXPECT_EQ(xml_fault(bytes), "") << name;
    EXPECT_THAT(bytes, Not(HasSubstr("<script"))) << name;
    EXPECT_THAT(bytes, Not(HasSubstr("\u202E"))) << name;
  }
  EXPECT_THAT(
      b.files.at("index.html"),
      HasSubstr("<bdi>&lt;script&gt;alert(&#39;&quot;1&quot;&#39;)&lt;/script&gt;&amp;\uFFFDgnp.exe\uFFFD</bdi>"));
}

TEST(BriefTest, CoarsePlacesSayHowCoarse) {
  TestPicture p = empty_picture();
  auto& i = p.add_incident("2018-09-18", "explosion");
  i.lat_e7 = 352'000'000, i.lng_e7 = 363'000'000, i.radius_m = 25'000;
  EXPECT_THAT(must(p, request_for("2018-09-18", "2018-09-18")).files.at("index.html"), HasSubstr("within 25 km"));
}

TEST(BriefTest, AFloodOfIncidentsStillMakesAPageThatOpens) {
  TestPicture p = sample_picture();
  const std::vector<picture::IncidentRow> some = p.incidents;
  for (int n = 0; n < 10'000; ++n) {
    picture::IncidentRow r = some[static_cast<std::size_t>(n) % some.size()];
    r.idx = 10'000 + n;
    r.id = r.party + "/main/" + std::to_string(r.idx);
    p.incidents.push_back(r);
  }
  const Brief b = must(p, sample_request());
  EXPECT_LT(b.files.at("index.html").size(), 2u << 20);
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("Shown are 200 of "));
  EXPECT_THAT(b.files.at("map.svg"), HasSubstr("drawn as one"));
}

TEST(BriefTest, HumanitarianPartiesAreNotNamed) {
  TestPicture p = sample_picture();
  p.mechanism.parties[2].role = mechanism::Role::kHumanitarian;
  p.mechanism.parties[2].named = false;
  p.mechanism.parties[2].name = "Quiet Helpers";
  EXPECT_THAT(must(p, sample_request()).files.at("index.html"), Not(HasSubstr("Quiet Helpers")));
}

TEST(BriefTest, CompareNamesWhatDiffers) {
  const BorderLayer l = layer();
  const Brief made = must(sample_picture(), sample_request(), &l);
  EXPECT_TRUE(compare(made, made.files).differences.empty());
  auto disk = made.files;
  disk["brief.json"].replace(disk["brief.json"].find("\"activities\":1"), 14, "\"activities\":2");
  disk["index.html"] += ' ';
  disk.erase("map.svg");
  disk["notes.txt"] = "";
  const BriefDifferences d = compare(made, disk);
  EXPECT_THAT(d.differences, Contains(HasSubstr("brief.json differs at counts.activities: 2, computed 1")));
  EXPECT_THAT(d.differences, Contains(HasSubstr("index.html differs from byte")));
  EXPECT_THAT(d.differences, Contains("map.svg is missing"));
  EXPECT_THAT(d.notes, Contains(HasSubstr("notes.txt")));
  EXPECT_EQ(d.differences.size(), 3u);
}

TEST(BriefTest, BriefIsMadeAgainFromItsOwnJsonWithoutTheLayer) {
  const BorderLayer l = layer();
  const TestPicture p = sample_picture();
  const Brief first = must(p, sample_request(), &l);
  const auto asked = read_brief(first.files.at("brief.json"));
  ASSERT_TRUE(asked.has_value()) << asked.error().to_string();
  EXPECT_EQ(asked->facts.digest, p.facts.digest);
  EXPECT_EQ(asked->facts.cut, p.facts.cut);
  const Brief again = must(p, asked->request, &asked->borders);
  const BriefDifferences d = compare(again, first.files);
  EXPECT_THAT(d.differences, testing::IsEmpty());
  EXPECT_THAT(d.notes, Contains(HasSubstr("border lines")));
  // With the layer everything is compared: a moved border line is found.
  auto disk = first.files;
  const std::size_t line = disk["map.svg"].find("class=\"borders\"");
  disk["map.svg"][disk["map.svg"].find(" d=\"M", line) + 5] ^= 1;
  EXPECT_FALSE(compare(must(p, sample_request(), &l), disk).differences.empty());
  EXPECT_TRUE(compare(again, disk).differences.empty());
}

TEST(BriefTest, ForeignBriefJsonIsRefused) {
  for (const char* bad :
       {"", "{}", "[]", R"({"type":"brief","v":2})", R"({"type":"brief","v":1})", R"({"type":"brief", "v":1})"}) {
    EXPECT_FALSE(read_brief(bad).has_value()) << bad;
  }
}

TEST(WordsTest, NumbersDaysAndDistances) {
  const Words w = Words::in("en").value();
  EXPECT_EQ(w.number(1'234'567), "1,234,567");
  EXPECT_EQ(w.number(-1'000), "\u22121,000");
  EXPECT_EQ(w.number(999), "999");
  EXPECT_EQ(w.days("2018-09-03", "2018-09-16"), "3\u201316 September 2018");
  EXPECT_EQ(w.days("2018-08-30", "2018-09-02"), "30 August \u2013 2 September 2018");
  EXPECT_EQ(w.days("2018-12-31", "2019-01-01"), "31 December 2018 \u2013 1 January 2019");
  EXPECT_EQ(w.distance(950), "950 m");
  EXPECT_EQ(w.distance(2'540), "2.5 km");
  EXPECT_EQ(w.distance(25'000), "25 km");
  EXPECT_EQ(w.hours(95), "1 h 35 min");
  EXPECT_EQ(w.code("<b>"), "&lt;b&gt;");
}

}  // namespace
}  // namespace truce::brief
