// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/map.h"
#include "truce/brief/map_projection.h"

namespace truce::brief {
namespace {

struct Style {
  std::string_view kind, shape, colour;
};
constexpr Style kStyles[] = {
    {"small-arms", "circle", "#9b2226"},
    {"explosion", "star", "#9b2226"},
    {"shelling", "up", "#9b2226"},
    {"airstrike", "down", "#9b2226"},
    {"drone-strike", "down-open", "#9b2226"},
    {"projectile-in-flight", "diamond", "#9b2226"},
    {"mine", "square", "#9b2226"},
    {"weapon-use", "circle-open", "#9b2226"},
    {"weapon-in-violation", "square-open", "#7a4e00"},
    {"position-in-violation", "diamond-open", "#7a4e00"},
    {"force-movement", "right", "#55407f"},
    {"overflight", "right-open", "#55407f"},
    {"restriction-of-movement", "bar", "#1d4467"},
    {"casualties", "plus", "#1b2733"},
    {"damage", "cross", "#1b2733"},
    {"detention", "square-open", "#1b2733"},
    {"humanitarian-access", "plus", "#1d4467"},
};

const Style& style_of(std::string_view kind) {
  static constexpr Style kAny = {"", "circle-open", "#44525f"};
  for (const Style& s : kStyles) {
    if (s.kind == kind) return s;
  }
  return kAny;
}

std::string polygon(std::int64_t x, std::int64_t y, std::initializer_list<std::pair<int, int>> points) {
  std::string d;
  for (const auto& [dx, dy] : points) d += (d.empty() ? "M" : "L") + px(x + dx) + ' ' + px(y + dy);
  return d + 'Z';
}

}  // namespace

std::string kind_symbol(std::string_view kind, std::int64_t x, std::int64_t y) {
  const Style& s = style_of(kind);
  const bool open = s.shape.ends_with("-open");
  const std::string paint = open ? "fill=\"#fff\" stroke=\"" + std::string(s.colour) + "\" stroke-width=\"1.6\""
                                 : "fill=\"" + std::string(s.colour) + "\" stroke=\"#fff\" stroke-width=\"0.8\"";
  const std::string_view shape = open ? s.shape.substr(0, s.shape.size() - 5) : s.shape;
  if (shape == "circle") return "<circle cx=\"" + px(x) + "\" cy=\"" + px(y) + "\" r=\"4\" " + paint + "/>";
  std::string d;
  if (shape == "up") d = polygon(x, y, {{0, -52}, {48, 38}, {-48, 38}});
  if (shape == "down") d = polygon(x, y, {{0, 52}, {48, -38}, {-48, -38}});
  if (shape == "right") d = polygon(x, y, {{52, 0}, {-38, 48}, {-38, -48}});
  if (shape == "diamond") d = polygon(x, y, {{0, -54}, {54, 0}, {0, 54}, {-54, 0}});
  if (shape == "square") d = polygon(x, y, {{-40, -40}, {40, -40}, {40, 40}, {-40, 40}});
  if (shape == "bar") d = polygon(x, y, {{-60, -22}, {60, -22}, {60, 22}, {-60, 22}});
  if (shape == "plus") {
    d = polygon(x, y,
                {{-16, -52},
                 {16, -52},
                 {16, -16},
                 {52, -16},
                 {52, 16},
                 {16, 16},
                 {16, 52},
                 {-16, 52},
                 {-16, 16},
                 {-52, 16},
                 {-52, -16},
                 {-16, -16}});
  }
  if (shape == "cross") {
    d = polygon(x, y,
                {{-48, -26},
                 {-26, -48},
                 {0, -22},
                 {26, -48},
                 {48, -26},
                 {22, 0},
                 {48, 26},
                 {26, 48},
                 {0, 22},
                 {-26, 48},
                 {-48, 26},
                 {-22, 0}});
  }
  if (shape == "star") {
    d = polygon(x, y,
                {{0, -60},
                 {15, -22},
                 {52, -30},
                 {26, 0},
                 {52, 30},
                 {15, 22},
                 {0, 60},
                 {-15, 22},
                 {-52, 30},
                 {-26, 0},
                 {-52, -30},
                 {-15, -22}});
  }
  return "<path d=\"" + d + "\" " + paint + "/>";
}

}  // namespace truce::brief
