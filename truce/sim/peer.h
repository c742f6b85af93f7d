// SPDX-License-Identifier: Apache-2.0
//
// SimPeer: another node as it looks over a bad line, or when it lies: cut after so many files, losing some, serving an
// older copy of itself, changed bytes, odd heads. One exchange; one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "truce/base/memory_files.h"
#include "truce/base/seed_testing.h"
#include "truce/node/exchange.h"

namespace truce::sim {

struct Line {
  std::uint64_t cut_after = UINT64_MAX;  // files, then kIo
  std::uint64_t lose_one_in = 0;         // files that are "not there"; 0: none
  std::uint64_t change_one_in = 0;       // files with changed bytes; 0: none
  bool no_blobs = false;                 // says that it has none
  bool shuffle = false;                  // heads in another order
  std::vector<std::string> more_heads;   // beside those in the folder
  std::function<void(const std::vector<std::string>& heads)> heads_given;
};

class SimPeer final : public node::Peer {
 public:
  SimPeer(MemoryFileSystem& files, std::string folder, Line line, std::uint64_t seed)
      : folder_(files, std::move(folder)), line_(std::move(line)), draws_(seed) {}

  [[nodiscard]] Result<std::vector<std::string>> heads() override;
  [[nodiscard]] Result<std::vector<std::int64_t>> sizes(std::span<const Hash> blobs) override;
  [[nodiscard]] Status get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) override;

 private:
  [[nodiscard]] Status next();

  node::FolderPeer folder_;
  Line line_;
  SeededNumbers draws_;
  std::uint64_t given_ = 0;
};

// Changes bytes, or cuts them, as a liar would.
[[nodiscard]] std::string changed(std::string bytes, SeededNumbers& draws);

}  // namespace truce::sim
