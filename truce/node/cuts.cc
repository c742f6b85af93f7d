// SPDX-License-Identifier: Apache-2.0

#include "truce/node/cuts.h"

namespace truce::node {

Result<picture::Cut> settled_cut(const Node& node) {
  picture::Cut cut;
  cut.mechanism = node.mechanism_id();
  cut.rules_version = node.mechanism().rules_version;
  for (const auto& [log, head] : node.roster().heads()) {
    TRUCE_TRY(const std::uint64_t size, node.roster().settled(log));
    if (size == 0) continue;
    TRUCE_TRY(auto reader, node.reader(log));
    TRUCE_TRY(const Hash root, reader.root_at(size));
    cut.logs.push_back({log, size, root});
  }
  return cut;
}

Status check_cut_is_here(const Node& node, const picture::Cut& cut, std::string_view used) {
  for (const picture::CutLog& l : cut.logs) {
    TRUCE_TRY(auto reader, node.reader(l.log));
    if (l.size > reader.head().size) {
      return fail(ErrorCode::kNotComputable, std::string(used) + " used " + std::to_string(l.size) + " statements of " +
                                                 l.log.to_string() + ", this node holds " +
                                                 std::to_string(reader.head().size));
    }
    TRUCE_TRY(const Hash root, reader.root_at(l.size));
    if (root != l.root) {
      return fail(ErrorCode::kNotComputable, std::string(used) + " names another root of " + l.log.to_string() +
                                                 " at size " + std::to_string(l.size) + " than this node holds");
    }
  }
  return {};
}

Result<picture::Folded> fold_cut(const Node& node, const picture::Cut& cut, std::optional<Instant> as_of,
                                 picture::MemoryTables& tables, const Progress& progress) {
  const auto source = node.source();
  picture::FoldRequest request{&node.founding(), cut, as_of, {}};
  if (progress) request.progress = [&](std::uint64_t done, std::uint64_t all) { progress("folding", done, all); };
  return picture::fold(request, *source, tables);
}

}  // namespace truce::node
