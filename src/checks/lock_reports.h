// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checks/log_lines.h"
#include "model/splat.h"

namespace kmortem::checks {

/// One report of lockdep in the log, as the rules about the same bug quote it.
struct LockReport {
  std::string_view rule;  ///< which of our rules is about the same bug; empty when none is
  size_t title_line = 0;  ///< in the log's lines, from 0
  LogLine title;          ///< "WARNING: inconsistent lock state"
  LogLine usage;          ///< "inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage."; else empty
  LogLine lock;           ///< "ffff… (&x->lock){+.?.}-{2:2}, at: f+0x1/0x2"; else empty
  std::string lock_name;  ///< "&x->lock": the lock that it is about
  uint64_t lock_address = 0;  ///< of the lockdep_map; 0 where the kernel hashed or left it out
  std::string taken_by;       ///< "swapper/1/0": the task that the report names; else empty
  std::string taken_at;       ///< "net_event_callback+0x373/0x490"; else empty
};

/// Lockdep's reports among the splats of a log, which has these lines; oldest first. Lockdep prints
/// one and stops; more than one means that the log holds older boots, or that a selftest switched
/// it on again.
std::vector<LockReport> lock_reports(const std::vector<model::Splat>& splats,
                                     const std::vector<LogLine>& lines);

}  // namespace kmortem::checks
