// SPDX-License-Identifier: Apache-2.0

#include "truce/store/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "truce/base/file.h"
#include "truce/base/json.h"
#include "truce/base/time.h"
#include "truce/geo/geometry_blob.h"
#include "truce/store/geopackage.h"
#include "truce/store/sqlite.h"

namespace truce::store {
namespace {

using picture::ColumnType;
using picture::DayDigest;
using picture::GeometryColumn;
using picture::Row;
using picture::Table;

// Rows in one execution of a bulk statement: more gives no more speed.
constexpr std::size_t kBatchRows = 256;
// Page cache while writing: holds what an increment touches, so that it locks readers out only while it commits.
constexpr std::string_view kWriteCache = "PRAGMA cache_size=-65536";
constexpr std::string_view kSchemaKey = "schema";
constexpr auto kLockRetry = std::chrono::milliseconds(2);

// How long a lock was waited for: nothing that is stored depends on it.
std::chrono::steady_clock::time_point monotonic_now() {
  return std::chrono::steady_clock::now();  // style: waiting for a lock only
}

Error system_error(std::string_view what, const std::string& path) {
  return {ErrorCode::kIo, std::string(what) + ": " + std::strerror(errno), path};
}

// Which file a path names.
struct FileIdentity {
  ::dev_t device = 0;
  ::ino_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

FileIdentity identity_of(const struct stat& s) {
  return {s.st_dev, s.st_ino};
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// PATH.lock, which says that the file at PATH stays the one that it is. Everybody shares it while reading or writing;
// who puts a rebuilt file in place has it alone. Needed because SQLite finds its journal by name: a process that still
// reads a file that was replaced would take the journal of the new one for its own, roll it back into the old one and
// delete it.
//
// Locks of open file descriptions (fcntl(2)) on two bytes: the gate, through which all pass one after the other so that
// those who read all the time do not keep one waiting who wants it alone; and the use.
class PlaceLock {
 public:
  explicit PlaceLock(const std::string& picture) : path_(picture + ".lock") {}

  // A folder that cannot be written to needs no lock: nothing can be put in place there.
  Status share(std::int64_t wait_ms) {
    Status opened = open();
    if (!opened) return errno == EACCES || errno == EROFS || errno == ENOENT ? Status() : opened;
    TRUCE_CHECK(set(kGate, F_RDLCK, wait_ms));
    Status locked = set(kUse, F_RDLCK, wait_ms);
    static_cast<void>(set(kGate, F_UNLCK, 0));
    return locked;
  }
  Status exclude(std::int64_t wait_ms) {
    TRUCE_CHECK(open());
    TRUCE_CHECK(set(kGate, F_WRLCK, wait_ms));
    Status locked = set(kUse, F_WRLCK, wait_ms);
    if (!locked) release();
    return locked;
  }
  void release() {
    if (file_.get() < 0) return;
    static_cast<void>(set(kUse, F_UNLCK, 0));
    static_cast<void>(set(kGate, F_UNLCK, 0));
  }

 private:
  static constexpr ::off_t kGate = 0, kUse = 1;

  // Opens the file, again if it was deleted meanwhile. Leaves errno of a failure.
  Status open() {
    struct stat mine {
    }, named{};
    if (file_.get() >= 0 && ::fstat(file_.get(), &mine) == 0 && ::stat(path_.c_str(), &named) == 0 &&
        identity_of(mine) == identity_of(named)) {
      return {};
    }
    file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (file_.get() >= 0) return {};
    const int why = errno;
    Status failed = fail(system_error("cannot lock the picture", path_));
    errno = why;
    return failed;
  }
  Status set(::off_t byte, short type, std::int64_t wait_ms) {
    const auto deadline = monotonic_now() + std::chrono::milliseconds(wait_ms);
    for (;;) {
      struct flock lock {};
      lock.l_type = type;
      lock.l_whence = SEEK_SET;
      lock.l_start = byte;
      lock.l_len = 1;
      if (::fcntl(file_.get(), F_OFD_SETLK, &lock) == 0) return {};
      if (errno != EAGAIN && errno != EACCES) return fail(system_error("cannot lock the picture", path_));
      if (monotonic_now() >= deadline) {
        return fail(ErrorCode::kBusy, "another process is using the picture, try again", path_);
      }
      std::this_thread::sleep_for(kLockRetry);
    }
  }

  const std::string path_;
  Descriptor file_;
};

// A row's values in SOCI's form: one vector a column, filled for a batch of rows.
class RowWriter {
 public:
  // kInsert: new rows. kUpdate: rows that are there, by fid, in the columns that no index holds: leaves the indexes
  // alone.
  enum class Kind { kInsert, kUpdate };

  RowWriter(Connection& connection, const Table& table, Kind kind) : table_(table), statement_(connection.session()) {
    std::string names, values, settings;
    const auto add = [&](std::string_view name, const std::string& value) {
      names += (names.empty() ? "" : ", ") + quoted_name(name);
      values += (values.empty() ? "" : ", ") + value;
      settings += (settings.empty() ? "" : ", ") + quoted_name(name) + "=" + value;
    };
    texts_.resize(table.columns.size());
    integers_.resize(table.columns.size());
    indicators_.resize(table.columns.size());
    if (table.geometry != GeometryColumn::kNone) {
      // Bound as text, whose bytes a cast to BLOB keeps as they are (in a database whose encoding is UTF-8).
      add("geom", "CAST(? AS BLOB)");
      statement_.exchange(soci::use(geometry_, geometry_indicators_));
    }
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      written_.push_back(kind == Kind::kInsert || !is_indexed(table, table.columns[c].name));
      if (!written_[c]) continue;
      add(table.columns[c].name, "?");
      if (table.columns[c].type == ColumnType::kText) {
        statement_.exchange(soci::use(texts_[c], indicators_[c]));
      } else {
        statement_.exchange(soci::use(integers_[c], indicators_[c]));
      }
    }
    if (kind == Kind::kUpdate) statement_.exchange(soci::use(fids_));
    resize(1);  // SOCI looks at the sizes when it binds
    statement_.alloc();
    statement_.prepare(kind == Kind::kInsert
                           ? "INSERT INTO " + quoted_name(table.name) + " (" + names + ") VALUES (" + values + ")"
                           : "UPDATE " + quoted_name(table.name) + " SET " + settings + " WHERE \"fid\"=?");
    statement_.define_and_bind();
  }

  void resize(std::size_t rows) {
    geometry_.resize(rows);
    geometry_indicators_.resize(rows);
    fids_.resize(rows);
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      if (!written_[c]) continue;
      if (table_.columns[c].type == ColumnType::kText) {
        texts_[c].resize(rows);
      } else {
        integers_[c].resize(rows);
      }
      indicators_[c].resize(rows);
    }
  }
  // REQUIRES: `row` is of the table (checked before). `fid` counts for updates.
  void set(std::size_t at, const Row& row, std::int64_t fid) {
    fids_[at] = fid;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (!written_[c]) continue;
      const Json& cell = row[c];
      indicators_[c][at] = cell.is_null() ? soci::i_null : soci::i_ok;
      if (cell.is_string()) {
        texts_[c][at] = cell.as_string();
      } else if (cell.is_integer()) {
        integers_[c][at] = cell.as_integer();
      }
    }
  }
  // The bytes to fill in; empty: none.
  std::string& geometry(std::size_t at) { return geometry_[at]; }
  void execute() {
    for (std::size_t i = 0; i < geometry_.size(); ++i) {
      geometry_indicators_[i] = geometry_[i].empty() ? soci::i_null : soci::i_ok;
    }
    statement_.execute(true);
  }

