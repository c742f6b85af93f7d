// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic that gives the same bits on every machine: only IEEE + - * / sqrt on doubles, compiled with
// -ffp-contract=off, rounding to nearest. The fold uses these and never <cmath>'s transcendental functions, whose last
// bits differ between C libraries.
//
// Error bounds are against the real value, in units in the last place (ulp) of the result, tested against MPFR-quality
// references.

#pragma once

namespace truce::math {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kDegree = kPi / 180.0;

// Angles in radians, |x| <= 1e5 (else the argument reduction loses digits: REQUIRES). Error at most 2 ulp for |result|
// > 1e-9.
[[nodiscard]] double sin(double x);
[[nodiscard]] double cos(double x);
// In (-pi, pi]; atan2(0, 0) is 0. Error at most 2.5 ulp.
[[nodiscard]] double atan2(double y, double x);
// exp: 0 below -745.2, infinity above 709.8. Error at most 2 ulp for normal results.
[[nodiscard]] double exp(double x);
// Natural logarithm; -infinity at 0. REQUIRES: x >= 0. Error at most 2 ulp.
[[nodiscard]] double log(double x);
// Square root: IEEE, correctly rounded.
[[nodiscard]] double sqrt(double x);
// Standard normal distribution function, absolute error at most 1e-12.
[[nodiscard]] double normal_cdf(double x);
// To the nearest integer, halves away from zero. REQUIRES: |x| < 2^62.
[[nodiscard]] long long round_to_integer(double x);

}  // namespace truce::math
