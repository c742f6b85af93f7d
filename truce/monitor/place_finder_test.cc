// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/place_finder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"
#include "truce/monitor/import_common.h"

namespace truce::monitor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NamedPlace place(std::string id, Names names, std::vector<std::string> variants = {}) {
  return {std::move(id), geo::LatLng::from_e7(359000000, 366000000), 500, std::move(names), std::move(variants)};
}

PlaceFinder finder() {
  PlaceFinder f;
  f.add("gaz", {place("p1", {{"ar", "\u0625\u062f\u0644\u0628"}, {"en", "Testlib"}}, {"Testleb", "Tast\u012bb"}),
                place("p2", {{"en", "Al-Bab"}}), place("p3", {{"en", "Al Bab"}}),
                place("p4", {{"en", "Testville North"}}), place("p5", {{"en", "Testville South"}}),
                place("p6", {{"ru", "\u0410\u043b\u0451\u043d\u043e\u0432\u043a\u0430"}})});
  f.add("other", {place("p1", {{"en", "Elsewhere"}})});
  f.finish();
  return f;
}

std::vector<std::string> refs(std::string_view name) {
  const PlaceFinder f = finder();
  std::vector<std::string> out;
  for (const PlaceCandidate& c : f.find(name)) out.push_back(c.ref());
  return out;
}

TEST(PlaceFinderTest, FoldingOfScripts) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"Al-Bab", "al bab"},
      {"  AL   BAB ", "al bab"},
      {"Ma'arrat", "maarrat"},
      {"Ma\u2019arrat an-Nu\u02bfm\u0101n", "maarrat an numan"},
      {"\u00c9t\u00e9 \u00d8re stra\u00dfe \u00c6", "ete ore strasse ae"},
      {"\u0130stanbul \u015eehir \u011e\u0131", "istanbul sehir gi"},
      {"\u1e24alab", "halab"},
      {"e\u0301", "e"},
      {"\u0410\u041b\u0401\u041d\u041e\u0412\u041a\u0410", "\u0430\u043b\u0435\u043d\u043e\u0432\u043a\u0430"},
      {"\u0625\u062f\u0644\u0628", "\u0627\u062f\u0644\u0628"},
      {"\u062d\u064e\u0644\u064e\u0628", "\u062d\u0644\u0628"},
      {"\u062d\u0640\u0640\u0644\u0628", "\u062d\u0644\u0628"},
      {"\u062d\u0645\u0627\u0629", "\u062d\u0645\u0627\u0647"},
      {"\u0645\u0648\u0633\u0649", "\u0645\u0648\u0633\u064a"},
      {"\u06a9\u0631\u062f", "\u0643\u0631\u062f"},
      {"Hill \u0663\u0666\u0665", "hill 365"},
      {"a\xFFz", "a z"},
      {"", ""},
      {"---", ""},
  };
  for (const auto& [name, folded] : cases) EXPECT_EQ(fold_name(name), folded) << name;
}

TEST(PlaceFinderTest, FoldingTwiceIsFoldingOnce) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t n = numbers.below(12); n > 0; --n)
      text +=
          numbers.chance(2) ? static_cast<char>(numbers.below(256)) : "\xD8\xA7\xD0\x90\xC3\x89'- a"[numbers.below(10)];
    const std::string once = fold_name(text);
    ASSERT_EQ(fold_name(once), once) << "seed " << seed;
  }
}

TEST(PlaceFinderTest, NamesInAnyLanguageAndSpelling) {
  for (const std::string_view name : {"testlib", "TESTLIB", "Testleb", "tastib", "\u0627\u062f\u0644\u0628", "gaz/p1"})
    EXPECT_THAT(refs(name), ElementsAre("gaz/p1")) << name;
  EXPECT_THAT(refs("\u0430\u043b\u0435\u043d\u043e\u0432\u043a\u0430"), ElementsAre("gaz/p6"));
}

