// SPDX-License-Identifier: Apache-2.0
//
// StatementSource: where a fold reads the statements of a cut from. The fold asks for nothing beyond the sizes that the
// cut names. NodeSource reads the logs and blobs of a node's folder; MemorySource holds them, for tests.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce::picture {

class StatementSource {
 public:
  virtual ~StatementSource() = default;
  using Visitor = std::function<Status(std::uint64_t index, std::string_view entry, const Hash& leaf)>;
  // Entries begin <= index < end in order.
  [[nodiscard]] virtual Status visit(const LogId& log, std::uint64_t begin, std::uint64_t end,
                                     const Visitor& visitor) = 0;
  [[nodiscard]] virtual Result<std::string> entry(const StatementId& id) = 0;
  // A blob whose bytes have this hash; kMissingBlob.
  [[nodiscard]] virtual Result<std::string> blob(const Hash& hash) = 0;
};

class MemorySource final : public StatementSource {
 public:
  // Appends an entry and gives its index.
  std::uint64_t add(const LogId& log, std::string entry);
  Hash add_blob(std::string bytes);

  [[nodiscard]] Status visit(const LogId& log, std::uint64_t begin, std::uint64_t end, const Visitor& visitor) override;
  [[nodiscard]] Result<std::string> entry(const StatementId& id) override;
  [[nodiscard]] Result<std::string> blob(const Hash& hash) override;
  [[nodiscard]] const std::map<LogId, std::vector<std::string>>& logs() const { return logs_; }

 private:
  std::map<LogId, std::vector<std::string>> logs_;
  std::map<Hash, std::string> blobs_;
};

}  // namespace truce::picture