 private:
  const Table& table_;
  std::vector<bool> written_;  // by column
  std::vector<std::string> geometry_;
  std::vector<soci::indicator> geometry_indicators_;
  std::vector<std::vector<std::string>> texts_;
  std::vector<std::vector<long long>> integers_;
  std::vector<std::vector<soci::indicator>> indicators_;
  std::vector<long long> fids_;
  soci::statement statement_;  // last: it refers to the vectors
};

// A row to be written; fid 0: a new one.
struct Write {
  const Row* row;
  std::int64_t fid;
};

// Begins a transaction for reading unless one is open, and ends it.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection)
      : connection_(connection), outermost_(!connection.in_transaction()) {}
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  Status begin() { return outermost_ ? connection_.execute("BEGIN") : Status{}; }
  ~ReadTransaction() {
    if (outermost_ && connection_.in_transaction()) static_cast<void>(connection_.execute("COMMIT"));
  }

 private:
  Connection& connection_;
  const bool outermost_;
};

std::string column_list(const Table& table) {
  std::string out;
  for (const auto& c : table.columns) out += (out.empty() ? "" : ", ") + quoted_name(c.name);
  return out;
}

std::string key_order(const Table& table) {
  std::string out = " ORDER BY ";
  for (std::size_t i = 0; i < table.key_columns; ++i) out += quoted_name(table.columns[i].name) + ", ";
  return out + "\"fid\"";
}

// The row that stands at `first` and the columns after it.
Status read_row(const Query& query, const Table& table, int first, const std::string& path, Row& row) {
  row.resize(table.columns.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const int at = first + static_cast<int>(c);
    if (table.columns[c].nullable && query.is_null(at)) {
      row[c] = Json();
    } else if (table.columns[c].type == ColumnType::kText) {
      TRUCE_TRY(const std::string_view text, query.text(at));
      row[c] = Json(text);
    } else {
      TRUCE_TRY(const std::int64_t value, query.integer(at));
      if (value > Json::kIntegerMax || value < -Json::kIntegerMax) {
        return fail(bad_database("the picture's file is damaged: a number out of range", path));
      }
      row[c] = Json(value);
    }
  }
  return {};
}

// Order of two rows' keys: texts by bytes, numbers by value, as the fold and SQLite sort them.
int compare_keys(const Table& table, const Row& a, const Row& b) {
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    if (a[i].is_integer() && b[i].is_integer()) {
      if (a[i].as_integer() != b[i].as_integer()) return a[i].as_integer() < b[i].as_integer() ? -1 : 1;
    } else if (const int c = a[i].as_string().compare(b[i].as_string()); c != 0) {
      return c;
    }
  }
  return 0;
}

