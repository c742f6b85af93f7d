// SPDX-License-Identifier: Apache-2.0

#include "truce/store/sqlite.h"

#include <algorithm>
#include <climits>

namespace truce::store {

using namespace sqlite_api;  // the C library's names, which SOCI declares in a namespace

Error bad_database(std::string_view words, const std::string& path) {
  return {ErrorCode::kBadDatabase, std::string(words) + " (can be rebuilt: truce picture --rebuild)", path};
}

Error sqlite_error(int extended_code, std::string_view words, const std::string& path) {
  const std::string said(words);
  switch (extended_code) {
    case SQLITE_IOERR_SHORT_READ: return bad_database("the picture's file is cut short", path);
    case SQLITE_IOERR_CORRUPTFS: return bad_database("the picture's file is damaged: " + said, path);
    case SQLITE_READONLY_DBMOVED: return bad_database("the picture's file was deleted or replaced while open", path);
    default: break;
  }
  switch (extended_code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorCode::kBusy, "another process is using the picture, try again", path};
    case SQLITE_FULL: return {ErrorCode::kIo, "the disk is full", path};
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
    case SQLITE_INTERRUPT: return {ErrorCode::kIo, "cannot use the picture's file: " + said, path};
    default: return bad_database("the picture's file is damaged: " + said, path);
  }
}

namespace {

// SOCI does not export the type information of its sessions, without which a cast cannot be checked at run time.
__attribute__((no_sanitize("vptr"))) sqlite3* handle_of(soci::session& session) {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

}  // namespace

Connection::Connection(const std::string& connect, const std::string& path)
    : session_(soci::sqlite3, connect), path_(path) {
  handle_ = handle_of(session_);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, std::int64_t busy_wait_ms) {
  // SOCI reads "name=value" pairs with quotes around values that hold spaces; it has no way to quote a quote.
  if (path.find('"') != std::string::npos || path.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the path of a picture cannot be empty or hold a quotation mark", path);
  }
  // A relative path that SQLite would take for something else (":memory:", "file:...") is one in this folder.
  const bool odd = path.front() == ':' || path.starts_with("file:");
  try {
    std::unique_ptr<Connection> c(new Connection("dbname=\"" + std::string(odd ? "./" : "") + path + '"', path));
    sqlite3_busy_timeout(c->handle_, static_cast<int>(std::clamp<std::int64_t>(busy_wait_ms, 0, INT_MAX)));
    return c;
  } catch (const soci::sqlite3_soci_error& e) {
    return fail(sqlite_error(e.result(), e.what(), path));
  } catch (const std::exception& e) {
    return fail(ErrorCode::kIo, e.what(), path);
  }
}

Error Connection::last_error() const {
  return sqlite_error(sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_), path_);
}

Status Connection::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return fail(last_error());
  return {};
}

Result<std::int64_t> Connection::integer(const std::string& sql) {
  TRUCE_TRY(Query query, Query::prepare(*this, sql));
  TRUCE_TRY(const bool found, query.step());
  if (!found) return fail(bad_database("a value is missing", path_));
  return query.integer(0);
}

Result<Query> Query::prepare(Connection& connection, const std::string& sql) {
  Query query(connection);
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(connection.handle(), sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
  query.statement_.reset(statement);
  if (code != SQLITE_OK) return fail(connection.last_error());
  return query;
}

void Query::bind(int parameter, std::string_view text) {
  const auto transient = reinterpret_cast<sqlite3_destructor_type>(-1);
  sqlite3_bind_text(statement_.get(), parameter, text.data() != nullptr ? text.data() : "",
                    static_cast<int>(text.size()), transient);
}
void Query::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
}
void Query::bind(int parameter, double value) {
  sqlite3_bind_double(statement_.get(), parameter, value);
}

Result<bool> Query::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(connection_->last_error());
}

Status Query::run() {
  const auto stepped = step();
  sqlite3_reset(statement_.get());
  if (!stepped) return fail(stepped.error());
  return {};
}

Error Query::wrong_type(int column) const {
  const char* name = sqlite3_column_name(statement_.get(), column);
  return bad_database(
      "the picture's file is damaged: a value of another type in column " + std::string(name != nullptr ? name : "?"),
      connection_->path());
}

Result<std::int64_t> Query::integer(int column) const {
  if (type(column) != SQLITE_INTEGER) return fail(wrong_type(column));
  return sqlite3_column_int64(statement_.get(), column);
}

Result<std::string_view> Query::text(int column) const {
  if (type(column) != SQLITE_TEXT) return fail(wrong_type(column));
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return fail(connection_->last_error());
  return std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

}  // namespace truce::store
