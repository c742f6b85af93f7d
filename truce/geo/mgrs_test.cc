// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/mgrs.h"

#include <gtest/gtest.h>

#include "truce/geo/geo_testing.h"
#include "truce/geo/geodesy.h"

namespace truce::geo {
namespace {

TEST(MgrsTest, KnownPlaces) {
  // Worked examples of NGA's and the library's documentation.
  EXPECT_EQ(to_mgrs(LatLng::from_degrees(33.3, 44.4)), "38SMB 44140 84706");
  EXPECT_EQ(to_mgrs(LatLng::from_degrees(33.3, 44.4), 2), "38SMB 44 84");
  EXPECT_EQ(to_mgrs(LatLng::from_degrees(33.3, 44.4), 0), "38SMB");
  const MgrsSquare square = parse_mgrs("38SMB 44140 84706").value();
  EXPECT_EQ(square.side_m, 1);
  EXPECT_LT(distance_m(square.centre, LatLng::from_degrees(33.3, 44.4)), 0.72);
}

TEST(MgrsTest, SpacesAndCaseDoNotMatter) {
  const LatLng p = parse_mgrs("37SCV1234567890").value().centre;
  for (const char* text : {"37SCV 12345 67890", "37s cv 12345 67890", " 37 S CV 1234567890 ", "37scv1234567890"}) {
    EXPECT_EQ(parse_mgrs(text).value().centre, p) << text;
  }
  EXPECT_EQ(to_mgrs(p), "37SCV 12345 67890");
}

TEST(MgrsTest, CoarseSquaresHaveTheirSide) {
  EXPECT_EQ(parse_mgrs("37SBV").value().side_m, 100'000);
  EXPECT_EQ(parse_mgrs("37SBV 1 6").value().side_m, 10'000);
  EXPECT_EQ(parse_mgrs("37SBV 123 678").value().side_m, 100);
}

TEST(MgrsTest, OtherTextIsRefused) {
  for (const char* text :
       {"", " ", "37", "37S", "S", "INVALID", "INV", "37SBV 1234 567", "37SBV 123456 678901", "37SIO 12345 67890",
        "61SBV 12345 67890", "37ABV 12345 67890", "37SBV-12345-67890", "37SBV\n12345 67890", "35.9, 36.6",
        "37SBV 12345 6789O", "37SBV 12345 67890                              ", "\xD9\xA3"}) {
    EXPECT_FALSE(parse_mgrs(text)) << text;
  }
}

TEST(MgrsTest, EveryPlaceComesBackWithinItsSquareMetre) {
  TestRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    const LatLng p = random_point(random, {-kLatE7Max, -kLngE7Max, kLatE7Max, kLngE7Max});
    const auto back = parse_mgrs(to_mgrs(p));
    ASSERT_TRUE(back) << p.to_string() << " " << to_mgrs(p);
    ASSERT_LT(distance_m(p, back->centre), 0.75) << p.to_string();
  }
}

}  // namespace
}  // namespace truce::geo