Status check_rows(const Table& table, const std::string& day, std::span<const Row> rows, const DayDigest& digest) {
  const auto bad = [&](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, std::string(what), std::string(table.name) + ' ' + day);
  };
  if (!table.by_day && !day.empty()) return bad("a day for a table without days");
  if (!rows.empty() &&
      (digest.table != table.name || digest.day != day || digest.rows != static_cast<std::int64_t>(rows.size()))) {
    return bad("the digest is of other rows");
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Row& row = rows[r];
    if (row.size() != table.columns.size()) return bad("a row of another table");
    for (std::size_t c = 0; c < row.size(); ++c) {
      const bool text = table.columns[c].type == ColumnType::kText;
      if (row[c].is_null() ? !table.columns[c].nullable : !(text ? row[c].is_string() : row[c].is_integer())) {
        return bad("a cell that is not of its column's type: " + std::string(table.columns[c].name));
      }
    }
    if (table.by_day && row[0].as_string() != day) return bad("a row of another day");
    if (r == 0) continue;
    const int order = compare_keys(table, rows[r - 1], row);
    if (order > 0 || (order == 0 && has_unique_key(table))) return bad("rows that are not in key order");
  }
  return {};
}

// Follows the rows of a visit and holds each day's against its digest.
class DayVerifier {
 public:
  DayVerifier(const Table& table, std::map<std::string, DayDigest> expected, const std::string& path)
      : table_(table), expected_(std::move(expected)), path_(path) {}

  Status take(const Row& row) {
    const std::string& day = table_.by_day ? row[0].as_string() : kNoDay;
    if (rows_ != 0 && day != day_) TRUCE_CHECK(close());
    if (rows_ == 0) day_ = day;
    ++rows_;
    picture::append_digest_line(lines_, row);
    if (lines_.size() >= kHashAtOnce) flush();
    return {};
  }
  Status finish() {
    if (rows_ != 0) TRUCE_CHECK(close());
    if (!expected_.empty()) return differs(expected_.begin()->first);
    return {};
  }

 private:
  static constexpr std::size_t kHashAtOnce = 1 << 16;
  static inline const std::string kNoDay;

  void flush() {
    hash_.update(lines_);
    lines_.clear();
  }
  Status close() {
    flush();
    const Hash hash = hash_.finish();
    const auto it = expected_.find(day_);
    if (it == expected_.end() || it->second.rows != rows_ || it->second.hash != hash) return differs(day_);
    expected_.erase(it);
    rows_ = 0;
    return {};
  }
  Status differs(const std::string& day) const {
    return fail(bad_database("the picture's file is damaged: rows of " + std::string(table_.name) +
                                 (day.empty() ? "" : " of " + day) + " are not those of their digest",
                             path_));
  }

  const Table& table_;
  std::map<std::string, DayDigest> expected_;
  const std::string& path_;
  std::string day_, lines_;
  std::int64_t rows_ = 0;
  Sha256 hash_;
};

}  // namespace

