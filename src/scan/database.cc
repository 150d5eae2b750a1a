// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/database.h"

#include <fmt/core.h>

#include <filesystem>
#include <system_error>

#include "base/stable_hash.h"
#include "scan/schema.h"

namespace kmortem::scan {

namespace {

std::unexpected<Error> sql_failure(const SqlError& error) {
  return fail("the database: " + error.message);
}

int64_t seen_at(const Item& item, const Outcome& outcome) {
  return outcome.crashed_at != 0 ? outcome.crashed_at : item.mtime_ns / 1'000'000'000;
}

std::string kernel_name(const Outcome& outcome) {
  if (!outcome.build_id.empty()) return outcome.build_id;
  return outcome.release.empty() ? "" : outcome.release + " " + outcome.version;
}

}  // namespace

Connection open_recorded(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw SqlError{"no such file"};
  Connection database(path, Connection::Mode::read);
  if (database.number("PRAGMA application_id") != kApplicationId) {
    throw SqlError{"is no database of kmortem scan"};
  }
  return database;
}

int64_t row_id(std::string_view text) {
  return static_cast<int64_t>(stable_hash(text) >> 1);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  try {
    std::unique_ptr<Database> database(new Database(path));
    database->prepare();
    return database;
  } catch (const SqlError& error) {
    return fail(fmt::format("{}: {}", path, error.message));
  }
}

void Database::prepare() {
  // In this order, the log of what is not yet in the database needs no memory shared between
  // processes, which a network's file system does not have.
  connection_.run("PRAGMA locking_mode = EXCLUSIVE");
  connection_.run("PRAGMA journal_mode = WAL");
  connection_.run("PRAGMA synchronous = NORMAL");
  const int64_t version = connection_.number("PRAGMA user_version");
  const int64_t tables = connection_.number("SELECT count(*) FROM sqlite_schema");
  const bool ours = connection_.number("PRAGMA application_id") == kApplicationId;
  if (tables != 0 && (!ours || version != kSchemaVersion)) {
    throw SqlError{ours ? fmt::format("is of schema version {}, this kmortem writes version {}",
                                      version, kSchemaVersion)
                        : "is no database of kmortem scan"};
  }
  Transaction transaction(connection_);
  connection_.run(kSchema);
  connection_.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                              kApplicationId, kSchemaVersion));
  transaction.commit();
}

std::optional<Recorded> Database::recorded(const std::string& name) {
  try {
    Statement select = connection_.prepare(
        "SELECT size, mtime_ns, tool, status, report FROM dumps WHERE id = ? AND path = ?");
    select.bind(1, row_id(name)).bind(2, name);
    if (!select.step()) return std::nullopt;
    return Recorded{static_cast<uint64_t>(select.integer(0)), select.integer(1), select.text(2),
                    status_of(select.text(3)), select.text(4)};
  } catch (const SqlError&) {
    return std::nullopt;
  }
}

Result<void> Database::record(const Item& item, const std::string& tool, int64_t now,
                              const Outcome& outcome) {
  try {
    Transaction transaction(connection_);
    add_dump(item, tool, now, outcome);
    add_findings(row_id(item.name), outcome);
    transaction.commit();
    return {};
  } catch (const SqlError& error) {
    return sql_failure(error);
  }
}

std::optional<int64_t> Database::add_kernel(const Outcome& outcome) {
  const std::string name = kernel_name(outcome);
  if (name.empty()) return std::nullopt;
  // A dump that tells its kernel's version fills it in for one that did not.
  Statement insert = connection_.prepare(
      "INSERT INTO kernels VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "release = coalesce(release, excluded.release), version = coalesce(version, "
      "excluded.version)");
  insert.bind(1, row_id(name))
      .bind_text_or_null(2, outcome.build_id)
      .bind_text_or_null(3, outcome.release)
      .bind_text_or_null(4, outcome.version)
      .run();
  return row_id(name);
}

std::optional<int64_t> Database::add_host(const std::string& name) {
  if (name.empty()) return std::nullopt;
  connection_.prepare("INSERT OR IGNORE INTO hosts VALUES (?, ?)")
      .bind(1, row_id(name))
      .bind(2, name)
      .run();
  return row_id(name);
}

int64_t Database::add_signature(const FindingRow& finding) {
  connection_.prepare("INSERT OR IGNORE INTO signatures VALUES (?, ?, ?)")
      .bind(1, row_id(finding.signature))
      .bind(2, finding.signature)
      .bind(3, finding.rule)
      .run();
  return row_id(finding.signature);
}

void Database::add_dump(const Item& item, const std::string& tool, int64_t now,
                        const Outcome& outcome) {
  const auto kernel = add_kernel(outcome);
  const auto host = add_host(outcome.host);
  connection_.prepare("INSERT OR REPLACE INTO dumps VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      .bind(1, row_id(item.name))
      .bind(2, item.name)
      .bind(3, static_cast<int64_t>(item.size))
      .bind(4, item.mtime_ns)
      .bind(5, tool)
      .bind(6, status_text(outcome.status))
      .bind_text_or_null(7, outcome.reason)
      .bind(8, kernel)
      .bind(9, host)
      .bind(10, seen_at(item, outcome))
      .bind_text_or_null(11, outcome.panic)
      .bind(12, static_cast<int64_t>(outcome.uptime_ms))
      .bind_text_or_null(13, outcome.format)
      .bind(14, static_cast<int64_t>(outcome.present_bytes))
      .bind_text_or_null(15, outcome.report)
      .bind(16, now)
      .bind(17, outcome.duration_ms)
      .bind(18, static_cast<int64_t>(outcome.memory_kb))
      .run();
}

void Database::add_findings(int64_t dump, const Outcome& outcome) {
  connection_.prepare("DELETE FROM findings WHERE dump_id = ?").bind(1, dump).run();
  Statement insert = connection_.prepare("INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  int64_t number = 0;
  for (const FindingRow& finding : outcome.findings) {
    insert.bind(1, dump)
        .bind(2, number++)
        .bind(3, add_signature(finding))
        .bind(4, finding.severity)
        .bind(5, finding.grade)
        .bind(6, finding.title)
        .bind_text_or_null(7, finding.locks)
        .bind(8, finding.consequence_of)
        .run();
  }
}

void remove_orphans(Connection& connection) {
  connection.run(
      "DELETE FROM signatures WHERE id NOT IN (SELECT signature_id FROM findings);"
      "DELETE FROM kernels WHERE id NOT IN (SELECT kernel_id FROM dumps WHERE kernel_id NOTNULL);"
      "DELETE FROM hosts WHERE id NOT IN (SELECT host_id FROM dumps WHERE host_id NOTNULL)");
}

std::vector<std::string> Database::tools() {
  std::vector<std::string> tools;
  try {
    Statement select = connection_.prepare("SELECT DISTINCT tool FROM dumps");
    while (select.step()) tools.push_back(select.text(0));
  } catch (const SqlError&) {
    tools.clear();
  }
  return tools;
}

bool Database::has_findings() {
  try {
    return connection_.number("SELECT EXISTS (SELECT 1 FROM findings)") != 0;
  } catch (const SqlError&) {
    return false;
  }
}

Result<void> Database::finish() {
  try {
    Transaction transaction(connection_);
    remove_orphans(connection_);
    transaction.commit();
    connection_.run("PRAGMA journal_mode = DELETE");
    return {};
  } catch (const SqlError& error) {
    return sql_failure(error);
  }
}

}  // namespace kmortem::scan
