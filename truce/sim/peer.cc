// SPDX-License-Identifier: Apache-2.0

#include "truce/sim/peer.h"

#include <utility>

namespace truce::sim {

std::string changed(std::string bytes, SeededNumbers& draws) {
  switch (draws.below(4)) {
    case 0: bytes.resize(static_cast<std::size_t>(draws.below(bytes.size() + 1))); break;
    case 1: bytes += std::string(1 + draws.below(40), 'x'); break;
    case 2: bytes.assign(static_cast<std::size_t>(draws.below(200)), static_cast<char>(draws.below(256))); break;
    default:
      if (!bytes.empty()) {
        char& c = bytes[static_cast<std::size_t>(draws.below(bytes.size()))];
        c = static_cast<char>(c ^ (1 << draws.below(8)));
      }
  }
  return bytes;
}

Status SimPeer::next() {
  if (given_++ < line_.cut_after) return {};
  return fail(ErrorCode::kIo, "the line is cut");
}

Result<std::vector<std::string>> SimPeer::heads() {
  TRUCE_CHECK(next());
  TRUCE_TRY(std::vector<std::string> out, folder_.heads());
  out.insert(out.end(), line_.more_heads.begin(), line_.more_heads.end());
  if (line_.shuffle) {
    for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[static_cast<std::size_t>(draws_.below(i))]);
  }
  if (line_.heads_given) line_.heads_given(out);
  return out;
}

Result<std::vector<std::int64_t>> SimPeer::sizes(std::span<const Hash> blobs) {
  TRUCE_CHECK(next());
  if (line_.no_blobs) return std::vector<std::int64_t>(blobs.size(), -1);
  return folder_.sizes(blobs);
}

Status SimPeer::get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    TRUCE_CHECK(next());
    Result<std::string> got = fail(ErrorCode::kNotFound, "lost on the way");
    if (line_.lose_one_in == 0 || !draws_.chance(line_.lose_one_in)) {
      const std::string one[] = {names[i]};
      TRUCE_CHECK(folder_.get(one, limit_bytes, [&](std::size_t, Result<std::string> bytes) -> Status {
        got = std::move(bytes);
        return {};
      }));
    }
    if (got && line_.change_one_in != 0 && draws_.chance(line_.change_one_in))
      got = changed(std::move(got).value(), draws_);
    TRUCE_CHECK(take(i, std::move(got)));
  }
  return {};
}

}  // namespace truce::sim
