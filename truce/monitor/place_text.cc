// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/place_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/trimmed.h"
#include "truce/monitor/import_common.h"
#include "truce/monitor/report.h"

namespace truce::monitor {
namespace {

constexpr std::size_t kTextMax = 300;
constexpr std::int64_t kCircleMdeg = 360'000;

// Compass points in steps of 22.5 degrees.
constexpr std::array<std::string_view, 16> kPoints = {"n", "nne", "ne", "ene", "e", "ese", "se", "sse",
                                                      "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw"};
constexpr std::pair<std::string_view, std::string_view> kPointWords[] = {
    {"north", "n"},       {"northeast", "ne"},  {"north-east", "ne"}, {"east", "e"},
    {"southeast", "se"},  {"south-east", "se"}, {"south", "s"},       {"southwest", "sw"},
    {"south-west", "sw"}, {"west", "w"},        {"northwest", "nw"},  {"north-west", "nw"}};

tl::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::kInvalidPlace, std::move(message));
}

// A word or sign of coordinates.
struct Token {
  enum class Type : std::uint8_t { kNumber, kDegree, kMinute, kSecond, kSide, kComma, kOther };
  Type type = Type::kOther;
  std::string_view text;  // of a number, with its sign
  char side = 0;          // N S E W
};

// The signs that people type for degrees, minutes and seconds.
struct Sign {
  std::string_view text;
  Token::Type type;
};
constexpr Sign kSigns[] = {{"\xC2\xB0", Token::Type::kDegree},
                           {"\xC2\xBA", Token::Type::kDegree},  // degree, ordinal
                           {"''", Token::Type::kSecond},
                           {"\"", Token::Type::kSecond},
                           {"\xE2\x80\xB3", Token::Type::kSecond},
                           {"\xE2\x80\x9D", Token::Type::kSecond},
                           {"'", Token::Type::kMinute},
                           {"\xE2\x80\xB2", Token::Type::kMinute},
                           {"\xE2\x80\x99", Token::Type::kMinute},
                           {",", Token::Type::kComma},
                           {";", Token::Type::kComma},
                           {"/", Token::Type::kComma}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::vector<Token> tokens_of(std::string_view in) {
  std::vector<Token> out;
  while (true) {
    while (!in.empty() && (in.front() == ' ' || in.front() == '\t')) in.remove_prefix(1);
    if (in.empty()) return out;
    Token t;
    std::size_t used = 0;
    const auto* sign = std::ranges::find_if(kSigns, [&](const Sign& s) { return in.starts_with(s.text); });
    if (sign != std::end(kSigns)) {
      t.type = sign->type;
      used = sign->text.size();
    } else if (is_digit(in[0]) || ((in[0] == '-' || in[0] == '+') && in.size() > 1 && is_digit(in[1]))) {
      used = 1;
      bool point = false;
      while (used < in.size() && (is_digit(in[used]) || (in[used] == '.' && !point))) {
        point = point || in[used] == '.';
        ++used;
      }
      t.type = Token::Type::kNumber;
      t.text = in.substr(0, used);
    } else {
      while (used < in.size() && ((in[used] | 0x20) >= 'a' && (in[used] | 0x20) <= 'z')) ++used;
      const std::string word = lower_ascii(in.substr(0, used));
      if (word == "n" || word == "s" || word == "e" || word == "w" || word == "north" || word == "south" ||
          word == "east" || word == "west") {
        t.type = Token::Type::kSide;
        t.side = static_cast<char>(word[0] - 'a' + 'A');
      } else if (word == "d" || word == "deg" || word == "degrees") {
        t.type = Token::Type::kDegree;
      } else if (word == "m" || word == "min") {
        t.type = Token::Type::kMinute;
      } else if (word == "sec") {
        t.type = Token::Type::kSecond;
      }
      used = std::max<std::size_t>(used, 1);
    }
    out.push_back(t);
    in.remove_prefix(used);
  }
}

struct Angle {
  std::int64_t e7 = 0;
  char side = 0;
  std::int64_t unit_e7 = 1;  // what one unit of the last digit is
  bool is_signed = false;
};

std::size_t decimals_of(std::string_view number) {
  const std::size_t point = number.find('.');
  return point == std::string_view::npos ? 0 : number.size() - point - 1;
}

std::int64_t unit_of(std::string_view number, std::int64_t one_e7) {
  for (std::size_t i = decimals_of(number); i > 0 && one_e7 > 1; --i) one_e7 /= 10;
  return std::max<std::int64_t>(one_e7, 1);
}

// Degrees, then minutes and seconds as far as they are marked or follow bare ("35 55 48 N"). Takes tokens off the
// front.
Result<std::optional<Angle>> take_angle(std::span<const Token>& in) {
  using Type = Token::Type;
  std::span<const Token> rest = in;
  Angle a;
  if (!rest.empty() && rest[0].type == Type::kSide) a.side = rest[0].side, rest = rest.subspan(1);
  if (rest.empty() || rest[0].type != Type::kNumber) return std::optional<Angle>();
  // Parts are in tenths of a microsecond of arc where they have decimals: 1e-7 degree = 3600e-7 second.
  std::int64_t parts_e7[3] = {0, 0, 0};  // each in 1e-7 of its own unit
  std::string_view last;
  constexpr std::int64_t kOneE7[3] = {10'000'000, 166'667, 2'778};  // degree, minute, second in 1e-7 degree
  std::size_t count = 0;
  bool marked = false;
  for (std::size_t part = 0; part < 3 && !rest.empty() && rest[0].type == Type::kNumber; ++part) {
    if (part > 0 && (rest[0].text[0] == '-' || rest[0].text[0] == '+')) break;
    if (part > 0 && decimals_of(last) > 0) break;  // only the last part may have a fraction
    // A bare second number is a part only if something says so: marks before, or a third bare number or side after it.
    const Type mark = part == 0 ? Type::kDegree : part == 1 ? Type::kMinute : Type::kSecond;
    if (part > 0 && !marked) {
      const bool next_is_mark = rest.size() > 1 && rest[1].type == mark;
      const bool then_side =
          std::ranges::find_if(rest, [](const Token& t) { return t.type != Type::kNumber; }) != rest.end() &&
          std::ranges::find_if(rest, [](const Token& t) { return t.type != Type::kNumber; })->type == Type::kSide;
      if (!next_is_mark && !then_side && a.side == 0) break;
    }
    last = rest[0].text;
    if (part == 0) a.is_signed = last[0] == '-' || last[0] == '+';
    const auto n = parse_decimal(last, 7);
    if (!n) return bad(n.error().message);
    parts_e7[part] = *n;
    ++count;
    rest = rest.subspan(1);
    if (!rest.empty() && rest[0].type == mark) {
      marked = true;
      rest = rest.subspan(1);
    } else if (marked && part > 0) {
      break;  // "35\u00B055 ..." : minutes without their mark end the angle
    }
  }
  if (a.side == 0 && !rest.empty() && rest[0].type == Type::kSide) a.side = rest[0].side, rest = rest.subspan(1);
  const bool negative = parts_e7[0] < 0 || last.starts_with('-');
  const std::int64_t degrees = negative ? -parts_e7[0] : parts_e7[0];
  if (degrees > 400 * std::int64_t{10'000'000}) return bad("an angle of more than 400 degrees");
  for (std::size_t part = 1; part < count; ++part) {
    if (parts_e7[part] >= 60 * std::int64_t{10'000'000})
      return bad(part == 1 ? "60 minutes or more" : "60 seconds or more");
  }
  // To the nearest 1e-7 degree, halves up.
  const std::int64_t e7 = degrees + (parts_e7[1] * 60 + parts_e7[2] + 1'800) / 3'600;
  if (negative && a.side != 0) return bad("both a minus sign and a side of the world");
  a.e7 = negative || a.side == 'S' || a.side == 'W' ? -e7 : e7;
  a.unit_e7 = unit_of(last, kOneE7[count - 1]);
  in = rest;
  return std::optional<Angle>(a);
}

Result<std::optional<PlaceText>> coordinates(std::string_view text) {
  const std::vector<Token> all = tokens_of(text);
  std::span<const Token> rest = all;
  TRUCE_TRY(const std::optional<Angle> first, take_angle(rest));
  if (!first) return std::optional<PlaceText>();
  if (!rest.empty() && rest[0].type == Token::Type::kComma) rest = rest.subspan(1);
  TRUCE_TRY(const std::optional<Angle> second, take_angle(rest));
  if (!second || !rest.empty()) return std::optional<PlaceText>();
  const auto is_lat = [](char side) { return side == 'N' || side == 'S'; };
  const auto is_lng = [](char side) { return side == 'E' || side == 'W'; };
  if ((is_lat(first->side) && is_lat(second->side)) || (is_lng(first->side) && is_lng(second->side)))
    return bad("two latitudes or two longitudes");
  if ((first->side == 0) != (second->side == 0)) return bad("only one of the two numbers says N, S, E or W");
  const bool exchanged = is_lng(first->side);
  const Angle& lat = exchanged ? *second : *first;
  const Angle& lng = exchanged ? *first : *second;
  TRUCE_TRY(const geo::LatLng at, geo::LatLng::checked(lat.e7, lng.e7));
  // 1e-7 degree is about 11 mm.
  const std::int64_t half_m = std::max(lat.unit_e7, lng.unit_e7) / 2 / 90;
  return std::optional<PlaceText>(CoordinatesText{at, std::clamp<std::int64_t>(half_m, 1, 60'000)});
}

// The first word and the rest.
std::pair<std::string_view, std::string_view> split_word(std::string_view in) {
  in = trimmed(in);
  const std::size_t end = std::min(in.find_first_of(" \t,"), in.size());
  std::string_view rest = in.substr(end);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t' || rest.front() == ',')) rest.remove_prefix(1);
  return {in.substr(0, end), rest};
}

// A number at the front that may stick to its unit ("2.5km"), and what follows.
std::optional<std::pair<std::string_view, std::string_view>> split_number(std::string_view in) {
  in = trimmed(in);
  std::size_t end = 0;
  while (end < in.size() && (is_digit(in[end]) || in[end] == '.')) ++end;
  if (end == 0) return std::nullopt;
  std::string_view rest = in.substr(end);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  return std::pair{in.substr(0, end), rest};
}

// "2.5 km", "800m", "3 kilometres": metres, and what follows; nullopt if the text does not begin so.
Result<std::optional<std::pair<std::int64_t, std::string_view>>> take_distance(std::string_view in) {
  using Found = std::optional<std::pair<std::int64_t, std::string_view>>;
  const auto number = split_number(in);
  if (!number) return Found();
  const auto [unit_text, rest] = split_word(number->second);
  const std::string unit = lower_ascii(unit_text);
  const bool km =
      unit == "km" || unit == "kilometre" || unit == "kilometres" || unit == "kilometer" || unit == "kilometers";
  const bool m = unit == "m" || unit == "metre" || unit == "metres" || unit == "meter" || unit == "meters";
  if (!km && !m) return Found();
  const auto n = parse_decimal(number->first, 3);
  if (!n) return bad(n.error().message);
  if (*n > kDistanceMetresMax * 1'000 / (km ? 1'000 : 1))
    return bad("a distance of more than 100 km: " + quoted(in.substr(0, 40)));
  const std::int64_t thousandths = km ? *n * 1'000 : *n;
  return Found(std::pair{(thousandths + 500) / 1'000, rest});
}

// "230.5\u00B0", "230 degrees": thousandths of a degree; a bare number only where the words before it `said` what it
// is.
Result<std::optional<std::pair<std::int64_t, std::string_view>>> take_degrees(std::string_view in, bool said) {
  using Found = std::optional<std::pair<std::int64_t, std::string_view>>;
  const auto number = split_number(in);
  if (!number) return Found();
  std::string_view rest = number->second;
  const bool has_sign = rest.starts_with("\xC2\xB0");
  if (has_sign) rest.remove_prefix(2);
  const auto [word, after] = split_word(rest);
  const std::string unit = lower_ascii(word);
  const bool has_unit = unit == "deg" || unit == "degrees";
  if (has_unit) rest = after;
  if (!said && !has_sign && !has_unit) return Found();
  const auto n = parse_decimal(number->first, 3);
  if (!n) return bad(n.error().message);
  if (*n > kCircleMdeg) return bad("a bearing of more than 360 degrees: " + quoted(number->first));
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == ',' || rest.front() == '\t')) rest.remove_prefix(1);
  return Found(std::pair{*n % kCircleMdeg, rest});
}

// "2.5 km NW of X", "3 km at 230 of X".
Result<std::optional<PlaceText>> offset(std::string_view text) {
  TRUCE_TRY(const auto distance, take_distance(text));
  if (!distance) return std::optional<PlaceText>();
  OffsetText o;
  o.distance_m = distance->first;
  auto [word, rest] = split_word(distance->second);
  std::string point = lower_ascii(word);
  for (const auto& [long_name, short_name] : kPointWords) {
    if (point == long_name) point = short_name;
  }
  const auto it = std::ranges::find(kPoints, point);
  if (it != kPoints.end()) {
    const auto n = static_cast<std::int64_t>(it - kPoints.begin());
    o.bearing_mdeg = n * 22'500;
    o.bearing_error_mdeg = n % 4 == 0 ? 26'000 : n % 2 == 0 ? 13'000 : 6'500;
  } else {
    const bool said = point == "at" || point == "bearing";
    TRUCE_TRY(const auto degrees, take_degrees(said ? rest : distance->second, said));
    if (!degrees) return std::optional<PlaceText>();
    o.bearing_mdeg = degrees->first;
    rest = degrees->second;
  }
  const auto [of, name] = split_word(rest);
  const std::string joint = lower_ascii(of);
  if ((joint != "of" && joint != "from") || name.empty()) return std::optional<PlaceText>();
  o.from = std::string(trimmed(name));
  return std::optional<PlaceText>(std::move(o));
}

// "bearing 230 3 km from op-15", "230 degrees 3 km from op-15".
Result<std::optional<PlaceText>> bearing(std::string_view text) {
  const auto [word, after] = split_word(text);
  const std::string first = lower_ascii(word);
  const bool said = first == "bearing" || first == "azimuth";
  TRUCE_TRY(const auto degrees, take_degrees(said ? after : text, said));
  if (!degrees) return std::optional<PlaceText>();
  TRUCE_TRY(const auto distance, take_distance(degrees->second));
  if (!distance) return std::optional<PlaceText>();
  const auto [from, post] = split_word(distance->second);
  if (lower_ascii(from) != "from" || post.empty()) return std::optional<PlaceText>();
  return std::optional<PlaceText>(BearingText{degrees->first, distance->first, std::string(trimmed(post))});
}

// Zone 1..60, a band, two letters of the square, and an even number of digits up to ten.
std::optional<PlaceText> grid_reference(std::string_view text) {
  std::string grid;
  for (const char c : text) {
    if (c == ' ' || c == '\t') continue;
    grid += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  std::size_t i = 0;
  while (i < grid.size() && i < 2 && is_digit(grid[i])) ++i;
  if (i == 0 || grid.size() < i + 3) return std::nullopt;
  const int zone = i == 1 ? grid[0] - '0' : (grid[0] - '0') * 10 + grid[1] - '0';
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z' && c != 'I' && c != 'O'; };
  const char band = grid[i];
  if (zone < 1 || zone > 60 || !is_letter(band) || band < 'C' || band > 'X' || !is_letter(grid[i + 1]) ||
      !is_letter(grid[i + 2]))
    return std::nullopt;
  const std::string_view number = std::string_view(grid).substr(i + 3);
  if (number.size() % 2 != 0 || number.size() > 10 || !std::ranges::all_of(number, is_digit)) return std::nullopt;
  return MgrsText{std::move(grid)};
}

}  // namespace

Result<PlaceText> parse_place_text(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return fail(ErrorCode::kSyntax, "no place is given");
  if (text.size() > kTextMax) return fail(ErrorCode::kLimit, "a place of more than 300 bytes");
  if (auto grid = grid_reference(text)) return std::move(*grid);
  for (const auto parse : {bearing, offset, coordinates}) {
    TRUCE_TRY(std::optional<PlaceText> found, parse(text));
    if (found) return std::move(*found);
  }
  return NameText{std::string(text)};
}

}  // namespace truce::monitor
