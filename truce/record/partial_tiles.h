// SPDX-License-Identifier: Apache-2.0
//
// PartialTiles: which tiles of a log have partial files, and their removal when the full one is 24 hours old (C2SP
// tlog-tiles keeps them for readers of older heads). For the writer and the mirror of a log; one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/result.h"

namespace truce::record {

class PartialTiles {
 public:
  PartialTiles(FileSystem& files, std::string folder) : files_(&files), folder_(std::move(folder)) {}

  // A partial file of this tile was written.
  void add(int level, std::uint64_t index) {
    if (is_known_) tiles_[level].insert(index);
  }
  // Removes partial files of tiles that are full in a log of `size` entries, if the full one is older than a day.
  // `gone` is told each folder that was removed. The first call looks through the log's folder.
  [[nodiscard]] Status drop_old(std::uint64_t size, Clock& clock, const std::function<void(const std::string&)>& gone);

 private:
  [[nodiscard]] Status find(std::uint64_t size);
  [[nodiscard]] Status find_in(int level, const std::string& folder, std::uint64_t prefix);

  FileSystem* files_;
  std::string folder_;
  bool is_known_ = false;
  std::map<int, std::set<std::uint64_t>> tiles_;  // by level: tiles that have a .p folder
};

}  // namespace truce::record
