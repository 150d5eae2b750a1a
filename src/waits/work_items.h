// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "waits/kernel_threads.h"
#include "waits/scene.h"

namespace kmortem::waits {

/// What a completion means to the workqueues (kernel/workqueue.c).
class WorkItems {
 public:
  /// Reads the workers among the threads.
  WorkItems(const Scene& scene, std::span<const KernelThread> threads);

  /// The work item whose end completes `completion`: that of the wq_barrier around it, on the
  /// waiter's stack, which flush_work() and cancel_work_sync() put behind what a worker runs.
  /// Nothing while no worker has begun it.
  std::optional<model::LockState> behind_barrier(uint64_t completion) const;

  /// The workqueue that flush_workqueue() waits for with `completion`, if its wq_flusher is the
  /// first in line. Owners are the workers that run one of its items: proven when the item has the
  /// flusher's colour, otherwise none.
  std::optional<model::LockState> of_flusher(uint64_t completion) const;

 private:
  const Worker* worker_with(uint64_t barrier_entry) const;

  const Scene& scene_;
  std::vector<Worker> workers_;
};

}  // namespace kmortem::waits
