// SPDX-License-Identifier: Apache-2.0
//
// Canonical JSON: what parses must be written back as the same bytes, pass its own check, and fail with one byte less.

#include <cstdint>
#include <cstdlib>

#include "truce/base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSizeMax = 1 << 16;
  if (size > kSizeMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto value = truce::Json::parse_canonical(bytes);
  if (!value) {
    if (!value.error().where.starts_with("offset ")) std::abort();
    return 0;
  }
  if (value->to_canonical() != bytes) std::abort();
  const auto checked = value->checked_canonical();
  if (!checked || *checked != bytes) std::abort();
  if (truce::Json::parse_canonical(bytes.substr(0, size - 1)) && !value->is_integer()) std::abort();
  return 0;
}
