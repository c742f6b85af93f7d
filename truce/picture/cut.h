// SPDX-License-Identifier: Apache-2.0
//
// Cut: exactly which statements a picture was made from: mechanism, rules version, and {log, size, root} of every log,
// ascending by log. A value. Two programs with the same cut and as_of have the same picture to the byte.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce::picture {

struct CutLog {
  LogId log;
  std::uint64_t size = 0;
  Hash root;
  friend bool operator==(const CutLog&, const CutLog&) = default;
};

struct Cut {
  Hash mechanism;
  std::int64_t rules_version = 0;
  std::vector<CutLog> logs;  // ascending by log, distinct

  // {"logs":[["un/main",17,"<root>"],...],"mechanism":"<hex>","rules":0,"v":1}
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Cut> from_json(const Json& json);
  [[nodiscard]] std::uint64_t statements() const;
  [[nodiscard]] const CutLog* find(const LogId& log) const;
  friend bool operator==(const Cut&, const Cut&) = default;
};

}  // namespace truce::picture
