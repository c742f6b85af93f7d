// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/fusion_links.h"

#include <algorithm>

#include "truce/base/json_fields.h"

namespace truce::monitor {

Json link_body() {
  return Json::object({{"v", 1}});
}

Status check_link_body(const Json& body) {
  JsonFields f(body, "link");
  if (f.integer("v", 0, Json::kIntegerMax) != 1) f.fault("v", "only version 1 is known to this program");
  return f.finish(ErrorCode::kInvalidLink);
}

std::vector<bool> consistent_links(std::span<const Link> links, std::uint32_t report_count) {
  std::vector<std::uint32_t> parent(report_count);
  for (std::uint32_t i = 0; i < report_count; ++i) parent[i] = i;
  const auto root = [&](std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const Link& l : links) {
    if (l.joins) parent[std::max(root(l.a), root(l.b))] = std::min(root(l.a), root(l.b));
  }
  std::vector<bool> is_contradicted(report_count, false);
  for (const Link& l : links) {
    if (!l.joins && root(l.a) == root(l.b)) is_contradicted[root(l.a)] = true;
  }
  std::vector<bool> out(links.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Link& l = links[i];
    out[i] = l.a != l.b && !(is_contradicted[root(l.a)] && root(l.a) == root(l.b));
  }
  return out;
}

}  // namespace truce::monitor
