// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checks/log_lines.h"

namespace kmortem::checks {

/// One lockdep report in the log: what its first lines say, as far as they are there.
struct LockReport {
  std::string_view rule;  ///< which of our rules is about the same bug; empty when none is
  LogLine title;          ///< "WARNING: inconsistent lock state"
  LogLine usage;          ///< "inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage."; else empty
  LogLine lock;           ///< "ffff… (&x->lock){+.?.}-{2:2}, at: f+0x1/0x2"; else empty
  std::string lock_name;  ///< "&x->lock": what stands in the parentheses before the usage letters
  uint64_t lock_address = 0;  ///< of the lockdep_map; 0 where the kernel hashed or left it out
  std::string taken_by;       ///< "swapper/1/0": the task that the report names; else empty
  std::string taken_at;       ///< "net_event_callback+0x373/0x490"; else empty
};

/// Lockdep's reports in the log, oldest first. Lockdep prints one and stops; more than one means
/// that the log holds older boots, or that a selftest switched it on again.
std::vector<LockReport> lock_reports(const std::vector<LogLine>& lines);

/// The rule that a line of the log is the title of a lockdep report about, "" for a report that no
/// rule covers; null when the line is no title. Both forms are known: "[ INFO: … ]" and
/// "[ BUG: … ]" (to 4.x), "WARNING: …" (since; "[ BUG: Invalid wait context ]" kept its brackets).
const std::string_view* report_title(std::string_view line);

}  // namespace kmortem::checks
