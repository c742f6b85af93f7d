// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/zone_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::monitor {
namespace {

using geo::LatLng;

geo::MultiPolygon square(std::int32_t south, std::int32_t west, std::int32_t side) {
  return {{geo::Polygon{{{LatLng::from_e7(south, west), LatLng::from_e7(south, west + side),
                          LatLng::from_e7(south + side, west + side), LatLng::from_e7(south + side, west)}},
                        {}}}};
}

ZoneMap map_of(std::string zone, std::string party, geo::Geometry geometry,
               ZoneKind kind = ZoneKind::kDeEscalationZone) {
  ZoneMap m;
  m.party = std::move(party);
  m.zone.id = std::move(zone);
  m.zone.kind = kind;
  m.geometry = std::move(geometry);
  return m;
}

constexpr std::int32_t kLat = 359000000, kLng = 366000000, kSide = 10000000;

Place point(std::int32_t lat, std::int32_t lng, std::int64_t radius_m = 0) {
  Place p;
  p.at = LatLng::from_e7(lat, lng);
  p.radius_m = radius_m;
  return p;
}

TEST(ZoneBookTest, VariantsOfOneZoneAreAnsweredApart) {
  ZoneBook book =
      ZoneBook::build({map_of("z", "un", square(kLat, kLng, kSide)), map_of("z", "iran", square(kLat, kLng, kSide / 2)),
                       map_of("far", "un", square(kLat + 5 * kSide, kLng, kSide))})
          .value();
  ASSERT_EQ(book.maps().size(), 3U);
  EXPECT_EQ(book.maps()[1].party, "iran");
  std::vector<ZoneBook::Answer> answers;
  book.ask(book.place_of(point(kLat + kSide / 4 * 3, kLng + kSide / 4 * 3)).value(), Instant{0}, answers);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(book.maps()[answers[0].map].party, "iran");
  EXPECT_EQ(answers[0].relation.relation, geo::Relation::kOutside);
  EXPECT_FALSE(answers[0].holds_nominal);
  EXPECT_EQ(book.maps()[answers[1].map].party, "un");
  EXPECT_EQ(answers[1].relation.relation, geo::Relation::kInside);
  EXPECT_TRUE(answers[1].holds_nominal);
  EXPECT_TRUE(answers[1].in_force);
  book.ask(book.place_of(point(kLat + kSide / 4, kLng + kSide / 4)).value(), Instant{0}, answers);
  EXPECT_EQ(answers.size(), 2U);
  book.ask(book.place_of(point(0, 0)).value(), Instant{0}, answers);
  EXPECT_TRUE(answers.empty());
}

TEST(ZoneBookTest, EndOfValidityIsOpen) {
  ZoneMap m = map_of("z", "un", square(kLat, kLng, kSide));
  m.zone.valid_from = Instant{1000};
  m.zone.valid_to = Instant{2000};
  ZoneBook book = ZoneBook::build({m}).value();
  for (const auto& [t, in_force] :
       {std::pair(999, false), std::pair(1000, true), std::pair(1999, true), std::pair(2000, false)}) {
    std::vector<ZoneBook::Answer> answers;
    book.ask(book.place_of(point(kLat + 1, kLng + 1)).value(), Instant{t}, answers);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].in_force, in_force) << t;
  }
}

TEST(ZoneBookTest, PostsGiveCoordinatesToBearings) {
  ZoneBook book =
      ZoneBook::build({map_of("op-15", "un", geo::Points{{LatLng::from_e7(kLat, kLng)}}, ZoneKind::kObservationPost)})
          .value();
  Place p;
  p.form = Place::Form::kPostBearing;
  p.ref = "op-15";
  p.bearing_mdeg = 90'000;
  p.distance_m = 3000;
  const auto place = book.place_of(p).value();
  EXPECT_NEAR(place.nominal().lat_degrees(), 35.9, 0.0001);
  EXPECT_NEAR(place.nominal().lng_degrees(), 36.6332, 0.0005);
  EXPECT_GT(place.radius_m(), 300);
  p.ref = "op-99";
  ASSERT_FALSE(book.place_of(p).has_value());
  EXPECT_EQ(book.place_of(p).error().code, ErrorCode::kNotFound);
}

TEST(ZoneBookTest, ZoneAsPlaceIsTheDiscRoundIt) {
  ZoneBook book = ZoneBook::build({map_of("z", "un", square(kLat, kLng, kSide))}).value();
  Place p;
  p.form = Place::Form::kZone;
  p.ref = "z";
  const auto place = book.place_of(p).value();
  EXPECT_EQ(place.nominal(), LatLng::from_e7(kLat + kSide / 2, kLng + kSide / 2));
  EXPECT_NEAR(place.radius_m(), 71'500, 1'000);
  EXPECT_EQ(book.find("z")->party, "un");
  EXPECT_EQ(book.find("y"), nullptr);
}

TEST(ZoneBookTest, ZoneAsPlaceIsInsideIt) {
  // An L: the middle of its box is outside.
  const std::int32_t half = kSide / 2;
  geo::MultiPolygon ell;
  ell.polygons.push_back({{{LatLng::from_e7(kLat, kLng), LatLng::from_e7(kLat, kLng + kSide),
                            LatLng::from_e7(kLat + 100, kLng + kSide), LatLng::from_e7(kLat + 100, kLng + 100),
                            LatLng::from_e7(kLat + kSide, kLng + 100), LatLng::from_e7(kLat + kSide, kLng)}},
                          {}});
  ZoneBook book = ZoneBook::build({map_of("ell", "un", ell), map_of("z", "un", square(kLat, kLng, half))}).value();
  Place p;
  p.form = Place::Form::kZone;
  p.ref = "ell";
  std::vector<ZoneBook::Answer> answers;
  book.ask(book.place_of(p).value(), Instant{0}, answers, p.ref);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].relation.relation, geo::Relation::kInside);
  EXPECT_EQ(answers[0].relation.inside_ppm, 1'000'000);
  EXPECT_TRUE(answers[0].holds_nominal);
  EXPECT_EQ(answers[1].relation.relation, geo::Relation::kCannotTell);  // of another zone the disc decides
}

TEST(ZoneBookTest, LinesHoldNothing) {
  ZoneBook book =
      ZoneBook::build(
          {map_of("l", "un",
                  geo::Lines{{geo::Line{{LatLng::from_e7(kLat, kLng), LatLng::from_e7(kLat, kLng + kSide)}}}},
                  ZoneKind::kLineOfContact)})
          .value();
  std::vector<ZoneBook::Answer> answers;
  book.ask(book.place_of(point(kLat, kLng + 5)).value(), Instant{0}, answers);
  EXPECT_TRUE(answers.empty());
}

}  // namespace
}  // namespace truce::monitor
