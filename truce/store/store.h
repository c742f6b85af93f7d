// SPDX-License-Identifier: Apache-2.0
//
// PictureStore keeps the tables of the common picture in one SQLite file that is a valid OGC GeoPackage 1.3
// (docs/format/geopackage.md): any GIS or SQL client reads it. It is a TableSink that the fold writes to and a
// TableReader.
//
// It is NOT a source of truth: the logs are. The file can be deleted and rebuilt at any time, holds nothing that not
// every party may read, and does not judge what it stores.
//
// One PictureStore is used by one thread at a time. Several processes may read one file; one writes. Readers see the
// last committed state and nothing else. A writer waits Options::busy_wait_ms for another, then fails with kBusy.
//
// Two ways to write, both all or nothing:
//  - Writing::kRebuild makes a new file beside the old one (PATH.new) and puts it in place on commit(): what is at PATH
//  is
//    always whole, whatever fails. Fast: about 10^5 rows a second with all columns and indexes.
//  - Writing::kIncrement changes the file in place under SQLite's rollback journal: for single days.
// Beside PATH stand PATH.lock (empty, always) and, while someone writes, PATH.new or PATH-journal.
//
// Errors: kBadDatabase for a file that is damaged, of another schema, not SQLite, deleted or overwritten while open
// ("can be rebuilt"); kBusy; kIo for what the system refuses (full disk, read-only folder) with the old content intact;
// kNotFound. A damaged page that SQLite itself does not notice is found by the digest of its table and day when those
// rows are visited.
//
//   TRUCE_TRY(auto store, PictureStore::open(path, {.blob = read_blob}));
//   TRUCE_CHECK(store->begin(PictureStore::Writing::kRebuild));
//   TRUCE_TRY(auto folded, picture::fold(request, source, *store));
//   TRUCE_CHECK(store->set_meta(kMetaCut, folded.cut.to_json().to_canonical()));
//   TRUCE_CHECK(store->commit());

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/picture/tables.h"

namespace truce::store {

// Keys of the meta table. Values are texts that their writers define; the store itself reads only kMetaAsOf (for
// gpkg_contents.last_change) and writes kMetaExercise.
inline constexpr std::string_view kMetaCut = "cut";              // canonical JSON
inline constexpr std::string_view kMetaRules = "rules_version";  // decimal
inline constexpr std::string_view kMetaFold = "fold_revision";   // decimal
inline constexpr std::string_view kMetaAsOf = "as_of_ms";        // decimal
inline constexpr std::string_view kMetaDigest = "digest";        // hex
inline constexpr std::string_view kMetaMechanism = "mechanism";  // hex
inline constexpr std::string_view kMetaExercise = "exercise";    // "1" or "0"

class PictureStore final : public picture::TableSink, public picture::TableReader {
 public:
  struct Options {
    // open(): a missing file is made, empty. Default: kNotFound for a missing file.
    bool create = false;
    // Of a file that is made (create, kRebuild): an exercise's says EXERCISE in every layer's name and description.
    bool exercise = false;
    // Of a file that is made: the mechanism's name, in the layers' descriptions. May be empty.
    std::string title;
    // Gives a blob of a zone's geometry by its hash; its errors become replace()'s. Absent: zones are stored without
    // geometry.
    std::function<Result<std::string>(const Hash&)> blob;
    // How long to wait for another process. Default: 5 s.
    std::int64_t busy_wait_ms = 5000;
    // visit() checks the rows of each day against their digest (adds about half to its time). Default: on.
    bool verify = true;
  };
  enum class Writing { kIncrement, kRebuild };

  // Opens what is at `path`. Costs a few milliseconds whatever the size.
  [[nodiscard]] static Result<std::unique_ptr<PictureStore>> open(const std::string& path, Options options);
  // Begins a rebuild without looking at what is at `path`, which may be nothing or damaged, and stays there until
  // commit().
  [[nodiscard]] static Result<std::unique_ptr<PictureStore>> start_over(const std::string& path, Options options);

  ~PictureStore() override;  // rolls back what was not committed
  PictureStore(const PictureStore&) = delete;
  PictureStore& operator=(const PictureStore&) = delete;

  // True if the file says that it holds an exercise.
  [[nodiscard]] bool exercise() const;

  // Begins to write. While writing, reads see what was written. REQUIRES: not writing.
  [[nodiscard]] Status begin(Writing writing);
  // Makes what was written durable and visible, at once. After a failure nothing of it is (as after rollback()).
  // REQUIRES: writing.
  [[nodiscard]] Status commit();
  // Forgets what was written since begin(). No effect if not writing.
  void rollback();
  [[nodiscard]] bool is_writing() const;

  // From here to end_reading() all reads see one state. A writer in another process cannot commit meanwhile (kBusy
  // after its wait), so be brief. REQUIRES: not writing, not reading.
  [[nodiscard]] Status begin_reading();
  void end_reading();

  // TableSink. REQUIRES for each: writing; after a failure only rollback() is of use.
  [[nodiscard]] Status clear() override;
  // Checked: rows are of the table's columns, of this day, and in key order; `digest` is of this table, day and row
  // count. REQUIRES: `digest.hash` is that of `rows`. No rows: the day goes, with its digest.
  [[nodiscard]] Status replace(const picture::Table& table, const std::string& day, std::span<const picture::Row> rows,
                               const picture::DayDigest& digest) override;
  // Sets or replaces. REQUIRES: writing.
  [[nodiscard]] Status set_meta(std::string_view key, std::string_view value);

  // TableReader. Rows stream: memory does not grow with their number. A visitor may read, and must not write. Where a
  // day's rows are not those of its digest visit() fails after having shown them.
  [[nodiscard]] Status visit(const picture::Table& table, const std::string& first_day, const std::string& last_day,
                             const Visitor& visitor) override;
  [[nodiscard]] Status find(const picture::Table& table, std::string_view column, const std::string& value,
                            const Visitor& visitor) override;
  [[nodiscard]] Result<std::vector<picture::DayDigest>> digests() override;
  // The value, or nothing if it was never set.
  [[nodiscard]] Result<std::optional<std::string>> get_meta(std::string_view key);

 private:
  class Impl;
  explicit PictureStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace truce::store