class PictureStore::Impl {
 public:
  Impl(std::string path, Options options) : path_(std::move(path)), options_(std::move(options)), place_(path_) {}
  ~Impl() {
    rollback();
    end_reading();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status open();
  Status begin(Writing writing);
  Status commit();
  void rollback();
  Status begin_reading();
  void end_reading();

  Status clear();
  Status replace(const Table& table, const std::string& day, std::span<const Row> rows, const DayDigest& digest);
  Status set_meta(std::string_view key, std::string_view value);
  Status visit(const Table& table, const std::string& first_day, const std::string& last_day, const Visitor& visitor);
  Status find(const Table& table, std::string_view column, const std::string& value, const Visitor& visitor);
  Result<std::vector<DayDigest>> digests();
  // Of the tables that are in no digest too.
  Result<std::vector<DayDigest>> checksums();
  Result<std::optional<std::string>> get_meta(std::string_view key);

  bool exercise() const { return exercise_; }
  bool is_writing() const { return writing_; }

 private:
  // Shares the place for as long as it lives, and looks that the file is there.
  class Use {
   public:
    explicit Use(Impl& impl) : impl_(impl) {}
    ~Use() {
      if (entered_) impl_.leave();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    Status begin() {
      TRUCE_CHECK(impl_.enter());
      entered_ = true;
      return {};
    }

   private:
    Impl& impl_;
    bool entered_ = false;
  };

  Status enter();
  void leave();
  Status connect();
  Status check_schema();
  Status check_file();
  Status begin_increment();
  Status begin_rebuild();
  Status lock_new_file();
  Status make_schema();
  Status finish_contents();
  Status commit_rebuild();
  Status put_in_place();
  Result<std::vector<Write>> keep_equal_rows(const Table& table, const std::string& day, std::span<const Row> rows);
  Status write(const Table& table, RowWriter::Kind kind, std::span<const Write> rows);
  Status set_geometry(const Table& table, const Row& row, std::string& bytes);
  std::string new_path() const { return path_ + ".new"; }
  Error not_writing() const { return {ErrorCode::kInvalidArgument, "begin() comes before writing", path_}; }

  const std::string path_;
  Options options_;
  std::unique_ptr<Connection> connection_;  // what reads and writes go to; null after a rebuild that was given up
  FileIdentity identity_;                   // of the file that connection_ has open, unless rebuild_
  bool exercise_ = false;
  bool writing_ = false, rebuild_ = false, reading_ = false;
  PlaceLock place_;
  int uses_ = 0;         // how often place_ is shared
  Descriptor new_file_;  // of a rebuild: held with flock()
  std::map<std::pair<std::string_view, RowWriter::Kind>, std::unique_ptr<RowWriter>> writers_;
  std::set<std::pair<std::string_view, std::string>> written_;  // of a rebuild: tables and days that have rows
  std::map<std::string_view, geo::Box> extents_;                // of what was inserted since begin()
};

Status PictureStore::Impl::open() {
  const Status connected = [this]() -> Status {
    Use use(*this);
    return use.begin();
  }();
  if (connected || connected.error().code != ErrorCode::kNotFound || !options_.create) return connected;
  TRUCE_CHECK(begin(Writing::kRebuild));
  return commit();
}

// Opens what is at the path, and looks whether it is a picture of this schema.
Status PictureStore::Impl::connect() {
  connection_.reset();
  struct stat before {};
  if (::stat(path_.c_str(), &before) != 0) {
    if (errno == ENOENT) return fail(ErrorCode::kNotFound, "there is no picture yet: truce picture", path_);
    return fail(system_error("cannot open the picture's file", path_));
  }
  if (!S_ISREG(before.st_mode)) return fail(bad_database("the picture is not a plain file", path_));
  if (before.st_size == 0) return fail(bad_database("the picture's file is empty", path_));
  TRUCE_TRY(connection_, Connection::open(path_, options_.busy_wait_ms));
  identity_ = identity_of(before);
  if (Status checked = check_schema(); !checked) {
    connection_.reset();
    return checked;
  }
  return {};
}

Status PictureStore::Impl::check_schema() {
  ReadTransaction transaction(*connection_);
  TRUCE_CHECK(transaction.begin());
  TRUCE_TRY(const std::int64_t application, connection_->integer("PRAGMA application_id"));
  TRUCE_TRY(const std::int64_t version, connection_->integer("PRAGMA user_version"));
  if (application != kApplicationId || version != kUserVersion) {
    return fail(bad_database("not a picture: not a GeoPackage 1.3", path_));
  }
  // SQLite takes what is missing of the last page for zeros.
  TRUCE_TRY(const std::int64_t pages, connection_->integer("PRAGMA page_count"));
  TRUCE_TRY(const std::int64_t page_bytes, connection_->integer("PRAGMA page_size"));
  struct stat now {};
  if (::stat(path_.c_str(), &now) == 0 && now.st_size < pages * page_bytes) {
    return fail(bad_database("the picture's file is cut short", path_));
  }
  std::map<std::string, std::string> found;
  {
    TRUCE_TRY(Query query, Query::prepare(*connection_, "SELECT type, name, coalesce(sql, '') FROM sqlite_schema"));
    for (;;) {
      TRUCE_TRY(const bool row, query.step());
      if (!row) break;
      TRUCE_TRY(const std::string_view type, query.text(0));
      TRUCE_TRY(const std::string_view name, query.text(1));
      TRUCE_TRY(const std::string_view sql, query.text(2));
      // GIS programs that "add a spatial index" leave triggers that plain SQLite cannot run.
      if (type == "trigger") return fail(bad_database("the picture was changed by another program", path_));
      found.emplace(name, sql);
    }
  }
  if (!found.contains(std::string(kMetaTable))) return fail(bad_database("not a picture: another GeoPackage", path_));
  TRUCE_TRY(const auto schema, get_meta(kSchemaKey));
  if (schema != kSchemaVersion) return fail(bad_database("a picture of another version of truce", path_));
  for (const auto& items : {schema_tables(), schema_indexes()}) {
    for (const SchemaItem& item : items) {
      const auto it = found.find(item.name);
      if (it == found.end() || it->second != item.sql) {
        return fail(bad_database("the picture has another schema: " + item.name, path_));
      }
    }
  }
  TRUCE_TRY(const auto exercise, get_meta(kMetaExercise));
  exercise_ = exercise == "1";
  return {};
}

Status PictureStore::Impl::enter() {
  if (rebuild_) return {};
  if (uses_ == 0) TRUCE_CHECK(place_.share(options_.busy_wait_ms));
  ++uses_;
  Status checked = check_file();
  if (!checked) leave();
  return checked;
}

void PictureStore::Impl::leave() {
  if (uses_ > 0 && --uses_ == 0) place_.release();
}

// The file that is open is still the one at the path. One that another process rebuilt is opened in place of the old
// one.
Status PictureStore::Impl::check_file() {
  if (rebuild_) return {};
  if (connection_ == nullptr) return connect();
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0) {
    if (errno != ENOENT) return fail(system_error("cannot use the picture's file", path_));
    return fail(bad_database("the picture's file was deleted while open", path_));
  }
  if (identity_of(now) == identity_) return {};
  if (connection_->in_transaction()) return fail(bad_database("the picture's file was replaced while in use", path_));
  return connect();
}

Status PictureStore::Impl::begin(Writing writing) {
  assert(!writing_ && !reading_);
  extents_.clear();
  TRUCE_CHECK(writing == Writing::kRebuild ? begin_rebuild() : begin_increment());
  writing_ = true;
  return {};
}

Status PictureStore::Impl::begin_increment() {
  TRUCE_CHECK(enter());  // left by commit() or rollback()
  const Status begun = [this]() -> Status {
    TRUCE_CHECK(connection_->execute(std::string(kWriteCache)));
    return connection_->execute("BEGIN IMMEDIATE");
  }();
  if (!begun) leave();
  return begun;
}

// The lock of everybody who rebuilds, on the file that is being built.
Status PictureStore::Impl::lock_new_file() {
  const std::string path = new_path();
  const auto deadline = monotonic_now() + std::chrono::milliseconds(options_.busy_wait_ms);
  for (;;) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (file.get() < 0) return fail(system_error("cannot write the picture", path));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      // Whoever held the lock before may have put this very file in place, or removed it.
      struct stat mine {
      }, named{};
      if (::fstat(file.get(), &mine) == 0 && ::stat(path.c_str(), &named) == 0 &&
          identity_of(mine) == identity_of(named)) {
        new_file_ = std::move(file);
        return {};
      }
    } else if (errno != EWOULDBLOCK) {
      return fail(system_error("cannot lock the picture", path));
    } else if (monotonic_now() >= deadline) {
      return fail(ErrorCode::kBusy, "another process is rebuilding the picture, try again", path_);
    } else {
      std::this_thread::sleep_for(kLockRetry);
    }
  }
}

