// SPDX-License-Identifier: Apache-2.0
//
// LogSource: where a mirror gets files of other parties' logs from: a peer over the network, a bundle on a stick,
// another folder. Nothing that it gives is believed: whoever asks checks. One thread.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "truce/base/file.h"
#include "truce/base/result.h"

namespace truce::record {

class LogSource {
 public:
  virtual ~LogSource() = default;
  // Called once for each name, in order; kNotFound for a file that is not there. Its own error ends the transfer.
  using Take = std::function<Status(std::size_t i, Result<std::string> bytes)>;
  // Files by their names relative to a node's folder ("logs/un/main/checkpoint"). Fails where the source itself fails
  // (kIo: the connection, the stick), after having given what came before.
  [[nodiscard]] virtual Status get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) = 0;
};

// Files under a folder that is laid out as a node's.
class FolderSource final : public LogSource {
 public:
  FolderSource(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}
  [[nodiscard]] Status get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) override {
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto bytes = files_.read(folder_ + '/' + names[i], limit_bytes);
      if (!bytes && bytes.error().code != ErrorCode::kNotFound) return fail(std::move(bytes).error());
      TRUCE_CHECK(take(i, std::move(bytes)));
    }
    return {};
  }

 private:
  FileSystem& files_;
  std::string folder_;
};

}  // namespace truce::record
