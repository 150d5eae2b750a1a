// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "waits/scene.h"

namespace kmortem::waits {

/// Where struct kthread of a kernel thread lies: task_struct.worker_private (5.17), set_child_tid
/// (4.10), before that around vfork_done; 0 when not known. to_kthread() of kernel/kthread.c.
uint64_t kthread_of(const kernel::Target& target, const model::Task& task);

/// One thread of a workqueue (struct worker) that runs a work item.
struct Worker {
  uint64_t address = 0;
  const model::Task* task = nullptr;
  uint64_t work = 0;        ///< current_work
  uint64_t function = 0;    ///< current_func
  uint64_t pool_queue = 0;  ///< current_pwq
  uint64_t scheduled = 0;   ///< the address of its list `scheduled`
};

/// Every worker that is at work. kthread_data() of a worker's thread is its struct worker, which
/// names the thread in turn.
std::vector<Worker> busy_workers(const Scene& scene);

}  // namespace kmortem::waits
