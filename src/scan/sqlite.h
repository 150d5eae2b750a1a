// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace kmortem::scan {

/// What SQLite says went wrong: caught where a Result is made of it. A database is written by us
/// and read by us, so an error is the disk's or somebody else's doing, and ends the command.
struct SqlError {
  std::string message;
};

/// A prepared statement. Errors are thrown as SqlError.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  Statement& bind(int place, int64_t value);
  Statement& bind(int place, std::string_view value);
  /// NULL without a value, and for empty text.
  Statement& bind(int place, std::optional<int64_t> value);
  Statement& bind_text_or_null(int place, std::string_view value);

  /// True while there is a row.
  bool step();
  /// Runs to the end, and is ready to be bound anew.
  void run();
  void reset();

  int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::string text(int column) const;
  bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }

 private:
  struct End {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void check(int code) const;
  std::unique_ptr<sqlite3_stmt, End> statement_;
};

/// An open database file.
class Connection {
 public:
  enum class Mode : uint8_t { read, write };

  /// Throws SqlError: missing (for reading), no room, no database.
  Connection(const std::string& path, Mode mode);

  void run(const std::string& sql);
  Statement prepare(std::string_view sql) { return {database_.get(), sql}; }
  int64_t number(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  std::unique_ptr<sqlite3, Close> database_;
};

/// All or nothing: rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace kmortem::scan
