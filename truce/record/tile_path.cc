// SPDX-License-Identifier: Apache-2.0

#include "truce/record/tile_path.h"

#include <cassert>

#include "truce/base/encoding.h"

namespace truce::record {
namespace {

// Longest path: "tile/entries/" and 16 digits in six groups, ".p/255". Longer ones are refused before anything is
// looked at.
constexpr std::size_t kPathBytesMax = 64;

void append_group(std::string& out, std::uint64_t n) {
  out += static_cast<char>('0' + n / 100);
  out += static_cast<char>('0' + n / 10 % 10);
  out += static_cast<char>('0' + n % 10);
}

// A decimal number without leading zeros, at most `max`.
std::optional<std::uint64_t> decimal(std::string_view text, std::uint64_t max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t v = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    v = v * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (v > max) return std::nullopt;
  return v;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<TilePath> parse_path(std::string_view text) {
  TilePath out;
  if (text.size() > kPathBytesMax || !take(text, "tile/")) return std::nullopt;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view level = text.substr(0, slash);
  text.remove_prefix(slash + 1);
  if (level != "entries") {
    const auto l = decimal(level, kLevelMax);
    if (!l) return std::nullopt;
    out.level = static_cast<int>(*l);
  }
  for (bool first = true;; first = false) {
    const bool more = take(text, "x");
    if (text.size() < 3) return std::nullopt;
    std::uint64_t group = 0;
    for (int i = 0; i < 3; ++i) {
      const char c = text[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return std::nullopt;
      group = group * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (first && more && group == 0) return std::nullopt;  // leading zeros
    out.index = out.index * 1000 + group;
    if (out.index > kTileIndexMax) return std::nullopt;
    text.remove_prefix(3);
    if (!more) break;
    if (!take(text, "/")) return std::nullopt;
  }
  if (text.empty()) return out;
  if (!take(text, ".p/")) return std::nullopt;
  const auto width = decimal(text, kTileWidth - 1);
  if (!width || *width == 0) return std::nullopt;
  out.width = static_cast<std::uint32_t>(*width);
  return out;
}

}  // namespace

std::string TilePath::to_string() const {
  assert(level >= kEntriesLevel && level <= kLevelMax && index <= kTileIndexMax && width >= 1 && width <= kTileWidth);
  std::string out = "tile/";
  out += level == kEntriesLevel ? std::string("entries") : std::to_string(level);
  out += '/';
  std::uint64_t divisor = 1;
  while (index / divisor >= 1000) divisor *= 1000;
  for (; divisor > 1; divisor /= 1000) {
    out += 'x';
    append_group(out, index / divisor % 1000);
    out += '/';
  }
  append_group(out, index % 1000);
  if (width < kTileWidth) out += ".p/" + std::to_string(width);
  return out;
}

Result<TilePath> TilePath::parse(std::string_view path) {
  if (const auto out = parse_path(path)) return *out;
  return fail(ErrorCode::kSyntax, "no tile path: " + quoted(path));
}

}  // namespace truce::record
