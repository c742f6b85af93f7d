// SPDX-License-Identifier: Apache-2.0

#include "truce/base/encoding.h"

#include <array>
#include <cstdint>

namespace truce {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reversed(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  for (auto& v : table) v = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}
constexpr auto kHexValue = reversed(kHex);
constexpr auto kStandardValue = reversed(kStandard);
constexpr auto kUrlValue = reversed(kUrl);

std::string encode64(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  const auto byte = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[k])); };
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t v = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += alphabet[v >> 18];
    out += alphabet[v >> 12 & 63];
    out += alphabet[v >> 6 & 63];
    out += alphabet[v & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return out;
  const std::uint32_t v = byte(i) << 16 | (left == 2 ? byte(i + 1) << 8 : 0);
  out += alphabet[v >> 18];
  out += alphabet[v >> 12 & 63];
  if (left == 2) out += alphabet[v >> 6 & 63];
  if (padded) out.append(3 - left, '=');
  return out;
}

tl::unexpected<Error> bad_byte(std::string_view what, std::size_t offset) {
  return fail(ErrorCode::kSyntax, "not " + std::string(what), "offset " + std::to_string(offset));
}

Result<std::string> decode64(std::string_view text, const std::array<std::int8_t, 256>& values, std::string_view what) {
  if (text.size() % 4 == 1) return bad_byte(what, text.size());
  std::string out(text.size() * 6 / 8, '\0');
  const auto value = [&](std::size_t i) { return std::int32_t{values[static_cast<unsigned char>(text[i])]}; };
  std::size_t i = 0, o = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const std::int32_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    if ((a | b | c | d) < 0) break;  // one of them is no digit: named below
    const std::int32_t four = a << 18 | b << 12 | c << 6 | d;
    out[o++] = static_cast<char>(four >> 16);
    out[o++] = static_cast<char>(four >> 8);
    out[o++] = static_cast<char>(four);
  }
  std::uint32_t acc = 0;
  int bits = 0;
  for (; i < text.size(); ++i) {
    const std::int32_t v = value(i);
    if (v < 0) return bad_byte(what, i);
    acc = acc << 6 | static_cast<std::uint32_t>(v);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[o++] = static_cast<char>(acc >> bits & 0xff);
    }
  }
  if ((acc & ((1U << bits) - 1)) != 0) return bad_byte(what, text.size() - 1);
  return out;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto v = static_cast<unsigned char>(c);
    out += kHex[v >> 4];
    out += kHex[v & 15];
  }
  return out;
}

Result<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return bad_byte("hexadecimal", text.size());
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = kHexValue[static_cast<unsigned char>(text[i])];
    const int low = kHexValue[static_cast<unsigned char>(text[i + 1])];
    if (high < 0 || low < 0) return bad_byte("hexadecimal", high < 0 ? i : i + 1);
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  return encode64(bytes, kStandard, true);
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return bad_byte("base64", text.size());
  std::size_t pad = 0;
  while (pad < 2 && pad < text.size() && text[text.size() - 1 - pad] == '=') ++pad;
  return decode64(text.substr(0, text.size() - pad), kStandardValue, "base64");
}

std::string to_base64url(std::string_view bytes) {
  return encode64(bytes, kUrl, false);
}

Result<std::string> from_base64url(std::string_view text) {
  return decode64(text, kUrlValue, "base64url");
}

std::string quoted(std::string_view input) {
  constexpr std::size_t kShown = 80;
  std::string out = "\"";
  for (const char c : input.substr(0, kShown)) {
    const auto v = static_cast<unsigned char>(c);
    if (v < 0x20 || v >= 0x7f) {
      out += "\\x";
      out += kHex[v >> 4];
      out += kHex[v & 15];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  out += '"';
  if (input.size() > kShown) out += "...";
  return out;
}

}  // namespace truce
