// SPDX-License-Identifier: Apache-2.0
//
// Stage: tile files of one publication, of a log's writer or of its mirror. Whole or absent under their own names
// whatever happens: contents are made durable in pending/ before any rename, and the renames before commit() returns.
// add() may be called by any thread, the rest by one.

#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/record/tile_path.h"

namespace truce::record {

class Stage {
 public:
  // `folder` is the log's. `known_folders` holds folders known to exist and grows; it outlives the stage.
  Stage(FileSystem& files, const std::string& folder, std::set<std::string>& known_folders)
      : files_(files), folder_(folder), temporary_(folder + "/pending"), known_folders_(known_folders) {}

  [[nodiscard]] Status add(const TilePath& tile, std::string_view bytes);
  // Makes all files durable under their names, and forgets them: the stage can be used again.
  [[nodiscard]] Status commit();
  [[nodiscard]] std::size_t size() const { return staged_.size(); }

  // Leftovers of a publication that was cut short; none of them was ever named. Makes the folder if it is not there.
  [[nodiscard]] static Status clear(FileSystem& files, const std::string& folder);

 private:
  // A tile file on its way: written under a temporary name, made durable, then given its own.
  struct Staged {
    std::string temporary;
    std::string path;
  };

  FileSystem& files_;
  const std::string folder_;
  const std::string temporary_;
  std::set<std::string>& known_folders_;
  std::atomic<std::uint64_t> next_ = 0;
  std::mutex mutex_;
  std::vector<Staged> staged_;
};

}  // namespace truce::record
