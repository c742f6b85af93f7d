// SPDX-License-Identifier: Apache-2.0
//
// Oracle: the C library's functions on 80-bit long double, which carry eleven bits more than the results tested here.

#include "truce/base/math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "truce/base/seed_testing.h"
#include "truce/base/sha256.h"

namespace truce::math {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

bool reference_is_finer() {
  return std::numeric_limits<long double>::digits >= 64;
}

// How far `got` is from `want`, in units in the last place of `want` as a double.
double ulps(double got, long double want) {
  if (std::isnan(got) || std::isinf(got)) return got == static_cast<double>(want) ? 0.0 : kInf;
  int exponent = 0;
  std::frexp(want, &exponent);
  const int last = std::max(exponent - 53, -1074);
  return static_cast<double>(std::abs(std::ldexp(static_cast<long double>(got) - want, -last)));
}

class MathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!reference_is_finer()) GTEST_SKIP() << "long double is no finer than double here";
  }
  const std::uint64_t seed_ = logged_seed();
  SeededNumbers numbers_{seed_};

  double wide(double limit) { return (numbers_.unit() * 2 - 1) * limit; }
  // Of either sign, magnitudes spread evenly over binary exponents.
  double spread(int exponent_low, int exponent_high) {
    const double x = std::ldexp(1 + numbers_.unit(), static_cast<int>(numbers_.between(exponent_low, exponent_high)));
    return numbers_.chance(2) ? -x : x;
  }
  void note(const char* name, double worst) { RecordProperty(name, std::to_string(worst)); }
};

