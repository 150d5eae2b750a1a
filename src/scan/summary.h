// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace kmortem::scan {

/// A row of the view `bugs`.
struct Bug {
  std::string signature;
  std::string rule;
  std::string severity;
  std::string title;
  int64_t dumps = 0;
  int64_t hosts = 0;
  int64_t kernels = 0;
  int64_t first_seen = 0;
  int64_t last_seen = 0;
  bool only_consequence = false;  ///< wherever it was found, it follows from another
};

struct KernelCount {
  std::string release;
  std::string version;
  int64_t dumps = 0;
  int64_t with_findings = 0;
};

/// What a database says in all.
struct Summary {
  std::vector<std::pair<std::string, int64_t>> by_status;  ///< best first, those that there are
  int64_t dumps = 0;
  int64_t with_findings = 0;
  int64_t hosts = 0;
  int64_t first_seen = 0;
  int64_t last_seen = 0;
  std::vector<Bug> bugs;                                      ///< the most frequent first
  std::vector<KernelCount> kernels;                           ///< the most frequent first
  std::vector<std::pair<std::string, std::string>> failures;  ///< path and reason, by path
};

/// Reads the database of a scan. Fails with one line.
Result<Summary> read_summary(const std::string& path);

/// For people.
std::string summary_text(const Summary& summary);
/// The same as JSON ("kmortem-scan-summary/1", docs/scan.md).
std::string summary_json(const Summary& summary);

/// "2026-01-31 23:59", UTC.
std::string time_text(int64_t seconds);

}  // namespace kmortem::scan
