// SPDX-License-Identifier: Apache-2.0
//
// fsck checks a log as a stranger would who holds its folder and the public key: signature, every entry, every hash
// tile, older partial tiles, the root, the canonical form of every statement, required blobs, statement 0.
//
// It only reads. It repairs nothing, takes no lock, and never answers from the journal: what is not in tiles is not in
// the log. It does not judge what statements mean. Run it beside a writer if you like: it checks the head that was
// there when it began.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/record/entry_scan.h"
#include "truce/record/log.h"

namespace truce::record {

struct FsckOptions {
  std::string blobs_folder;           // empty: blobs are not looked at
  std::string sealed_folder;          // empty: ciphertexts are not looked at
  unsigned threads = 0;               // 0: as many as processors, at most 8
  std::size_t fault_count_max = 100;  // then it stops collecting, not checking
  // Called by one thread at a time with entries checked so far and all.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
  // Called once for each bundle of the head, by several threads at once and before the root is known, with its entries
  // and what scan_entry() said of each; an empty author: it could not tell.
  std::function<void(std::uint64_t first, std::span<const std::string_view> entries, std::span<const EntryScan> scans)>
      on_entries;
};

struct FsckFault {
  Error error;                         // where: the statement (party/log/index) or the file
  std::optional<std::uint64_t> index;  // of the statement
};

struct FsckReport {
  Head head;                  // as signed; size 0 if the checkpoint itself is bad
  bool is_whole = false;      // all that the head signs is here as signed: faults are of statements, or beside it
  std::uint64_t entries = 0;  // checked
  std::uint64_t entry_bytes = 0;
  std::uint64_t hash_tiles = 0;     // that the size asks for
  std::uint64_t older_tiles = 0;    // partial tiles of earlier sizes, and entries tiles among them
  std::uint64_t files_beyond = 0;   // tiles past the head: a publication that is under way or was cut short; no fault
  std::uint64_t files_foreign = 0;  // under tile/ and no tiles: not of this log, no fault
  std::uint64_t blobs = 0;          // distinct required blobs checked
  std::uint64_t sealed = 0;         // ciphertexts that are there and were checked
  std::uint64_t sealed_absent = 0;  // deleted or never received: no fault
  std::vector<FsckFault> faults;    // statements first, by index; then files by name

  [[nodiscard]] bool ok() const { return faults.empty(); }
};

// Fails only where nothing could be checked at all (the folder cannot be read); everything else is a fault in the
// report.
[[nodiscard]] Result<FsckReport> fsck(FileSystem& files, const LogPlace& place, const FsckOptions& options);

}  // namespace truce::record
