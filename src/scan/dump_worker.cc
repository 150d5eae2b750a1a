// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/dump_worker.h"

#include <fmt/core.h>

#include <filesystem>
#include <iterator>
#include <span>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/confinement.h"
#include "base/stable_hash.h"
#include "checks/registry.h"
#include "debuginfo/find_vmlinux.h"
#include "debuginfo/kernel_debuginfo.h"
#include "model/report.h"
#include "postmortem/open_dump.h"
#include "postmortem/read_snapshot.h"
#include "postmortem/source_lines.h"
#include "report/grade_text.h"
#include "report/html.h"
#include "report/json.h"
#include "report/redact.h"
#include "scan/log_only.h"
#include "scan/whole_file.h"

namespace kmortem::scan {

namespace {

namespace fs = std::filesystem;

std::string_view severity_text(model::Severity severity) {
  switch (severity) {
    case model::Severity::error:
      return "error";
    case model::Severity::warning:
      return "warning";
    case model::Severity::note:
      break;
  }
  return "note";
}

FindingRow row_of(const model::Finding& finding) {
  FindingRow row;
  row.rule = finding.rule;
  row.severity = severity_text(finding.severity);
  row.grade = report::grade_text(finding.grade);
  row.title = finding.title;
  row.signature = finding.signature;
  for (const model::LockRef& lock : finding.locks) {
    if (lock.name.empty()) continue;
    if (!row.locks.empty()) row.locks += ", ";
    row.locks += lock.name;
  }
  if (finding.consequence_of) row.consequence_of = static_cast<int64_t>(*finding.consequence_of);
  return row;
}

/// Kernels that nobody named say "(none)", and many that nobody cared about "localhost".
bool says_nothing(const std::string& host) {
  return host.empty() || host == "(none)" || host.starts_with("localhost");
}

std::string host_of(const model::Report& report, const Item& item) {
  const std::string& own = report.snapshot.kernel.node_name;
  return says_nothing(own) ? item.host : own;
}

void describe(const model::Report& report, Outcome& outcome) {
  const model::Snapshot& snapshot = report.snapshot;
  const model::KernelInfo& kernel = snapshot.kernel;
  outcome.release = kernel.release.empty() ? snapshot.dump.release : kernel.release;
  outcome.version = kernel.version;
  outcome.build_id =
      snapshot.dump.build_id.empty() ? snapshot.debuginfo.build_id : snapshot.dump.build_id;
  outcome.format = snapshot.dump.format;
  outcome.panic = kernel.panic_message;
  outcome.crashed_at = kernel.crash_time;
  outcome.uptime_ms = kernel.uptime_ns / 1'000'000;
  outcome.present_bytes = snapshot.dump.present_bytes;
  for (const model::Finding& finding : report.findings) outcome.findings.push_back(row_of(finding));
}

void add_folder_of(const std::string& file, std::vector<std::string>& folders) {
  if (file.empty()) return;
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  folders.push_back(fs::path(file).parent_path().string());
  if (!error) folders.push_back(real.parent_path().string());
}

class ItemWorker {
 public:
  ItemWorker(const Item& item, const WorkerSettings& settings) : item_(item), settings_(settings) {}

  Outcome run() {
    if (item_.is_log) return with_log_only(nullptr, "the dump itself was not saved");
    auto dump = open_dump();
    if (!dump) return without_dump(dump.error().message);
    std::string vmlinux = settings_.store->find((*dump)->info().build_id);
    if (vmlinux.empty()) {
      const model::DumpInfo& info = (*dump)->info();
      debuginfo::OpenOptions options;
      options.debug_dirs = settings_.debug_dirs;
      auto found = debuginfo::find_vmlinux(info.build_id, info.release, item_.path, options);
      if (!found) return with_log_only(dump->get(), found.error().message);
      vmlinux = std::move(*found);
    }
    return with_vmlinux(std::move(*dump), vmlinux);
  }

 private:
  Result<std::unique_ptr<dump::DumpFile>> open_dump() const {
    if (item_.parts.empty()) return dump::DumpFile::open(item_.path);
    return dump::DumpFile::open(std::span(item_.parts));
  }

