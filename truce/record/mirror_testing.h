// SPDX-License-Identifier: Apache-2.0
//
// For tests of mirrors and whatever stands on them: sources that fail, lie or count, and branches of one log. NOT for
// programs.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "truce/record/log_source.h"
#include "truce/record/record_testing.h"

namespace truce::record {

// A folder, with a chance to change each answer.
class ChangedSource final : public LogSource {
 public:
  using Change = std::function<Result<std::string>(const std::string& name, Result<std::string> bytes)>;
  ChangedSource(FileSystem& files, std::string folder, Change change = {})
      : folder_(files, std::move(folder)), change_(std::move(change)) {}
  Status get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) override {
    ++calls;
    return folder_.get(names, limit_bytes, [&](std::size_t i, Result<std::string> bytes) -> Status {
      ++asked;
      if (change_) bytes = change_(names[i], std::move(bytes));
      if (!bytes && bytes.error().code == ErrorCode::kIo) return fail(bytes.error());
      return take(i, std::move(bytes));
    });
  }
  std::size_t calls = 0, asked = 0;

 private:
  FolderSource folder_;
  Change change_;
};

// The log un/main in `node`/logs with these entries appended and published.
inline std::unique_ptr<Log> grown_log(FileSystem& files, const std::string& node,
                                      const std::vector<std::string>& entries) {
  auto log = Log::open(files, test_place(node), test_seed(), {});
  if (!log) return nullptr;
  if (!entries.empty() && (!(*log)->append(entries) || !(*log)->publish())) return nullptr;
  return std::move(log).value();
}

inline std::vector<std::string> small_entries(std::uint64_t begin, std::uint64_t end,
                                              const std::string& what = "entry ") {
  std::vector<std::string> out;
  for (std::uint64_t i = begin; i < end; ++i) out.push_back(what + std::to_string(i));
  return out;
}

inline std::string checkpoint_in(FileSystem& files, const std::string& node) {
  return files.read(node + "/logs/un/main/checkpoint", 1 << 16).value();
}

}  // namespace truce::record
