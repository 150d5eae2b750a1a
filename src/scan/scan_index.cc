// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/scan_index.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "scan/database.h"
#include "scan/dump_worker.h"
#include "scan/sqlite.h"

namespace kmortem::scan {

namespace {

using Places = std::map<int64_t, size_t>;  // of dumps, by id

// Beside a report that is JSON, a scan that was asked for pages has written one.
std::string page_of(const std::string& database, const std::string& report) {
  if (report.empty()) return "";
  const std::string page = page_path(report);
  std::error_code error;
  const auto folder = std::filesystem::path(database).parent_path();
  return std::filesystem::exists(folder / page, error) ? page : report;
}

model::ScanOutcome outcome_of(const std::string& status, bool findings) {
  if (status == "log-only") return model::ScanOutcome::log_only;
  if (status != "analysed") return model::ScanOutcome::failed;
  return findings ? model::ScanOutcome::findings : model::ScanOutcome::clean;
}

Places read_dumps(Connection& database, const std::string& path, model::ScanIndex& index) {
  Places places;
  Statement select = database.prepare(
      "SELECT d.id, d.path, d.report, d.status, d.reason, k.release, h.name, d.seen_at, d.panic, "
      "(SELECT count(*) FROM findings WHERE dump_id = d.id AND severity = 'error'), "
      "(SELECT count(*) FROM findings WHERE dump_id = d.id AND severity = 'warning'), "
      "(SELECT count(*) FROM findings WHERE dump_id = d.id AND severity = 'note') "
      "FROM dumps d LEFT JOIN kernels k ON k.id = d.kernel_id LEFT JOIN hosts h ON h.id = "
      "d.host_id ORDER BY d.path");
  while (select.step()) {
    model::ScanDump dump;
    dump.path = select.text(1);
    dump.report = page_of(path, select.text(2));
    dump.reason = select.text(4);
    dump.kernel = select.text(5);
    dump.host = select.text(6);
    dump.crash_time = select.integer(7);
    dump.panic = select.text(8);
    dump.errors = static_cast<uint64_t>(select.integer(9));
    dump.warnings = static_cast<uint64_t>(select.integer(10));
    dump.notes = static_cast<uint64_t>(select.integer(11));
    const bool findings = dump.errors + dump.warnings + dump.notes != 0;
    dump.outcome = outcome_of(select.text(3), findings);
    places.emplace(select.integer(0), index.dumps.size());
    index.dumps.push_back(std::move(dump));
  }
  return places;
}

model::Severity severity_of(const std::string& text) {
  if (text == "error") return model::Severity::error;
  return text == "warning" ? model::Severity::warning : model::Severity::note;
}

model::Grade grade_of(const std::string& text) {
  if (text == "proven") return model::Grade::proven;
  return text == "inferred" ? model::Grade::inferred : model::Grade::stale;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
}

// The rows come dump by dump, the latest last.
void read_findings(Connection& database, const Places& places, model::ScanIndex& index) {
  std::map<int64_t, model::ScanSignature> bugs;
  Statement select = database.prepare(
      "SELECT f.signature_id, s.signature, s.rule, f.severity, f.grade, f.title, f.dump_id "
      "FROM findings f JOIN signatures s ON s.id = f.signature_id JOIN dumps d ON d.id = f.dump_id "
      "ORDER BY d.seen_at, d.path, f.number");
  while (select.step()) {
    const auto place = places.find(select.integer(6));
    if (place == places.end()) continue;
    const model::ScanDump& dump = index.dumps[place->second];
    const bool first = !bugs.contains(select.integer(0));
    model::ScanSignature& bug = bugs[select.integer(0)];
    bug.signature = select.text(1);
    bug.rule = select.text(2);
    const auto severity = severity_of(select.text(3));
    const auto grade = grade_of(select.text(4));
    bug.severity = first ? severity : std::min(bug.severity, severity);
    bug.grade = first ? grade : std::min(bug.grade, grade);
    bug.title = select.text(5);
    ++bug.findings;
    add_once(bug.kernels, dump.kernel);
    add_once(bug.hosts, dump.host);
    if (first) bug.first_seen = dump.crash_time;
    bug.last_seen = dump.crash_time;
    if (std::ranges::find(bug.dumps, place->second) == bug.dumps.end()) {
      bug.dumps.push_back(place->second);
    }
  }
  for (auto& [id, bug] : bugs) {
    std::ranges::sort(bug.dumps);
    index.signatures.push_back(std::move(bug));
  }
  std::ranges::sort(index.signatures, [](const auto& a, const auto& b) {
    if (a.severity != b.severity) return a.severity < b.severity;
    if (a.dumps.size() != b.dumps.size()) return a.dumps.size() > b.dumps.size();
    return a.signature < b.signature;
  });
}

// Where results without names lie is for their owner to know.
std::string title_of(Connection& database, const std::string& path) {
  const int64_t redacted = database.number(
      fmt::format("SELECT EXISTS (SELECT 1 FROM dumps WHERE tool LIKE '%{}')", kRedacting));
  return redacted == 0 ? path : std::filesystem::path(path).filename().string();
}

}  // namespace

Result<model::ScanIndex> read_scan_index(const std::string& path) {
  try {
    Connection database = open_recorded(path);
    model::ScanIndex index;
    index.title = title_of(database, path);
    index.made_at = database.number("SELECT max(analysed_at) FROM dumps");
    const Places places = read_dumps(database, path, index);
    read_findings(database, places, index);
    return index;
  } catch (const SqlError& error) {
    return fail(path + ": " + error.message);
  }
}

}  // namespace kmortem::scan
