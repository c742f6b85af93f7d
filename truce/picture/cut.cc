// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/cut.h"

#include "truce/base/json_fields.h"

namespace truce::picture {

Json Cut::to_json() const {
  Json list = Json::array();
  for (const CutLog& l : logs) {
    list.push_back(
        Json(Json::Array{Json(l.log.to_string()), Json(static_cast<std::int64_t>(l.size)), Json(l.root.base64url())}));
  }
  return Json::object({{"logs", std::move(list)}, {"mechanism", mechanism.hex()}, {"rules", rules_version}, {"v", 1}});
}

Result<Cut> Cut::from_json(const Json& json) {
  JsonFields f(json, "cut");
  Cut cut;
  if (f.integer("v", 0, Json::kIntegerMax) != 1) f.fault("v", "only version 1 is known to this program");
  cut.rules_version = f.integer("rules", 0, 1'000'000);
  const std::string mechanism = f.text("mechanism", 64);
  for (const Json& j : f.array_or_empty("logs", 10'000)) {
    if (!j.is_array() || j.as_array().size() != 3 || !j.as_array()[0].is_string() || !j.as_array()[1].is_integer() ||
        !j.as_array()[2].is_string() || j.as_array()[1].as_integer() < 0) {
      f.fault("logs", "is not a list of [log, size, root]");
      break;
    }
    CutLog l;
    TRUCE_TRY(l.log, LogId::parse(j.as_array()[0].as_string()));
    l.size = static_cast<std::uint64_t>(j.as_array()[1].as_integer());
    TRUCE_TRY(l.root, Hash::from_base64url(j.as_array()[2].as_string()));
    if (!cut.logs.empty() && !(cut.logs.back().log < l.log)) f.fault("logs", "repeat or do not ascend");
    cut.logs.push_back(std::move(l));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidArgument));
  TRUCE_TRY(cut.mechanism, Hash::from_hex(mechanism));
  return cut;
}

std::uint64_t Cut::statements() const {
  std::uint64_t n = 0;
  for (const CutLog& l : logs) n += l.size;
  return n;
}

const CutLog* Cut::find(const LogId& log) const {
  for (const CutLog& l : logs) {
    if (l.log == log) return &l;
  }
  return nullptr;
}

}  // namespace truce::picture
