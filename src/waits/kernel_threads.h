// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "waits/scene.h"

namespace kmortem::waits {

/// A kernel thread and its struct kthread.
struct KernelThread {
  const model::Task* task = nullptr;
  uint64_t kthread = 0;
};

/// Every kernel thread whose struct kthread is known: task_struct.worker_private (5.17),
/// set_child_tid (4.10), before that around vfork_done. to_kthread() of kernel/kthread.c.
std::vector<KernelThread> read_kernel_threads(const Scene& scene);

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
std::vector<Worker> busy_workers(const Scene& scene, std::span<const KernelThread> threads);

}  // namespace kmortem::waits
