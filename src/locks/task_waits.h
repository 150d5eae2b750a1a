// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/record.h"
#include "kernel/target.h"
#include "locks/lockdep_layout.h"
#include "model/machine.h"

namespace kmortem::locks {

/// What a task_struct says of the task's waiting.
struct TaskWait {
  uint64_t task = 0;
  uint64_t blocked_on = 0;     ///< mutex_waiter * (CONFIG_DEBUG_MUTEXES), since 7.x struct mutex *
  uint64_t pi_blocked_on = 0;  ///< rt_mutex_waiter *
  uint64_t blocker = 0;        ///< 7.x: a lock's address, its kind in the two low bits
  uint64_t sp = 0;             ///< thread.sp: where its stack stands, when it does not run
  uint64_t last_ran = 0;       ///< rq_clock_task() when it last ran, ns; 0 when not known
};

/// Takes that out of each task_struct while its bytes are at hand (kernel::TaskReading).
class TaskWaitReader {
 public:
  explicit TaskWaitReader(const debuginfo::TypeTable& types);

  static std::span<const std::string_view> members();
  void visit(const kernel::Record& bytes, const model::Task& task);

  /// task_struct.blocked_on names the mutex itself, not the waiter.
  bool blocked_on_mutex() const { return blocked_on_mutex_; }
  std::span<const TaskWait> all() const { return all_; }

 private:
  OptionalField blocked_on_, pi_blocked_on_, blocker_, sp_, exec_start_;
  bool blocked_on_mutex_ = false;
  std::vector<TaskWait> all_;
};

}  // namespace kmortem::locks