Status PictureStore::Impl::begin_rebuild() {
  TRUCE_CHECK(lock_new_file());
  connection_.reset();
  rebuild_ = true;
  const Status made = [&]() -> Status {
    if (::ftruncate(new_file_.get(), 0) != 0) return fail(system_error("cannot write the picture", new_path()));
    ::unlink((new_path() + "-journal").c_str());
    TRUCE_TRY(connection_, Connection::open(new_path(), 0));
    // No journal and no syncs: a file that is not finished is thrown away, a finished one is synced before it is put in
    // place.
    for (const char* pragma : {"PRAGMA encoding='UTF-8'", "PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF",
                               "PRAGMA locking_mode=EXCLUSIVE", "PRAGMA threads=2"}) {
      TRUCE_CHECK(connection_->execute(pragma));
    }
    TRUCE_CHECK(connection_->execute(std::string(kWriteCache)));
    TRUCE_CHECK(connection_->execute("PRAGMA application_id=" + std::to_string(kApplicationId)));
    TRUCE_CHECK(connection_->execute("PRAGMA user_version=" + std::to_string(kUserVersion)));
    TRUCE_CHECK(connection_->execute("BEGIN"));
    return make_schema();
  }();
  if (!made) {
    writing_ = true;
    rollback();
    return made;
  }
  return {};
}

Status PictureStore::Impl::make_schema() {
  written_.clear();
  for (const SchemaItem& item : schema_tables()) TRUCE_CHECK(connection_->execute(item.sql));
  for (const std::string& sql : schema_rows(options_.exercise, options_.title)) TRUCE_CHECK(connection_->execute(sql));
  exercise_ = options_.exercise;
  writing_ = true;
  TRUCE_CHECK(set_meta(kSchemaKey, kSchemaVersion));
  TRUCE_CHECK(set_meta(kMetaExercise, exercise_ ? "1" : "0"));
  writing_ = false;
  return {};
}

// What the gpkg_ tables say of the layers: the time is that of the picture, since no clock is read here; extents grow
// with what was inserted and shrink only by clear() or a rebuild.
Status PictureStore::Impl::finish_contents() {
  for (const auto& [name, box] : extents_) {
    if (box.is_empty()) continue;
    TRUCE_TRY(
        Query query,
        Query::prepare(*connection_,
                       "UPDATE gpkg_contents SET min_x=min(coalesce(min_x,?2),?2), min_y=min(coalesce(min_y,?3),?3), "
                       "max_x=max(coalesce(max_x,?4),?4), max_y=max(coalesce(max_y,?5),?5) WHERE table_name=?1"));
    query.bind(1, name);
    query.bind(2, box.west_e7 / 1e7);
    query.bind(3, box.south_e7 / 1e7);
    query.bind(4, box.east_e7 / 1e7);
    query.bind(5, box.north_e7 / 1e7);
    TRUCE_CHECK(query.run());
  }
  TRUCE_TRY(const auto as_of, get_meta(kMetaAsOf));
  if (!as_of) return {};
  TRUCE_TRY(Query query, Query::prepare(*connection_,
                                        "UPDATE gpkg_contents SET last_change=strftime('%Y-%m-%dT%H:%M:%fZ', "
                                        "CAST(?1 AS INTEGER) / 1000.0, 'unixepoch') WHERE CAST(?1 AS INTEGER) >= 0"));
  query.bind(1, *as_of);
  return query.run();
}

Status PictureStore::Impl::commit() {
  if (!writing_) return fail(not_writing());
  Status done = [&]() -> Status {
    TRUCE_CHECK(check_file());
    TRUCE_CHECK(finish_contents());
    if (rebuild_) return commit_rebuild();
    writers_.clear();
    TRUCE_CHECK(connection_->execute("COMMIT"));
    writing_ = false;
    leave();
    return {};
  }();
  if (!done) rollback();
  return done;
}

Status PictureStore::Impl::commit_rebuild() {
  writers_.clear();
  for (const SchemaItem& item : schema_indexes()) TRUCE_CHECK(connection_->execute(item.sql));
  TRUCE_CHECK(connection_->execute("COMMIT"));
  connection_.reset();
  if (::fsync(new_file_.get()) != 0) return fail(system_error("cannot write the picture", new_path()));
  TRUCE_CHECK(place_.exclude(options_.busy_wait_ms));
  const Status placed = put_in_place();
  place_.release();
  TRUCE_CHECK(placed);
  writing_ = rebuild_ = false;
  new_file_ = Descriptor();
  Use use(*this);
  return use.begin();
}

