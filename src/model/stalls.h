// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kmortem::model {

/// What the lockup detectors remember of one CPU (kernel/watchdog.c).
struct CpuWatchdog {
  int cpu = 0;
  /// Since the watchdog's own task last ran there: nothing else ran either. Nothing when the
  /// detector does not watch the CPU, or was told to be patient (touched).
  std::optional<uint64_t> silent_ns;
  /// How long the watchdog's timer is overdue: the CPU has taken no timer interrupt since.
  std::optional<uint64_t> timer_late_ns;
  bool hard_lockup_reported = false;  ///< the NMI watchdog's own flag
};

struct Watchdogs {
  bool enabled = false;
  uint64_t threshold_ns = 0;  ///< watchdog_thresh; a soft lockup is twice that
  std::vector<CpuWatchdog> cpus;
};

/// A grace period of one RCU flavour (rcu_state); since 4.20 there is one flavour.
struct GracePeriod {
  std::string flavour;  ///< "rcu_state", "rcu_sched_state": the variable
  bool in_progress = false;
  uint64_t age_ns = 0;            ///< since it began
  uint64_t stall_timeout_ns = 0;  ///< rcu_cpu_stall_timeout; 0 when not known
  std::vector<int> waits_for_cpus;
  std::vector<uint64_t> waits_for_tasks;  ///< preempted readers: task_struct
};

/// The kernel's own data on what makes no progress, and what time it was.
struct Stalls {
  uint64_t now_ns = 0;  ///< sched_clock() at the latest place that tells; 0 when not known
  Watchdogs watchdogs;
  std::vector<GracePeriod> grace_periods;
  bool hung_tasks_watched = false;    ///< khungtaskd is there, and its timeout is not 0
  uint64_t hung_task_timeout_ns = 0;  ///< sysctl_hung_task_timeout_secs; 120 s where unknown
};

}  // namespace kmortem::model
