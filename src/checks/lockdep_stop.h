// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/lock_reports.h"
#include "model/splat.h"

namespace kmortem::checks {

/// What can clear debug_locks.
enum class StopCause : uint8_t {
  report,       ///< a lockdep report
  table_full,   ///< "BUG: MAX_… too low!"
  misuse,       ///< a lock without key, a bad subclass, DEBUG_LOCKS_WARN_ON()
  lock_bug,     ///< spinlock or rwlock debugging: "BUG: spinlock bad magic"
  taint,        ///< "Disabling lock debugging due to kernel taint"
  oops,         ///< oops_enter()
  panic,        ///< panic(), past the point where kdump takes over
  unexplained,  ///< the log only says that it had happened
};

/// Whether the kernel prints such a report when it has just cleared debug_locks.
bool stops_lockdep(model::SplatType type);

/// The moment when lockdep stopped, as the log tells it.
struct LockdepStop {
  StopCause cause = StopCause::unexplained;
  LogLine line;
  std::optional<LockReport> report;  ///< of cause `report`
};

/// The first line of the log that clears debug_locks; nothing when the log has none. `lines` are
/// the log's, `splats` the reports in it.
std::optional<LockdepStop> find_lockdep_stop(const std::vector<model::Splat>& splats,
                                             const std::vector<LogLine>& lines);

}  // namespace kmortem::checks
