// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "scan/item.h"
#include "scan/outcome.h"
#include "scan/sqlite.h"

namespace kmortem::scan {

/// What the database has of an item from an earlier run.
struct Recorded {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  std::string tool;
  Status status = Status::crashed;
  std::string report;
};

/// The results of a scan, in one file. Each result is written in one transaction: whoever is killed
/// leaves all that was recorded before, and nothing by halves. One process at a time writes it.
class Database {
 public:
  /// Opens the file, or makes it. Fails with one line: no room, no database, another version's,
  /// another process writes it.
  static Result<std::unique_ptr<Database>> open(const std::string& path);

  /// What is known of the item that results call `name`.
  std::optional<Recorded> recorded(const std::string& name);

  /// By which kmortem, and how, dumps were looked at: each text once.
  std::vector<std::string> tools();

  /// Puts the outcome in the place of what was there for the item.
  Result<void> record(const Item& item, const std::string& tool, int64_t now,
                      const Outcome& outcome);

  /// Whether any dump has a finding.
  bool has_findings();

  /// Removes what nothing refers to any more, and leaves one self-contained file.
  Result<void> finish();

  Connection& connection() { return connection_; }

 private:
  explicit Database(const std::string& path) : connection_(path, Connection::Mode::write) {}
  void prepare();
  std::optional<int64_t> add_kernel(const Outcome& outcome);
  std::optional<int64_t> add_host(const std::string& name);
  int64_t add_signature(const FindingRow& finding);
  void add_dump(const Item& item, const std::string& tool, int64_t now, const Outcome& outcome);
  void add_findings(int64_t dump, const Outcome& outcome);

  Connection connection_;
};

/// What the texts of the column `tool` end with when names were left out of the results.
inline constexpr std::string_view kRedacting = ", redacting";

/// The database of a scan, for reading. Throws SqlError: there is no such file, or it is no such
/// database.
Connection open_recorded(const std::string& path);

/// The row of `path` in dumps, `name` in hosts, ...: a number that only depends on the text.
int64_t row_id(std::string_view text);

/// Rows of kernels, hosts and signatures that no dump or finding refers to any more are removed.
void remove_orphans(Connection& connection);

}  // namespace kmortem::scan
