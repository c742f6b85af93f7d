// SPDX-License-Identifier: Apache-2.0
//
// Connection and Query: SQLite under SOCI, without exceptions and with SQLite's codes as truce's errors. Rows are
// written through SOCI's bulk statements (store.cc) and read here by SQLite's own calls, because SOCI converts a value
// of another type where truce wants to know that the file is damaged.
//
// Internal to store. One thread at a time.

#pragma once

#include <soci/soci-config.h>
// Debian's SOCI includes Boost.Fusion for bindings that are not used here; without this all of Boost would be needed to
// build.
#undef SOCI_HAVE_BOOST
#undef SOCI_HAVE_BOOST_DATE_TIME
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce::store {

// What an extended result code of SQLite means to a user of truce: kBusy, kIo or kBadDatabase.
[[nodiscard]] Error sqlite_error(int extended_code, std::string_view words, const std::string& path);
// kBadDatabase with the advice to rebuild.
[[nodiscard]] Error bad_database(std::string_view words, const std::string& path);

class Connection {
 public:
  // Makes an empty file if there is none. `busy_wait_ms` as sqlite3_busy_timeout.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& path, std::int64_t busy_wait_ms);

  [[nodiscard]] soci::session& session() { return session_; }
  [[nodiscard]] sqlite_api::sqlite3* handle() const { return handle_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  // Statements without results.
  [[nodiscard]] Status execute(const std::string& sql);
  // A single integer: "PRAGMA user_version".
  [[nodiscard]] Result<std::int64_t> integer(const std::string& sql);
  [[nodiscard]] bool in_transaction() const { return sqlite_api::sqlite3_get_autocommit(handle_) == 0; }
  // Of the call that just failed.
  [[nodiscard]] Error last_error() const;

 private:
  Connection(const std::string& connect, const std::string& path);

  soci::session session_;
  sqlite_api::sqlite3* handle_ = nullptr;
  const std::string path_;
};

// A prepared statement. REQUIRES: its connection outlives it.
class Query {
 public:
  [[nodiscard]] static Result<Query> prepare(Connection& connection, const std::string& sql);

  // Parameters are counted from 1. `text` is copied.
  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  // True: a row is there. False: no more.
  [[nodiscard]] Result<bool> step();
  // Runs a statement without results, to be run again with other parameters.
  [[nodiscard]] Status run();

  // Columns of the row, counted from 0. Fail with kBadDatabase for a value of another type.
  [[nodiscard]] bool is_null(int column) const { return type(column) == SQLITE_NULL; }
  [[nodiscard]] Result<std::int64_t> integer(int column) const;
  // Valid until the next step().
  [[nodiscard]] Result<std::string_view> text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite_api::sqlite3_stmt* s) const { sqlite_api::sqlite3_finalize(s); }
  };
  explicit Query(Connection& connection) : connection_(&connection) {}
  [[nodiscard]] int type(int column) const { return sqlite_api::sqlite3_column_type(statement_.get(), column); }
  [[nodiscard]] Error wrong_type(int column) const;

  Connection* connection_;
  std::unique_ptr<sqlite_api::sqlite3_stmt, Finalize> statement_;
};

}  // namespace truce::store
