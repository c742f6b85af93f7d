// SPDX-License-Identifier: Apache-2.0
//
// T. Vincenty, Direct and inverse solutions of geodesics on the ellipsoid with application of nested equations, Survey
// Review 23 (1975).

#include "truce/geo/geodesy.h"

#include <algorithm>

#include "truce/base/math.h"

namespace truce::geo {

namespace {

// WGS84.
constexpr double kEquatorM = 6378137.0;
constexpr double kFlattening = 1 / 298.257223563;
constexpr double kPoleM = kEquatorM * (1 - kFlattening);
constexpr double kMeanM = (2 * kEquatorM + kPoleM) / 3;
constexpr double kE7 = math::kDegree * 1e-7;  // radians in an E7 unit
constexpr int kRoundsMax = 100;

struct SinCos {
  double sin;
  double cos;
};
SinCos of_angle(double radians) {
  return {math::sin(radians), math::cos(radians)};
}

// Of the reduced latitude.
SinCos reduced(double latitude) {
  const SinCos phi = of_angle(latitude);
  const double y = (1 - kFlattening) * phi.sin;
  const double r = math::sqrt(y * y + phi.cos * phi.cos);
  return {y / r, phi.cos / r};
}

double series_a(double u2) {
  return 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
}
double series_b(double u2) {
  return u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
}
double series_c(double cos2_alpha) {
  return kFlattening / 16 * cos2_alpha * (4 + kFlattening * (4 - 3 * cos2_alpha));
}
double delta_sigma(double b, double sin_sigma, double cos_sigma, double cos_2m) {
  const double c2 = cos_2m * cos_2m;
  return b * sin_sigma *
         (cos_2m +
          b / 4 * (cos_sigma * (2 * c2 - 1) - b / 6 * cos_2m * (4 * sin_sigma * sin_sigma - 3) * (4 * c2 - 3)));
}
double absolute(double x) {
  return x < 0 ? -x : x;
}

struct Inverse {
  double distance_m = 0;
  double bearing = 0;  // radians, (-pi, pi]
};

// On a sphere of the mean radius: where Vincenty's iteration does not settle, near the antipode.
Inverse on_sphere(LatLng a, LatLng b) {
  const SinCos p = of_angle(a.lat_e7 * kE7);
  const SinCos q = of_angle(b.lat_e7 * kE7);
  const SinCos l = of_angle((static_cast<double>(b.lng_e7) - a.lng_e7) * kE7);
  const double y = q.cos * l.sin;
  const double x = p.cos * q.sin - p.sin * q.cos * l.cos;
  const double s = math::sqrt(y * y + x * x);
  return {kMeanM * math::atan2(s, p.sin * q.sin + p.cos * q.cos * l.cos), math::atan2(y, x)};
}

Inverse inverse(LatLng a, LatLng b) {
  if (a.lat_e7 == b.lat_e7 && a.lng_e7 == b.lng_e7) return {};
  const SinCos u1 = reduced(a.lat_e7 * kE7);
  const SinCos u2 = reduced(b.lat_e7 * kE7);
  std::int64_t step = std::int64_t{b.lng_e7} - a.lng_e7;
  if (step > kLngE7Max) step -= 2 * std::int64_t{kLngE7Max};
  if (step < -kLngE7Max) step += 2 * std::int64_t{kLngE7Max};
  const double l = static_cast<double>(step) * kE7;
  double lambda = l;
  for (int round = 0; round < kRoundsMax; ++round) {
    const SinCos w = of_angle(lambda);
    const double y = u2.cos * w.sin;
    const double x = u1.cos * u2.sin - u1.sin * u2.cos * w.cos;
    const double sin_sigma = math::sqrt(y * y + x * x);
    const double cos_sigma = u1.sin * u2.sin + u1.cos * u2.cos * w.cos;
    if (sin_sigma == 0) return cos_sigma > 0 ? Inverse{} : on_sphere(a, b);
    const double sigma = math::atan2(sin_sigma, cos_sigma);
    const double sin_alpha = u1.cos * u2.cos * w.sin / sin_sigma;
    const double cos2_alpha = 1 - sin_alpha * sin_alpha;
    const double cos_2m = cos2_alpha < 1e-15 ? 0 : cos_sigma - 2 * u1.sin * u2.sin / cos2_alpha;
    const double c = series_c(cos2_alpha);
    const double next = l + (1 - c) * kFlattening * sin_alpha *
                                (sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m * cos_2m - 1)));
    if (absolute(next) > math::kPi) break;  // near the antipode
    if (absolute(next - lambda) < 1e-13) {
      const double squared = cos2_alpha * (kEquatorM * kEquatorM - kPoleM * kPoleM) / (kPoleM * kPoleM);
      return {kPoleM * series_a(squared) * (sigma - delta_sigma(series_b(squared), sin_sigma, cos_sigma, cos_2m)),
              math::atan2(y, x)};
    }
    lambda = next;
  }
  return on_sphere(a, b);
}

