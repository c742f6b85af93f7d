// SPDX-License-Identifier: Apache-2.0
//
// Journal: where entries of a log become durable before they are in tiles (docs/format/journal.md). A file header that
// names the first index, then batches, each with a SHA-256 over its header and payload.
//
// It is NOT read by outsiders and never answers a question about the log: tiles and the signed head do. This header is
// for Log alone; one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"

namespace truce::record {

// Largest journal that is read back: one import of ten million statements of 400 bytes.
inline constexpr std::uint64_t kJournalBytesMax = 16ULL << 30;
inline constexpr std::size_t kJournalHeaderBytes = 56;
inline constexpr std::size_t kBatchHeaderBytes = 56;
inline constexpr std::string_view kJournalMagic = "truce-journal-1\n";
inline constexpr std::string_view kBatchMagic = "JBAT";

// Entries that were made durable together. `record` holds the batch's bytes as in the file: header, then entries in
// bundle form.
struct Batch {
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  std::string record;

  [[nodiscard]] std::uint64_t end() const { return first + count; }
  [[nodiscard]] std::string_view payload() const { return std::string_view(record).substr(kBatchHeaderBytes); }
  // Writes the header in front of the payload. REQUIRES: record is kBatchHeaderBytes of anything, then the payload of
  // `count` entries.
  void seal();
};

class Journal {
 public:
  struct Opened {
    std::unique_ptr<Journal> journal;
    std::vector<Batch> batches;    // all that are there, in order
    std::uint64_t torn_bytes = 0;  // cut off the tail
  };
  // Opens, checks every batch and cuts a torn tail. Fails with kNotFound if there is no journal, kBadJournal for any
  // other damage or a journal of another log. `origin` is the log's.
  [[nodiscard]] static Result<Opened> open(FileSystem& files, std::string path, std::string_view origin);
  // Writes a new journal in place of whatever is there, atomically and durable, that begins at `first` and holds
  // `batches`.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> create(FileSystem& files, std::string path,
                                                               std::string_view origin, std::uint64_t first,
                                                               const std::vector<const Batch*>& batches);

  [[nodiscard]] std::uint64_t first() const { return first_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }

  // Appends one sealed batch; durable on success. On failure nothing of it counts; broken() then says whether the
  // journal may still be used. REQUIRES: batch.first == end() and !broken().
  [[nodiscard]] Status append(const Batch& batch);
  // After a write whose outcome is not known: close and open again.
  [[nodiscard]] bool broken() const { return broken_; }
  void set_broken() { broken_ = true; }
  [[nodiscard]] Status sync() { return file_->sync(); }

 private:
  Journal() = default;

  std::unique_ptr<File> file_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t size_bytes_ = 0;
  bool broken_ = false;
};

// What the bytes of a journal hold: for open() and for tests. Fails as open() does.
struct JournalScan {
  std::uint64_t first = 0;
  std::uint64_t good_bytes = 0;  // up to the end of the last whole batch
  std::vector<Batch> batches;
};
[[nodiscard]] Result<JournalScan> scan_journal(std::string_view bytes, std::string_view origin);
[[nodiscard]] std::string journal_header(std::uint64_t first, std::string_view origin);

}  // namespace truce::record
