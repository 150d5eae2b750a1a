// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/log_lines.h"
#include "model/snapshot.h"

namespace kmortem::checks {

/// A line of the log in which the kernel itself complains that something makes no progress.
struct StallLine {
  enum class Kind : uint8_t { soft_lockup, hard_lockup, hung_task, rcu_stall };
  Kind kind = Kind::soft_lockup;
  LogLine line;
  int cpu = -1;      ///< the CPU named; -1 when the line names none
  int pid = -1;      ///< the task named
  std::string comm;  ///< of that task
};

/// All of them, oldest first. Titles of 3.10 to 7.1, whatever prefix ("watchdog: ", "NMI
/// watchdog: ", "rcu: ") the release has.
std::vector<StallLine> stall_lines(const std::vector<LogLine>& lines);

/// The last of them of that kind about a CPU or a task; null without one.
const StallLine* last_about_cpu(const std::vector<StallLine>& lines, StallLine::Kind kind, int cpu);
const StallLine* last_about_task(const std::vector<StallLine>& lines, const model::Task& task);

}  // namespace kmortem::checks
