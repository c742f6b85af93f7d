// SPDX-License-Identifier: Apache-2.0
//
// LogStream: the check of one log that comes file by file, from a server or out of a bundle, with nothing kept but its
// Tree. It checks what record::fsck checks of a folder: signature, tiles, root, form and author of every statement,
// statement 0. Faults go into the CheckedLog. One thread.
//
//   begin() with the checkpoint; tree().add() the tiles above the leaves; close(); then bundles and leaves in any
//   order.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "truce/cmd/verify/subject.h"
#include "truce/cmd/verify/tree.h"
#include "truce/record/entry_scan.h"

namespace truce::verify {

class LogStream {
 public:
  // A statement requires this blob.
  using OnBlob = std::function<void(const Hash& blob, std::uint64_t index)>;
  // `log.place` is set. Both must outlive this.
  LogStream(CheckedLog& log, Claims& claims, OnBlob on_blob)
      : log_(log), claims_(claims), on_blob_(std::move(on_blob)), tree_(record::Head{log.place.log, 0, {}}) {}

  // Each gives false where it noted a fault.
  bool begin(std::string_view checkpoint);
  bool close();
  // The entries of a bundle; the first tile_width() of them are the log's.
  bool entries(std::uint64_t index, std::uint32_t stored, std::string_view bytes);
  // A tile of level 0, as wide as the head has it.
  bool leaves(std::uint64_t index, std::string_view bytes);

  [[nodiscard]] Tree& tree() { return tree_; }
  // Leaf hashes of the last bundle whose entries() was true.
  [[nodiscard]] std::span<const Hash> last_leaves() const { return last_leaves_; }
  [[nodiscard]] std::uint32_t width(std::uint64_t index) const { return tile_width(log_.head.size, 0, index); }
  void fault(Error error) { log_.fault(std::move(error)); }

 private:
  void check_statement(std::uint64_t index, std::string_view entry, record::EntryScan& scan);

  CheckedLog& log_;
  Claims& claims_;
  OnBlob on_blob_;
  Tree tree_;
  std::vector<std::string_view> split_;
  std::vector<record::EntryScan> scans_;
  std::vector<Hash> last_leaves_;
};

}  // namespace truce::verify
