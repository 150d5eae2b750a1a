// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "kernel/target.h"

namespace kmortem::kernel {

/// The tasks that the kernel's index of pids leads to: the way to those that damage hides from
/// their lists.
struct TasksByPid {
  std::vector<uint64_t> tasks;  ///< task_structs, by pid
  bool whole = false;           ///< no part of the index was missing
};

/// init_pid_ns.idr (4.15; a radix tree, an xarray since 4.20) holds a struct pid for each pid in
/// use, whose first list has the task. Empty, and not whole, for older kernels. Idle tasks are not
/// in it.
TasksByPid read_tasks_by_pid(const Target& target);

}  // namespace kmortem::kernel