std::int32_t clamp_e7(double value, std::int32_t limit) {
  const double low = -static_cast<double>(limit);
  return static_cast<std::int32_t>(math::round_to_integer(std::clamp(value, low, static_cast<double>(limit))));
}

}  // namespace

LatLng destination(LatLng from, std::int32_t bearing_mdeg, double distance_m) {
  std::int32_t bearing = bearing_mdeg % kFullCircleMdeg;
  if (bearing < 0) bearing += kFullCircleMdeg;
  if (distance_m == 0) return from;
  const SinCos alpha1 = of_angle(bearing * (math::kDegree / 1000));
  const SinCos u1 = reduced(from.lat_e7 * kE7);
  const double sigma1 = math::atan2(u1.sin, u1.cos * alpha1.cos);
  const double sin_alpha = u1.cos * alpha1.sin;
  const double cos2_alpha = 1 - sin_alpha * sin_alpha;
  const double squared = cos2_alpha * (kEquatorM * kEquatorM - kPoleM * kPoleM) / (kPoleM * kPoleM);
  const double b = series_b(squared);
  const double first = distance_m / (kPoleM * series_a(squared));
  double sigma = first;
  SinCos s = of_angle(sigma);
  double cos_2m = 1;
  for (int round = 0; round < kRoundsMax; ++round) {
    cos_2m = math::cos(2 * sigma1 + sigma);
    s = of_angle(sigma);
    const double next = first + delta_sigma(b, s.sin, s.cos, cos_2m);
    const bool is_settled = absolute(next - sigma) < 1e-14;
    sigma = next;
    if (is_settled) break;
  }
  s = of_angle(sigma);
  cos_2m = math::cos(2 * sigma1 + sigma);
  const double cross = u1.sin * s.sin - u1.cos * s.cos * alpha1.cos;
  const double latitude = math::atan2(u1.sin * s.cos + u1.cos * s.sin * alpha1.cos,
                                      (1 - kFlattening) * math::sqrt(sin_alpha * sin_alpha + cross * cross));
  const double lambda = math::atan2(s.sin * alpha1.sin, u1.cos * s.cos - u1.sin * s.sin * alpha1.cos);
  const double c = series_c(cos2_alpha);
  const double l = lambda - (1 - c) * kFlattening * sin_alpha *
                                (sigma + c * s.sin * (cos_2m + c * s.cos * (2 * cos_2m * cos_2m - 1)));
  double lng_e7 = from.lng_e7 + l / kE7;
  if (lng_e7 > kLngE7Max) lng_e7 -= 2.0 * kLngE7Max;
  if (lng_e7 < -kLngE7Max) lng_e7 += 2.0 * kLngE7Max;
  return {clamp_e7(latitude / kE7, kLatE7Max), clamp_e7(lng_e7, kLngE7Max)};
}

double distance_m(LatLng a, LatLng b) {
  return inverse(a, b).distance_m;
}

std::int32_t initial_bearing_mdeg(LatLng a, LatLng b) {
  const auto mdeg = static_cast<std::int32_t>(math::round_to_integer(inverse(a, b).bearing / math::kDegree * 1000));
  return (mdeg + kFullCircleMdeg) % kFullCircleMdeg;
}

LocalScale local_scale(LatLng here) {
  const SinCos phi = of_angle(here.lat_e7 * kE7);
  const double e2 = kFlattening * (2 - kFlattening);
  const double w2 = 1 - e2 * phi.sin * phi.sin;
  const double prime = kEquatorM / math::sqrt(w2);
  return {prime * (1 - e2) / w2 * kE7, std::max(0.0, prime * phi.cos * kE7)};
}

Box box_around(LatLng centre, double radius_m) {
  // Two in a thousand for the earth's curve, one unit for rounding.
  const double r = radius_m * 1.002;
  const double least_m_per_e7 = 6335439.0 * kE7;  // radius of curvature of the meridian at the equator: the smallest
  const double up = r / least_m_per_e7 + 1;
  const double far = std::min(static_cast<double>(kLatE7Max), absolute(static_cast<double>(centre.lat_e7)) + up);
  const double east = local_scale({static_cast<std::int32_t>(far), 0}).east_m_per_e7;
  const double side = far < kLatE7Max && r < east * 2.0 * kLngE7Max ? r / east + 1 : 2.0 * kLngE7Max;
  return {clamp_e7(centre.lat_e7 - up, kLatE7Max), clamp_e7(centre.lng_e7 - side, kLngE7Max),
          clamp_e7(centre.lat_e7 + up, kLatE7Max), clamp_e7(centre.lng_e7 + side, kLngE7Max)};
}

}  // namespace truce::geo