TEST_F(MathTest, SinAndCosWithinTwoUlps) {
  double worst = 0;
  const auto check = [&](double x) {
    const long double s = sinl(x), c = cosl(x);
    if (std::abs(s) > 1e-9L || std::abs(x) < 0.7) worst = std::max(worst, ulps(sin(x), s));
    if (std::abs(c) > 1e-9L) worst = std::max(worst, ulps(cos(x), c));
    ASSERT_LE(worst, 2.0) << x << " seed " << seed_;
    ASSERT_LE(std::abs(static_cast<long double>(sin(x)) - s), 1e-18L + std::abs(s) * 3e-16L) << x;
    ASSERT_LE(std::abs(static_cast<long double>(cos(x)) - c), 1e-18L + std::abs(c) * 3e-16L) << x;
  };
  for (int i = 0; i < 400'000; ++i) check(wide(1e5));
  for (int i = 0; i < 400'000; ++i) check(wide(7));
  for (int i = 0; i < 200'000; ++i) check(spread(-60, 16));
  // About every multiple of pi/2, where the reduction loses most.
  for (int n = -63662; n <= 63662; ++n) {
    const double x = static_cast<double>(n * (std::acos(-1.0L) / 2));
    check(x);
    check(std::nextafter(x, kInf));
    check(std::nextafter(x, -kInf));
  }
  note("worst_ulps", worst);
}

TEST_F(MathTest, AtanWithinTwoAndAHalfUlps) {
  double worst = 0;
  const auto check = [&](double y, double x) {
    worst = std::max(worst, ulps(atan2(y, x), atan2l(y, x)));
    ASSERT_LE(worst, 2.5) << y << ' ' << x << " seed " << seed_;
  };
  for (int i = 0; i < 1'000'000; ++i) check(wide(1), wide(1));
  for (int i = 0; i < 500'000; ++i) check(spread(-30, 30), spread(-30, 30));
  for (int i = 0; i < 100'000; ++i) check(spread(-1074, 1023), spread(-1074, 1023));
  for (int i = 0; i <= 10'000; ++i) check(i, 10'000.0);  // on and about the table's eighths
  note("worst_ulps", worst);
}

TEST_F(MathTest, ExpWithinTwoUlps) {
  double worst = 0;
  const auto check = [&](double x) {
    worst = std::max(worst, ulps(exp(x), expl(x)));
    ASSERT_LE(worst, 2.0) << x << " seed " << seed_;
  };
  for (int i = 0; i < 700'000; ++i) check(wide(700));
  for (int i = 0; i < 300'000; ++i) check(wide(2));
  for (int i = 0; i < 100'000; ++i) check(spread(-60, 8));
  for (int n = -1021; n <= 1023; ++n) check(static_cast<double>(n * logl(2.0L)));
  note("worst_ulps", worst);
}

TEST_F(MathTest, LogWithinTwoUlps) {
  double worst = 0;
  const auto check = [&](double x) {
    worst = std::max(worst, ulps(log(x), logl(x)));
    ASSERT_LE(worst, 2.0) << x << " seed " << seed_;
  };
  for (int i = 0; i < 500'000; ++i) check(std::abs(spread(-1074, 1023)));
  for (int i = 0; i < 500'000; ++i) check(0.5 + numbers_.unit() * 1.5);
  for (int i = 0; i < 100'000; ++i) check(1.0 + spread(-52, -2));
  note("worst_ulps", worst);
}

TEST_F(MathTest, NormalDistributionWithin1e12) {
  long double worst = 0, worst_tail = 0;
  const auto check = [&](double x) {
    const long double want = erfcl(-x / sqrtl(2.0L)) / 2;
    worst = std::max(worst, std::abs(static_cast<long double>(normal_cdf(x)) - want));
    ASSERT_LE(worst, 1e-12L) << x << " seed " << seed_;
    // More than is promised: far out on the left the value keeps its digits.
    if (x < -3 && x > -37)
      worst_tail = std::max(worst_tail, std::abs(static_cast<long double>(normal_cdf(x)) / want - 1));
    ASSERT_LE(worst_tail, 1e-11L) << x;
  };
  for (int i = 0; i < 200'000; ++i) check(wide(8));
  for (int i = 0; i < 50'000; ++i) check(wide(40));
  for (const double x : {0.0, 3.0, std::nextafter(3.0, 0.0), -3.0, 39.0, -39.0, 39.1, -39.1, 1e300, -1e300, 1e-300})
    check(x);
  note("worst_1e-15", static_cast<double>(worst * 1e15L));
  note("worst_tail_1e-15", static_cast<double>(worst_tail * 1e15L));
}

TEST(MathSpecialTest, Values) {
  EXPECT_EQ(sin(0.0), 0.0);
  EXPECT_EQ(cos(0.0), 1.0);
  EXPECT_EQ(sin(kPi / 2), 1.0);
  EXPECT_EQ(cos(kPi), -1.0);
  EXPECT_TRUE(std::isnan(sin(kInf)));
  EXPECT_TRUE(std::isnan(cos(std::nan(""))));
  EXPECT_EQ(atan2(0.0, 0.0), 0.0);
  EXPECT_EQ(atan2(-0.0, 0.0), 0.0);
  EXPECT_EQ(atan2(0.0, -0.0), 0.0);
  EXPECT_EQ(atan2(0.0, -1.0), kPi);
  EXPECT_EQ(atan2(-0.0, -1.0), kPi);
  EXPECT_EQ(atan2(0.0, 1.0), 0.0);
  EXPECT_EQ(atan2(1.0, 0.0), kPi / 2);
  EXPECT_EQ(atan2(-1.0, 0.0), -kPi / 2);
  EXPECT_EQ(atan2(1.0, 1.0), kPi / 4);
  EXPECT_EQ(atan2(kInf, kInf), kPi / 4);
  EXPECT_EQ(atan2(1.0, kInf), 0.0);
  EXPECT_EQ(atan2(1.0, -kInf), kPi);
  EXPECT_EQ(atan2(kInf, 1.0), kPi / 2);
  EXPECT_TRUE(std::isnan(atan2(std::nan(""), 1.0)));
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(exp(-746.0), 0.0);
  EXPECT_EQ(exp(-kInf), 0.0);
  EXPECT_EQ(exp(710.0), kInf);
  EXPECT_EQ(exp(kInf), kInf);
  EXPECT_LT(exp(709.78), kInf);
  EXPECT_GT(exp(-745.0), 0.0);
  EXPECT_TRUE(std::isnan(exp(std::nan(""))));
  EXPECT_EQ(log(1.0), 0.0);
  EXPECT_EQ(log(0.0), -kInf);
  EXPECT_EQ(log(kInf), kInf);
  EXPECT_TRUE(std::isnan(log(std::nan(""))));
  EXPECT_EQ(sqrt(2.0), 0x1.6a09e667f3bcdp+0);
  EXPECT_EQ(sqrt(0.0), 0.0);
  EXPECT_EQ(normal_cdf(0.0), 0.5);
  EXPECT_EQ(normal_cdf(-kInf), 0.0);
  EXPECT_EQ(normal_cdf(kInf), 1.0);
}

TEST(MathSpecialTest, HalvesAreRoundedAwayFromZero) {
  EXPECT_EQ(round_to_integer(0.0), 0);
  EXPECT_EQ(round_to_integer(0.5), 1);
  EXPECT_EQ(round_to_integer(-0.5), -1);
  EXPECT_EQ(round_to_integer(1.5), 2);
  EXPECT_EQ(round_to_integer(2.5), 3);
  EXPECT_EQ(round_to_integer(-2.5), -3);
  EXPECT_EQ(round_to_integer(0.49999999999999994), 0);
  EXPECT_EQ(round_to_integer(-0.49999999999999994), 0);
  EXPECT_EQ(round_to_integer(4503599627370495.5), 4503599627370496);
  EXPECT_EQ(round_to_integer(9007199254740993.0), 9007199254740992);
  EXPECT_EQ(round_to_integer(-4e18), -4000000000000000000);
}

// The bits of 10^5 results. A change of this hash changes the common picture: it needs a new rules version, never a new
// pin.
TEST(MathStabilityTest, BitsNeverChange) {
  SeededNumbers numbers(1);
  std::string bytes;
  const auto add = [&](double x) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    for (int shift = 0; shift < 64; shift += 8)
      bytes += static_cast<char>(static_cast<unsigned char>(bits >> shift & 0xff));
  };
  for (int i = 0; i < 12'500; ++i) {
    const double u = numbers.unit(), v = numbers.unit();
    add(sin((u - 0.5) * 2e5));
    add(cos((u - 0.5) * 20));
    add(atan2(u - 0.5, v - 0.5));
    add(exp((u - 0.5) * 1400));
    add(log(u * 1e6 + 1e-9));
    add(sqrt(u * 1e9));
    add(normal_cdf((v - 0.5) * 16));
    add(static_cast<double>(round_to_integer((u - 0.5) * 1e10)));
  }
  ASSERT_EQ(bytes.size(), 800'000U);
  EXPECT_EQ(sha256(bytes).hex(), "2cfb16f1059dd864b67fc5740eb7ddfbd2be1654f733aada04b6637668008eb3");
}

}  // namespace
}  // namespace truce::math
