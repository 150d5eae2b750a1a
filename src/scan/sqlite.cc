// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/sqlite.h"

namespace kmortem::scan {

namespace {

constexpr int kBusyMilliseconds = 2000;

[[noreturn]] void throw_error(sqlite3* database) {
  const int code = sqlite3_errcode(database);
  std::string message = sqlite3_errmsg(database);
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    message += " (another scan or merge is writing it)";
  }
  throw SqlError{std::move(message)};
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) throw_error(database);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw_error(sqlite3_db_handle(statement_.get()));
}

Statement& Statement::bind(int place, int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), place, value));
  return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
  check(sqlite3_bind_text(statement_.get(), place, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(int place, std::optional<int64_t> value) {
  if (value) return bind(place, *value);
  check(sqlite3_bind_null(statement_.get(), place));
  return *this;
}

Statement& Statement::bind_text_or_null(int place, std::string_view value) {
  if (!value.empty()) return bind(place, value);
  check(sqlite3_bind_null(statement_.get(), place));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw_error(sqlite3_db_handle(statement_.get()));
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return "";
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Connection::Connection(const std::string& path, Mode mode) {
  const int flags =
      mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (database == nullptr) throw SqlError{"no memory"};
  if (code != SQLITE_OK) throw_error(database);
  sqlite3_busy_timeout(database, kBusyMilliseconds);
}

void Connection::run(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw_error(database_.get());
  }
}

int64_t Connection::number(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_.run("ROLLBACK");
  } catch (const SqlError&) {
    // Rolled back already, by what went wrong.
    open_ = false;
  }
}

void Transaction::commit() {
  connection_.run("COMMIT");
  open_ = false;
}

}  // namespace kmortem::scan