// REQUIRES: place_ is held alone.
Status PictureStore::Impl::put_in_place() {
  // What a killed program left of a journal belongs to the old file, and SQLite would take it for one of the new file.
  // The old file is no picture without it, and goes first.
  struct stat s {};
  for (const char* suffix : {"-journal", "-wal", "-shm"}) {
    const std::string left = path_ + suffix;
    if (::lstat(left.c_str(), &s) != 0) continue;
    ::unlink(path_.c_str());
    ::unlink(left.c_str());
  }
  if (::rename(new_path().c_str(), path_.c_str()) != 0)
    return fail(system_error("cannot put the new picture in place", path_));
  const Descriptor folder(::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0)
    return fail(system_error("cannot sync the picture's folder", path_));
  return {};
}

void PictureStore::Impl::rollback() {
  if (!writing_) return;
  writers_.clear();
  if (rebuild_) {
    connection_.reset();
    if (new_file_.get() >= 0) ::unlink(new_path().c_str());
    new_file_ = Descriptor();
  } else if (connection_ != nullptr && connection_->in_transaction()) {
    if (!connection_->execute("ROLLBACK")) connection_.reset();
  }
  if (!rebuild_) leave();
  writing_ = rebuild_ = false;
}

Status PictureStore::Impl::begin_reading() {
  assert(!writing_ && !reading_);
  TRUCE_CHECK(enter());  // left by end_reading()
  reading_ = true;
  const Status begun = [this]() -> Status {
    TRUCE_CHECK(connection_->execute("BEGIN"));
    // A transaction sees one state from its first read on.
    TRUCE_TRY([[maybe_unused]] const auto first, get_meta(kSchemaKey));
    return {};
  }();
  if (!begun) end_reading();
  return begun;
}

void PictureStore::Impl::end_reading() {
  if (!reading_) return;
  reading_ = false;
  if (connection_ != nullptr && connection_->in_transaction()) static_cast<void>(connection_->execute("COMMIT"));
  leave();
}

Status PictureStore::Impl::clear() {
  if (!writing_) return fail(not_writing());
  TRUCE_CHECK(check_file());
  writers_.clear();
  extents_.clear();
  written_.clear();
  for (const Table& t : picture::tables()) TRUCE_CHECK(connection_->execute("DELETE FROM " + quoted_name(t.name)));
  TRUCE_CHECK(connection_->execute("DELETE FROM " + quoted_name(kDigestTable)));
  return connection_->execute("UPDATE gpkg_contents SET min_x=NULL, min_y=NULL, max_x=NULL, max_y=NULL");
}

Status PictureStore::Impl::replace(const Table& table, const std::string& day, std::span<const Row> rows,
                                   const DayDigest& digest) {
  if (!writing_) return fail(not_writing());
  TRUCE_CHECK(check_file());
  TRUCE_CHECK(check_rows(table, day, rows, digest));
  std::vector<Write> writes;
  if (rebuild_ && !written_.contains({table.name, day})) {
    writes.reserve(rows.size());
    for (const Row& row : rows) writes.push_back({&row, 0});
  } else {
    TRUCE_TRY(writes, keep_equal_rows(table, day, rows));
    TRUCE_TRY(Query query, Query::prepare(*connection_, "DELETE FROM picture_digests WHERE table_name=? AND day=?"));
    query.bind(1, table.name);
    query.bind(2, day);
    TRUCE_CHECK(query.run());
  }
  const auto fresh = std::stable_partition(writes.begin(), writes.end(), [](const Write& w) { return w.fid != 0; });
  TRUCE_CHECK(write(table, RowWriter::Kind::kUpdate, {writes.begin(), fresh}));
  TRUCE_CHECK(write(table, RowWriter::Kind::kInsert, {fresh, writes.end()}));
  if (rows.empty()) return {};
  if (rebuild_) written_.insert({table.name, day});
  TRUCE_TRY(Query query,
            Query::prepare(*connection_,
                           "INSERT INTO picture_digests (table_name, day, row_count, sha256) VALUES (?,?,?,?)"));
  query.bind(1, table.name);
  query.bind(2, day);
  query.bind(3, digest.rows);
  query.bind(4, digest.hash.hex());
  return query.run();
}

// Deletes the rows of a day that are not in `rows` and gives those of `rows` that are not there yet or have other
// cells: a day that grows by a report costs a report's writes, and a day whose answers change leaves the indexes as
// they are. Rows that can share a key are all written again, which keeps their order.
Result<std::vector<Write>> PictureStore::Impl::keep_equal_rows(const Table& table, const std::string& day,
                                                               std::span<const Row> rows) {
  const bool by_key = has_unique_key(table) && table.geometry != GeometryColumn::kZoneBlob;
  std::vector<bool> indexed;
  for (const auto& column : table.columns) indexed.push_back(is_indexed(table, column.name));
  const auto same_in_indexes = [&](const Row& a, const Row& b) {
    for (std::size_t c = 0; c < a.size(); ++c) {
      if (indexed[c] && !(a[c] == b[c])) return false;
    }
    return true;
  };
  std::vector<Write> writes;
  std::size_t next = 0;
  std::vector<std::int64_t> gone;
  {
    TRUCE_TRY(Query query, Query::prepare(*connection_,
                                          "SELECT \"fid\", " + column_list(table) + " FROM " + quoted_name(table.name) +
                                              (table.by_day ? " WHERE \"day\"=?" : "") + key_order(table)));
    if (table.by_day) query.bind(1, day);
    Row there;
    for (;;) {
      TRUCE_TRY(const bool found, query.step());
      if (!found) break;
      TRUCE_TRY(const std::int64_t fid, query.integer(0));
      TRUCE_CHECK(read_row(query, table, 1, path_, there));
      while (next < rows.size() && compare_keys(table, rows[next], there) < 0) writes.push_back({&rows[next++], 0});
      if (by_key && next < rows.size() && same_in_indexes(rows[next], there)) {
        if (!(rows[next] == there)) writes.push_back({&rows[next], fid});
        ++next;
      } else {
        gone.push_back(fid);
      }
    }
  }
  while (next < rows.size()) writes.push_back({&rows[next++], 0});
  TRUCE_TRY(Query erase, Query::prepare(*connection_, "DELETE FROM " + quoted_name(table.name) + " WHERE \"fid\"=?"));
  for (const std::int64_t fid : gone) {
    erase.bind(1, fid);
    TRUCE_CHECK(erase.run());
  }
  return writes;
}

