// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "report/rule_text.h"
#include "scan/discovery.h"
#include "scan/progress.h"
#include "scan/worker_pool.h"

namespace kmortem::scan {

struct ScanRequest {
  std::vector<std::string> roots;  ///< folders and files
  std::string manifest;            ///< a file with more of them, "-" for standard input; or empty
  std::string output_dir;
  std::vector<std::string> vmlinux_stores;
  std::vector<std::string> debug_dirs;
  std::string modules_dir;
  unsigned jobs = 1;
  WorkerLimits limits;
  Shard shard;
  bool retry_failed = false;
  bool use_cache = true;
  bool memory_scan = true;
  /// Results leave out whose machines they were; dumps and hosts go by names that stand for them.
  /// What they stand for is kept in the folder `private` of the output folder.
  bool redact = false;
  /// With it every dump gets an HTML page beside its JSON, and what a rule means stands there.
  std::optional<report::RuleTexts> pages;
};

struct ScanResult {
  std::string database;
  size_t found = 0;
  size_t skipped = 0;         ///< done before, and unchanged since
  size_t done = 0;            ///< in this run
  bool any_findings = false;  ///< in the database, now
  bool interrupted = false;
  std::vector<std::string> complaints;  ///< of folders and files that could not be looked at
};

/// Finds the dumps, analyses those that are new, changed, or done by another build, and records
/// each as it ends. SIGINT, SIGTERM and SIGHUP end it early, with all that was finished recorded.
/// Fails with one line when there is nowhere to write to. The process must have one thread only.
Result<ScanResult> scan(const ScanRequest& request,
                        const std::function<void(const Progress&)>& on_progress);

/// The database's file name: each shard has its own.
std::string database_name(const Shard& shard);

}  // namespace kmortem::scan
