// SPDX-License-Identifier: Apache-2.0

#include "truce/base/math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

// Constants are written in hexadecimal, split so that the first parts have few bits and their products with small
// integers are exact (Cody and Waite, Software Manual for the Elementary Functions, 1980). Polynomials are Taylor's on
// ranges short enough for them.

namespace truce::math {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double absolute(double x) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & 0x7fffffffffffffffU);
}
bool is_negative(double x) {
  return (std::bit_cast<std::uint64_t>(x) >> 63) != 0;
}

// 2^n. REQUIRES: -1022 <= n <= 1023.
double power_of_two(int n) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52);
}

// Nearest integer of a small |x| < 2^31.
int nearest(double x) {
  return static_cast<int>(x + (x < 0 ? -0.5 : 0.5));
}

// An angle less its multiples of pi/2: head + tail, |head| <= pi/4, and the quadrant.
struct Reduced {
  double head;
  double tail;
  int quadrant;
};

Reduced reduce(double x) {
  constexpr double kTwoByPi = 0x1.45f306dc9c883p-1;
  constexpr double kPart1 = 0x1.921fb544p+0;        // 33 bits of pi/2
  constexpr double kPart2 = 0x1.0b4611a6p-34;       // the next 33
  constexpr double kPart3 = 0x1.3198a2e037073p-69;  // the rest
  if (!(absolute(x) <= 0x1p30)) return {kNan, 0.0, 0};
  const int n = nearest(x * kTwoByPi);
  const double k = n;
  const double a = x - k * kPart1;  // exact for |n| < 2^20
  const double b = k * kPart2;      // exact too
  const double c = a - b;
  const double v = c - a;
  const double lost = (a - (c - v)) - (b + v);  // c + lost = a - b exactly (Knuth's two-sum)
  const double rest = lost - k * kPart3;
  const double head = c + rest;
  return {head, (c - head) + rest, n & 3};
}

double sin_near_zero(double x, double tail) {
  const double z = x * x;
  const double p =
      -1.0 / 6 +
      z * (1.0 / 120 +
           z * (-1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 + z * (1.0 / 6227020800.0 +
                                                                              z * (-1.0 / 1307674368000.0 +
                                                                                   z * (1.0 / 355687428096000.0)))))));
  return x + (z * x * p + tail * (1.0 - 0.5 * z));
}

double cos_near_zero(double x, double tail) {
  const double z = x * x;
  const double p =
      1.0 / 24 +
      z * (-1.0 / 720 +
           z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * (1.0 / 479001600.0 +
                                                         z * (-1.0 / 87178291200.0 + z * (1.0 / 20922789888000.0))))));
  const double half = 0.5 * z;
  const double w = 1.0 - half;
  return w + (((1.0 - w) - half) + (z * z * p - x * tail));
}

// arc tangent of q in [0, 1]: atan(q) = atan(c) + atan((q - c) / (1 + c q)) for the nearest eighth c.
struct Sum {
  double head;
  double tail;
};
Sum atan_of_ratio(double q) {
  constexpr Sum kAtanOfEighths[] = {
      {0.0, 0.0},
      {0x1.fd5ba9aac2f6ep-4, -0x1.cd37686760c17p-59},
      {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57},
      {0x1.6f61941e4def1p-2, -0x1.c63aae6f6e918p-56},
      {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56},
      {0x1.1e00babdefeb4p-1, -0x1.928df287a668fp-58},
      {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56},
      {0x1.700a7c5784634p-1, -0x1.8c34d25aadef6p-56},
      {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55},
  };
  const int i = nearest(q * 8.0);
  const double c = i * 0.125;
  const double t = i == 0 ? q : (q - c) / (1.0 + c * q);  // |t| <= 1/16
  const double z = t * t;
  const double p =
      -1.0 / 3 + z * (1.0 / 5 + z * (-1.0 / 7 + z * (1.0 / 9 + z * (-1.0 / 11 + z * (1.0 / 13 + z * (-1.0 / 15))))));
  const double correction = t * z * p;
  if (i == 0) return {t, correction};
  const double head = kAtanOfEighths[i].head + t;
  const double lost = t - (head - kAtanOfEighths[i].head);  // exact: the first is the larger
  return {head, lost + (kAtanOfEighths[i].tail + correction)};
}

}  // namespace

double sin(double x) {
  const Reduced r = reduce(x);
  switch (r.quadrant) {
    case 0: return sin_near_zero(r.head, r.tail);
    case 1: return cos_near_zero(r.head, r.tail);
    case 2: return -sin_near_zero(r.head, r.tail);
    default: return -cos_near_zero(r.head, r.tail);
  }
}

double cos(double x) {
  const Reduced r = reduce(x);
  switch (r.quadrant) {
    case 0: return cos_near_zero(r.head, r.tail);
    case 1: return -sin_near_zero(r.head, r.tail);
    case 2: return -cos_near_zero(r.head, r.tail);
    default: return sin_near_zero(r.head, r.tail);
  }
}