Status PictureStore::Impl::set_geometry(const Table& table, const Row& row, std::string& bytes) {
  bytes.clear();
  const auto cell = [&](std::string_view name) -> const Json& {
    const auto it = std::ranges::find(table.columns, name, &picture::Column::name);
    return row[static_cast<std::size_t>(it - table.columns.begin())];
  };
  geo::Box& box = extents_[table.name];
  if (table.geometry == GeometryColumn::kPoint) {
    const Json& lat = cell("lat_e7");
    const Json& lng = cell("lng_e7");
    if (lat.is_null() || lng.is_null()) return {};
    const auto at = geo::LatLng::checked(lat.as_integer(), lng.as_integer());
    if (!at) return {};  // nowhere on the map
    set_point(bytes, *at);
    box.add(*at);
  } else if (options_.blob) {
    TRUCE_TRY(const Hash hash, Hash::from_base64url(cell("geometry_blob").as_string()));
    TRUCE_TRY(const std::string blob, options_.blob(hash));
    const auto geometry = geo::parse_blob(blob);
    if (!geometry) return {};  // the fold keeps such a zone too, and it holds nothing
    bytes = geometry_bytes(*geometry);
    box.add(geo::bounding_box(*geometry));
  }
  return {};
}

Status PictureStore::Impl::write(const Table& table, RowWriter::Kind kind, std::span<const Write> rows) {
  if (rows.empty()) return {};
  try {
    auto& writer = writers_[{table.name, kind}];
    if (writer == nullptr) writer = std::make_unique<RowWriter>(*connection_, table, kind);
    for (std::size_t begin = 0; begin < rows.size(); begin += kBatchRows) {
      const std::size_t count = std::min(kBatchRows, rows.size() - begin);
      writer->resize(count);
      for (std::size_t i = 0; i < count; ++i) {
        const Write& w = rows[begin + i];
        writer->set(i, *w.row, w.fid);
        if (table.geometry != GeometryColumn::kNone) TRUCE_CHECK(set_geometry(table, *w.row, writer->geometry(i)));
      }
      writer->execute();
    }
  } catch (const soci::sqlite3_soci_error& e) {
    return fail(sqlite_error(e.result(), e.what(), path_));
  } catch (const soci::soci_error& e) {
    return fail(sqlite_error(sqlite_api::sqlite3_extended_errcode(connection_->handle()), e.what(), path_));
  }
  return {};
}

Status PictureStore::Impl::set_meta(std::string_view key, std::string_view value) {
  if (!writing_) return fail(not_writing());
  TRUCE_CHECK(check_file());
  TRUCE_TRY(Query erase, Query::prepare(*connection_, "DELETE FROM picture_meta WHERE key=?"));
  erase.bind(1, key);
  TRUCE_CHECK(erase.run());
  TRUCE_TRY(Query query, Query::prepare(*connection_, "INSERT INTO picture_meta (key, value) VALUES (?,?)"));
  query.bind(1, key);
  query.bind(2, value);
  return query.run();
}

Result<std::optional<std::string>> PictureStore::Impl::get_meta(std::string_view key) {
  Use use(*this);
  TRUCE_CHECK(use.begin());
  TRUCE_TRY(Query query, Query::prepare(*connection_, "SELECT value FROM picture_meta WHERE key=?"));
  query.bind(1, key);
  TRUCE_TRY(const bool found, query.step());
  if (!found) return std::optional<std::string>();
  TRUCE_TRY(const std::string_view value, query.text(0));
  return std::optional<std::string>(value);
}

Result<std::vector<DayDigest>> PictureStore::Impl::digests() {
  TRUCE_TRY(std::vector<DayDigest> out, checksums());
  const auto tables = picture::tables();
  std::erase_if(out, [&](const DayDigest& d) {
    const auto t = std::ranges::find(tables, d.table, &Table::name);
    return t != tables.end() && !t->digested;
  });
  return out;
}

Result<std::vector<DayDigest>> PictureStore::Impl::checksums() {
  Use use(*this);
  TRUCE_CHECK(use.begin());
  std::vector<DayDigest> out;
  {
    TRUCE_TRY(Query query, Query::prepare(*connection_,
                                          "SELECT table_name, day, row_count, sha256 FROM picture_digests "
                                          "ORDER BY table_name, day"));
    for (;;) {
      TRUCE_TRY(const bool found, query.step());
      if (!found) break;
      DayDigest d;
      TRUCE_TRY(d.table, query.text(0));
      TRUCE_TRY(d.day, query.text(1));
      TRUCE_TRY(d.rows, query.integer(2));
      TRUCE_TRY(const std::string_view hex, query.text(3));
      auto hash = Hash::from_hex(hex);
      if (!hash) return fail(bad_database("the picture's file is damaged: a digest that is none", path_));
      d.hash = *hash;
      out.push_back(std::move(d));
    }
  }
  TRUCE_CHECK(check_file());
  return out;
}

