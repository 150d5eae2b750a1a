// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/record.h"
#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// Sees the bytes of each task_struct once, while they are at hand, and may complete the task.
/// The record begins at the task's address and reaches at least to the end of held_locks[].
using TaskVisitor = std::function<void(const Record& bytes, model::Task& task)>;

struct TaskReading {
  TaskVisitor visit;                                ///< may be empty
  std::span<const std::string_view> extra_members;  ///< further members for `visit`
};

/// Every task: the idle task of each CPU, then the processes in the order of init_task.tasks, each
/// followed by its other threads, then what only runs on a CPU (an exiting task that has left the
/// lists). One read a task. Damage costs the tasks behind it that cannot be reached from the other
/// end, and is a problem. Held locks and stacks are other readers' work.
std::vector<model::Task> read_tasks(const Target& target, std::span<const model::Cpu> cpus,
                                    const TaskReading& reading = {});

}  // namespace kmortem::kernel