double atan2(double y, double x) {
  constexpr Sum kHalfTurn = {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
  constexpr Sum kQuarterTurn = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
  if (x != x || y != y) return kNan;
  if (y == 0.0) return is_negative(x) && x != 0.0 ? kPi : 0.0;
  const double ax = absolute(x);
  const double ay = absolute(y);
  const bool steep = ay > ax;
  const double q = ax == ay ? 1.0 : (steep ? ax / ay : ay / ax);
  Sum a = atan_of_ratio(q);
  const auto less_from = [&](const Sum& whole) {
    const double head = whole.head - a.head;
    a = {head, ((whole.head - head) - a.head) + (whole.tail - a.tail)};
  };
  if (steep) less_from(kQuarterTurn);
  if (x < 0.0) less_from(kHalfTurn);
  const double result = a.head + a.tail;
  return y < 0.0 ? -result : result;
}

double exp(double x) {
  constexpr double kLn2Head = 0x1.62e42feep-1;  // 32 bits
  constexpr double kLn2Tail = 0x1.a39ef35793c76p-33;
  constexpr double kOneByLn2 = 0x1.71547652b82fep+0;
  if (x != x) return kNan;
  if (x > 709.8) return kInfinity;
  if (x < -745.2) return 0.0;
  const int n = nearest(x * kOneByLn2);
  const double head = x - n * kLn2Head;  // exact
  const double tail = n * kLn2Tail;
  const double r = head - tail;
  const double lost = (head - r) - tail;
  double p = 1.0 / 6227020800.0;  // 1/13!
  p = 1.0 / 479001600.0 + r * p;
  p = 1.0 / 39916800.0 + r * p;
  p = 1.0 / 3628800.0 + r * p;
  p = 1.0 / 362880.0 + r * p;
  p = 1.0 / 40320.0 + r * p;
  p = 1.0 / 5040.0 + r * p;
  p = 1.0 / 720.0 + r * p;
  p = 1.0 / 120.0 + r * p;
  p = 1.0 / 24.0 + r * p;
  p = 1.0 / 6.0 + r * p;
  p = 0.5 + r * p;
  const double value = 1.0 + (r + (r * r * p + lost));
  // 2^n in two factors, so that neither leaves the range before the product does.
  const int half = n / 2;
  return value * power_of_two(half) * power_of_two(n - half);
}

double log(double x) {
  constexpr double kLn2Head = 0x1.62e42feep-1;
  constexpr double kLn2Tail = 0x1.a39ef35793c76p-33;
  if (x != x || x < 0.0) return kNan;
  if (x == 0.0) return -kInfinity;
  if (x == kInfinity) return kInfinity;
  int n = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    n = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  n += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffU) | 0x3ff0000000000000U);
  if (m > 0x1.6a09e667f3bcdp+0) {  // the square root of 2
    m *= 0.5;
    ++n;
  }
  // With s = f / (2 + f): log(1 + f) = 2 artanh(s) = f - (f^2/2 - s (f^2/2 + R)), R = 2/3 s^2 + 2/5 s^4 + ...; |s| <=
  // 0.172.
  const double f = m - 1.0;  // exact
  const double s = f / (2.0 + f);
  const double z = s * s;
  double p = 2.0 / 25;
  p = 2.0 / 23 + z * p;
  p = 2.0 / 21 + z * p;
  p = 2.0 / 19 + z * p;
  p = 2.0 / 17 + z * p;
  p = 2.0 / 15 + z * p;
  p = 2.0 / 13 + z * p;
  p = 2.0 / 11 + z * p;
  p = 2.0 / 9 + z * p;
  p = 2.0 / 7 + z * p;
  p = 2.0 / 5 + z * p;
  p = 2.0 / 3 + z * p;
  const double half = 0.5 * f * f;
  return n * kLn2Head - ((half - (s * (half + z * p) + n * kLn2Tail)) - f);
}

double sqrt(double x) {
  return std::sqrt(x);
}

double normal_cdf(double x) {
  constexpr double kDensityAtZero = 0x1.9884533d43651p-2;  // 1 / sqrt(2 pi)
  if (x != x) return kNan;
  const double a = absolute(x);
  if (a > 39.0) return x < 0 ? 0.0 : 1.0;
  const double density = kDensityAtZero * exp(-0.5 * a * a);
  if (a < 3.0) {
    // 1/2 + density (x + x^3/3 + x^5/(3 5) + ...): all terms of one sign. Fewer than 60 terms below 3.
    double term = x;
    double sum = x;
    for (int k = 3; k < 200; k += 2) {
      term *= x * x / k;
      const double next = sum + term;
      if (next == sum) break;
      sum = next;
    }
    return 0.5 + density * sum;
  }
  // The tail as Laplace's continued fraction, 80 levels: density / (a + 1 / (a + 2 / (a + ...))).
  double fraction = a;
  for (int k = 80; k >= 1; --k) fraction = a + k / fraction;
  const double tail = density / fraction;
  return x < 0 ? tail : 1.0 - tail;
}

long long round_to_integer(double x) {
  const auto whole = static_cast<long long>(x);
  const double rest = x - static_cast<double>(whole);  // exact
  if (rest >= 0.5) return whole + 1;
  return rest <= -0.5 ? whole - 1 : whole;
}

}  // namespace truce::math