Status PictureStore::Impl::visit(const Table& table, const std::string& first_day, const std::string& last_day,
                                 const Visitor& visitor) {
  Use use(*this);
  TRUCE_CHECK(use.begin());
  ReadTransaction transaction(*connection_);
  TRUCE_CHECK(transaction.begin());
  const bool all = !table.by_day || (first_day.empty() && last_day.empty());
  std::map<std::string, DayDigest> expected;
  if (options_.verify) {
    TRUCE_TRY(const std::vector<DayDigest> known, checksums());
    for (const DayDigest& d : known) {
      if (d.table == table.name && (all || (first_day <= d.day && d.day <= last_day))) expected.emplace(d.day, d);
    }
  }
  DayVerifier verifier(table, std::move(expected), path_);
  // Along the index: no sorting, and rows flow from the first on. Indexes come last in a rebuild.
  std::string sql = "SELECT " + column_list(table) + " FROM " + quoted_name(table.name);
  if (!rebuild_) sql += " INDEXED BY " + quoted_name(key_index_name(table));
  if (!all) sql += " WHERE \"day\" BETWEEN ? AND ?";
  {
    TRUCE_TRY(Query query, Query::prepare(*connection_, sql + key_order(table)));
    if (!all) {
      query.bind(1, first_day);
      query.bind(2, last_day);
    }
    Row row;
    for (;;) {
      TRUCE_TRY(const bool found, query.step());
      if (!found) break;
      TRUCE_CHECK(read_row(query, table, 0, path_, row));
      if (options_.verify) TRUCE_CHECK(verifier.take(row));
      TRUCE_CHECK(visitor(row));
    }
  }
  if (options_.verify) TRUCE_CHECK(verifier.finish());
  return check_file();
}

Status PictureStore::Impl::find(const Table& table, std::string_view column, const std::string& value,
                                const Visitor& visitor) {
  const auto c = std::ranges::find(table.columns, column, &picture::Column::name);
  if (c == table.columns.end() || c->type != ColumnType::kText) {
    return fail(ErrorCode::kInvalidArgument, "no such text column",
                std::string(table.name) + '.' + std::string(column));
  }
  Use use(*this);
  TRUCE_CHECK(use.begin());
  ReadTransaction transaction(*connection_);
  TRUCE_CHECK(transaction.begin());
  const std::string index = column_index_name(table, column);
  std::string sql = "SELECT " + column_list(table) + " FROM " + quoted_name(table.name);
  if (!rebuild_ && !index.empty()) sql += " INDEXED BY " + quoted_name(index);
  sql += " WHERE " + quoted_name(column) + "=?" + key_order(table);
  {
    TRUCE_TRY(Query query, Query::prepare(*connection_, sql));
    query.bind(1, value);
    Row row;
    for (;;) {
      TRUCE_TRY(const bool found, query.step());
      if (!found) break;
      TRUCE_CHECK(read_row(query, table, 0, path_, row));
      TRUCE_CHECK(visitor(row));
    }
  }
  return check_file();
}

// PictureStore

PictureStore::PictureStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PictureStore::~PictureStore() = default;

Result<std::unique_ptr<PictureStore>> PictureStore::open(const std::string& path, Options options) {
  std::unique_ptr<PictureStore> store(new PictureStore(std::make_unique<Impl>(path, std::move(options))));
  TRUCE_CHECK(store->impl_->open());
  return store;
}

Result<std::unique_ptr<PictureStore>> PictureStore::start_over(const std::string& path, Options options) {
  std::unique_ptr<PictureStore> store(new PictureStore(std::make_unique<Impl>(path, std::move(options))));
  TRUCE_CHECK(store->begin(Writing::kRebuild));
  return store;
}

bool PictureStore::exercise() const {
  return impl_->exercise();
}
Status PictureStore::begin(Writing writing) {
  return impl_->begin(writing);
}
Status PictureStore::commit() {
  return impl_->commit();
}
void PictureStore::rollback() {
  impl_->rollback();
}
bool PictureStore::is_writing() const {
  return impl_->is_writing();
}
Status PictureStore::begin_reading() {
  return impl_->begin_reading();
}
void PictureStore::end_reading() {
  impl_->end_reading();
}
Status PictureStore::clear() {
  return impl_->clear();
}
Status PictureStore::replace(const Table& table, const std::string& day, std::span<const Row> rows,
                             const DayDigest& digest) {
  return impl_->replace(table, day, rows, digest);
}
Status PictureStore::set_meta(std::string_view key, std::string_view value) {
  return impl_->set_meta(key, value);
}
Status PictureStore::visit(const Table& table, const std::string& first_day, const std::string& last_day,
                           const Visitor& visitor) {
  return impl_->visit(table, first_day, last_day, visitor);
}
Status PictureStore::find(const Table& table, std::string_view column, const std::string& value,
                          const Visitor& visitor) {
  return impl_->find(table, column, value, visitor);
}
Result<std::vector<DayDigest>> PictureStore::digests() {
  return impl_->digests();
}
Result<std::optional<std::string>> PictureStore::get_meta(std::string_view key) {
  return impl_->get_meta(key);
}

}  // namespace truce::store
