// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/source.h"

#include "truce/record/envelope.h"

namespace truce::picture {

std::uint64_t MemorySource::add(const LogId& log, std::string entry) {
  auto& entries = logs_[log];
  entries.push_back(std::move(entry));
  return entries.size() - 1;
}

Hash MemorySource::add_blob(std::string bytes) {
  const Hash h = sha256(bytes);
  blobs_.emplace(h, std::move(bytes));
  return h;
}

Status MemorySource::visit(const LogId& log, std::uint64_t begin, std::uint64_t end, const Visitor& visitor) {
  const auto it = logs_.find(log);
  if (it == logs_.end() || end > it->second.size())
    return fail(ErrorCode::kNotFound, "no such statements", log.to_string());
  for (std::uint64_t i = begin; i < end; ++i) {
    const std::string& entry = it->second[i];
    TRUCE_CHECK(visitor(i, entry, record::leaf_hash(entry)));
  }
  return {};
}

Result<std::string> MemorySource::entry(const StatementId& id) {
  const auto it = logs_.find(id.log);
  if (it == logs_.end() || id.index >= it->second.size())
    return fail(ErrorCode::kNotFound, "no such statement", id.to_string());
  return it->second[id.index];
}

Result<std::string> MemorySource::blob(const Hash& hash) {
  const auto it = blobs_.find(hash);
  if (it == blobs_.end()) return fail(ErrorCode::kMissingBlob, "blob " + hash.hex() + " is not here");
  return it->second;
}

}  // namespace truce::picture