  /// What is read from now on comes from the dump: it needs no more than this.
  void confine_to(const std::string& vmlinux) {
    ConfinementPaths paths;
    paths.readable = settings_.debug_dirs;
    for (const char* folder : {"/usr/lib/debug", "/lib/modules"}) {
      paths.readable.emplace_back(folder);
    }
    if (!settings_.modules_dir.empty()) paths.readable.push_back(settings_.modules_dir);
    for (const std::string& file : {item_.path, item_.log, vmlinux}) {
      add_folder_of(file, paths.readable);
    }
    const std::string cache = debuginfo::default_cache_dir();
    if (settings_.use_cache && !cache.empty()) paths.writable.push_back(cache);
    const fs::path report = fs::path(settings_.output_dir) / report_path(item_);
    std::error_code ignored;
    fs::create_directories(report.parent_path(), ignored);
    paths.writable.push_back(report.parent_path().string());
    confine(paths);
  }

  Outcome with_vmlinux(std::unique_ptr<dump::DumpFile> dump, const std::string& vmlinux) {
    postmortem::OpenRequest request;
    request.vmlinux = vmlinux;
    request.use_cache = settings_.use_cache;
    request.cache_once = true;
    auto opened = postmortem::open_over(std::move(dump), request);
    if (!opened) return not_of_this_kernel(opened.error().message);
    confine_to(vmlinux);
    auto parts = postmortem::SnapshotParts::everything();
    parts.memory_scan = settings_.memory_scan;
    model::Report report;
    report.snapshot = postmortem::read_snapshot(*opened, parts, nullptr);
    report.findings = checks::run_checks(report.snapshot);
    std::vector<std::string> folders;
    if (!settings_.modules_dir.empty()) folders.push_back(settings_.modules_dir);
    postmortem::add_source_lines(report, *opened, std::move(folders));
    Outcome outcome = written(std::move(report), Status::analysed, "");
    outcome.parsed_vmlinux = !opened->debuginfo_info.from_cache;
    // The cache only saves time.
    std::ignore = opened->debuginfo->save_cache();
    return outcome;
  }

  Outcome with_log_only(dump::DumpFile* dump, const std::string& why) {
    confine_to("");
    model::Report report = log_only_report(dump, item_, why);
    if (report.snapshot.log.empty()) {
      const Status status = item_.is_log ? Status::unreadable : Status::no_vmlinux;
      return written(std::move(report), status, why);
    }
    return written(std::move(report), Status::log_only, why);
  }

  /// The vmlinux that was found is damaged or another kernel's; the dump is open no more.
  Outcome not_of_this_kernel(const std::string& why) {
    const auto again = open_dump();
    return with_log_only(again ? again->get() : nullptr, why);
  }

  /// A dump that cannot be opened may still have its log beside it.
  Outcome without_dump(const std::string& why) {
    if (item_.log.empty()) return failed(Status::unreadable, why);
    Outcome outcome = with_log_only(nullptr, why);
    outcome.status = Status::unreadable;
    return outcome;
  }

  std::string cover_host(const std::string& host) const {
    return host.empty() || settings_.covers == nullptr ? host : settings_.covers->of_host(host);
  }

  /// The host goes by one name in all reports, where redacting one by itself would number them.
  model::Report covered(model::Report report, const std::string& host) const {
    report = report::redacted(std::move(report));
    report.snapshot.dump.path = item_.name;
    if (!host.empty()) report.snapshot.kernel.node_name = host;
    return report;
  }

  Outcome written(model::Report report, Status status, const std::string& reason) {
    Outcome outcome;
    outcome.status = status;
    outcome.reason = reason;
    outcome.host = cover_host(host_of(report, item_));
    if (settings_.covers != nullptr) report = covered(std::move(report), outcome.host);
    describe(report, outcome);
    outcome.report = report_path(item_);
    const std::string path = settings_.output_dir + "/" + outcome.report;
    auto done = write_whole_file(path, settings_.tag, report::report_json(report));
    if (done && settings_.pages != nullptr) {
      done = write_whole_file(page_path(path), settings_.tag,
                              report::report_html(report, *settings_.pages));
    }
    if (done) return outcome;
    return failed(Status::crashed, done.error().message);
  }

  Outcome failed(Status status, const std::string& reason) const {
    Outcome outcome;
    outcome.status = status;
    outcome.reason = reason;
    outcome.host = cover_host(item_.host);
    return outcome;
  }

  const Item& item_;
  const WorkerSettings& settings_;
};

}  // namespace

std::string report_path(const Item& item) {
  const std::string name = fmt::format("{:016x}", stable_hash(item.name));
  return "reports/" + name.substr(0, 2) + "/" + name + ".json";
}

std::string page_path(const std::string& report) {
  return fs::path(report).replace_extension(".html").string();
}

Outcome analyse_item(const Item& item, const WorkerSettings& settings) {
  return ItemWorker(item, settings).run();
}

}  // namespace kmortem::scan
