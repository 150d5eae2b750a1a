// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/summary.h"

#include "scan/database.h"
#include "scan/outcome.h"
#include "scan/sqlite.h"

namespace kmortem::scan {

namespace {

void read_counts(Connection& database, Summary& summary) {
  for (const Status status : kStatuses) {
    const std::string text(status_text(status));
    Statement count = database.prepare("SELECT count(*) FROM dumps WHERE status = ?");
    count.bind(1, text).step();
    if (count.integer(0) != 0) summary.by_status.emplace_back(text, count.integer(0));
  }
  summary.dumps = database.number("SELECT count(*) FROM dumps");
  summary.with_findings = database.number("SELECT count(DISTINCT dump_id) FROM findings");
  summary.hosts = database.number("SELECT count(DISTINCT host_id) FROM dumps");
  summary.first_seen = database.number("SELECT min(seen_at) FROM dumps");
  summary.last_seen = database.number("SELECT max(seen_at) FROM dumps");
}

void read_bugs(Connection& database, Summary& summary) {
  Statement select = database.prepare(
      "SELECT signature, rule, severity, title, dumps, hosts, kernels, first_seen, last_seen, "
      "only_consequence FROM bugs ORDER BY only_consequence, dumps DESC, severity = 'error' DESC, "
      "signature");
  while (select.step()) {
    summary.bugs.push_back({select.text(0), select.text(1), select.text(2), select.text(3),
                            select.integer(4), select.integer(5), select.integer(6),
                            select.integer(7), select.integer(8), select.integer(9) != 0});
  }
}

void read_kernels(Connection& database, Summary& summary) {
  Statement select = database.prepare(
      "SELECT k.release, k.version, count(*), count((SELECT 1 FROM findings WHERE dump_id = d.id)) "
      "FROM dumps d JOIN kernels k ON k.id = d.kernel_id GROUP BY k.id "
      "ORDER BY 3 DESC, k.release, k.build_id");
  while (select.step()) {
    summary.kernels.push_back(
        {select.text(0), select.text(1), select.integer(2), select.integer(3)});
  }
}

void read_failures(Connection& database, Summary& summary) {
  Statement select = database.prepare(
      "SELECT path, status || coalesce(': ' || reason, '') FROM dumps WHERE status <> 'analysed' "
      "ORDER BY path");
  while (select.step()) summary.failures.emplace_back(select.text(0), select.text(1));
}

}  // namespace

Result<Summary> read_summary(const std::string& path) {
  try {
    Connection database = open_recorded(path);
    Summary summary;
    read_counts(database, summary);
    read_bugs(database, summary);
    read_kernels(database, summary);
    read_failures(database, summary);
    return summary;
  } catch (const SqlError& error) {
    return fail(path + ": " + error.message);
  }
}

}  // namespace kmortem::scan