TEST(PlaceFinderTest, AmbiguousNamesGiveAllCandidatesAndNoAnswer) {
  EXPECT_THAT(refs("al bab"), ElementsAre("gaz/p2", "gaz/p3"));
  EXPECT_THAT(refs("p1"), ElementsAre("gaz/p1", "other/p1"));
  const PlaceFinder f = finder();
  for (const std::string_view name : {"al bab", "p1"}) {
    const auto r = f.find_one(name);
    ASSERT_FALSE(r.has_value());
    EXPECT_EQ(r.error().code, ErrorCode::kAmbiguous);
    EXPECT_THAT(r.error().message, HasSubstr("gaz/p"));
  }
}

TEST(PlaceFinderTest, PrefixesAndOneEditAreCandidatesNotAnswers) {
  EXPECT_THAT(refs("testville"), ElementsAre("gaz/p4", "gaz/p5"));
  EXPECT_THAT(refs("testvile north"), ElementsAre("gaz/p4"));
  EXPECT_THAT(refs("tetslib"), ElementsAre("gaz/p1"));
  EXPECT_THAT(refs("elswhere"), ElementsAre("other/p1"));
  const PlaceFinder f = finder();
  for (const std::string_view name : {"testvil", "elswhere"}) {
    const auto r = f.find_one(name);
    ASSERT_FALSE(r.has_value());
    EXPECT_EQ(r.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(r.error().message, HasSubstr("near it"));
  }
  EXPECT_EQ(f.find_one("Elsewhere").value().ref(), "other/p1");
}

TEST(PlaceFinderTest, ShortAndUnknownTextsFindNothing) {
  for (const std::string_view name :
       {"", " ", "te", "xx", "al bax!x", "nowhere at all", "gaz/p9", "none/p1", "\xFF\xFF"})
    EXPECT_THAT(refs(name), IsEmpty()) << name;
  PlaceFinder empty;
  empty.finish();
  EXPECT_THAT(empty.find("x"), IsEmpty());
}

TEST(PlaceFinderTest, AtMostTwentyCandidates) {
  std::vector<NamedPlace> places;
  for (int i = 100; i < 200; ++i) places.push_back(place(fmt::format("p{}", i), {{"en", "Same"}}));
  PlaceFinder f;
  f.add("many", std::move(places));
  f.finish();
  EXPECT_EQ(f.find("same").size(), PlaceFinder::kCandidateCountMax);
  EXPECT_EQ(f.find("same")[0].ref(), "many/p100");
  EXPECT_EQ(f.place_count(), 100U);
}

// Oracle: every name compared one by one, with the plain edit distance.
TEST(PlaceFinderTest, AgreesWithTheSlowWay) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  std::vector<NamedPlace> places;
  for (int i = 0; i < 300; ++i) {
    places.push_back(place(fmt::format("p{}", 1000 + i), {{"en", numbers.text(3 + numbers.below(4), "abc")}}));
  }
  PlaceFinder f;
  f.add("l", places);
  f.finish();
  for (int round = 0; round < 2000; ++round) {
    const std::string name = numbers.text(2 + numbers.below(6), "abc");
    std::vector<std::string> expected[3];
    for (const NamedPlace& p : places) {
      const std::string& n = p.names.begin()->second;
      if (n == name) expected[0].push_back(std::string("l/").append(p.id));
      if (n != name && n.starts_with(name) && name.size() >= 3) expected[1].push_back(std::string("l/").append(p.id));
      if (name.size() >= 5 && edit_distance(n, name, 1) == 1) expected[2].push_back(std::string("l/").append(p.id));
    }
    std::vector<std::string> want = !expected[0].empty()   ? expected[0]
                                    : !expected[1].empty() ? expected[1]
                                                           : expected[2];
    if (want.size() > PlaceFinder::kCandidateCountMax) want.resize(PlaceFinder::kCandidateCountMax);
    std::vector<std::string> got;
    for (const PlaceCandidate& c : f.find(name)) got.push_back(c.ref());
    ASSERT_EQ(got, want) << name << " seed " << seed;
  }
}

}  // namespace
}  // namespace truce::monitor
