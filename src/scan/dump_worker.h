// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "report/rule_text.h"
#include "scan/cover_names.h"
#include "scan/item.h"
#include "scan/outcome.h"
#include "scan/vmlinux_store.h"

namespace kmortem::scan {

/// What is the same for every item of a scan.
struct WorkerSettings {
  std::string output_dir;  ///< reports go below it
  std::string tag;         ///< of the files that are being written: whose they are
  std::vector<std::string> debug_dirs;
  std::string modules_dir;
  bool use_cache = true;
  bool memory_scan = true;
  const VmlinuxStore* store = nullptr;
  const CoverNames* covers = nullptr;        ///< null: results say whose machines they were
  const report::RuleTexts* pages = nullptr;  ///< null: no HTML
};

/// The report's file below the output folder: two hundred and fifty-six folders share them.
std::string report_path(const Item& item);
/// The page that belongs to a report.
std::string page_path(const std::string& report);

/// Analyses one item and writes its report, in a process that does nothing else: it confines
/// itself on the way. Never fails; how far it got is the outcome's status.
Outcome analyse_item(const Item& item, const WorkerSettings& settings);

}  // namespace kmortem::scan
