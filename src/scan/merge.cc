// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/merge.h"

#include <fmt/core.h>

#include <filesystem>
#include <system_error>

#include "scan/database.h"
#include "scan/outcome.h"
#include "scan/schema.h"

namespace kmortem::scan {

namespace {

std::string rank(const std::string& table) {
  std::string text = fmt::format("CASE {}.status", table);
  int place = 0;
  for (const Status status : kStatuses) {
    text += fmt::format(" WHEN '{}' THEN {}", status_text(status), place++);
  }
  return text + fmt::format(" ELSE {} END", place);
}

/// What is compared of two results for one dump: the smaller one counts. The last columns only see
/// to it that it is the same one whatever the order.
std::string merit(const std::string& table) {
  return fmt::format(
      "(-{0}.mtime_ns, {1}, -{0}.analysed_at, {0}.tool, {0}.size, {0}.duration_ms, {0}.memory_kb, "
      "coalesce({0}.reason, ''))",
      table, rank(table));
}

void check_input(Connection& connection, const std::string& path) {
  if (connection.number("PRAGMA other.application_id") != kApplicationId) {
    throw SqlError{path + ": is no database of kmortem scan"};
  }
  const int64_t version = connection.number("PRAGMA other.user_version");
  if (version != kSchemaVersion) {
    throw SqlError{fmt::format("{}: is of schema version {}, this kmortem reads version {}", path,
                               version, kSchemaVersion)};
  }
}

void take_over(Connection& connection) {
  connection.run(
      "CREATE TEMP TABLE better AS SELECT o.id FROM other.dumps o "
      "LEFT JOIN main.dumps m ON m.id = o.id WHERE m.id IS NULL OR " +
      merit("o") + " < " + merit("m"));
  connection.run(
      "INSERT INTO main.kernels SELECT * FROM other.kernels WHERE true ON CONFLICT (id) DO UPDATE "
      "SET release = coalesce(release, excluded.release), "
      "version = coalesce(version, excluded.version);"
      "INSERT OR IGNORE INTO main.hosts SELECT * FROM other.hosts;"
      "INSERT OR IGNORE INTO main.signatures SELECT * FROM other.signatures;"
      "DELETE FROM main.findings WHERE dump_id IN (SELECT id FROM better);"
      "INSERT OR REPLACE INTO main.dumps SELECT * FROM other.dumps "
      "WHERE id IN (SELECT id FROM better);"
      "INSERT INTO main.findings SELECT * FROM other.findings "
      "WHERE dump_id IN (SELECT id FROM better);"
      "DROP TABLE better");
}

void merge_one(Connection& connection, const std::string& path) {
  // ATTACH would make a file that is not there.
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) throw SqlError{path + ": no such file"};
  connection.prepare("ATTACH ? AS other").bind(1, path).run();
  check_input(connection, path);
  Transaction transaction(connection);
  take_over(connection);
  remove_orphans(connection);
  transaction.commit();
  connection.run("DETACH other");
}

}  // namespace

Result<void> merge_databases(const std::string& into, const std::vector<std::string>& from) {
  auto database = Database::open(into);
  if (!database) return std::unexpected(database.error());
  try {
    for (const std::string& path : from) merge_one((*database)->connection(), path);
  } catch (const SqlError& error) {
    static_cast<void>((*database)->finish());
    return fail(error.message);
  }
  return (*database)->finish();
}

}  // namespace kmortem::scan
