// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "debuginfo/type_table.h"

namespace kmortem::kernel {

/// The members of task_struct that are read, resolved once.
struct TaskLayout {
  using Field = debuginfo::Field;

  /// `extra` names further members ("task_struct.blocked_on") that must lie in the bytes read.
  TaskLayout(const debuginfo::TypeTable& types, std::span<const std::string_view> extra);

  std::optional<Field> tasks;         ///< list_head: the ring of processes
  std::optional<Field> thread_node;   ///< list_head: a process's threads, headed in signal_struct
  std::optional<Field> thread_group;  ///< list_head: the same without a head (to 6.6)
  std::optional<Field> thread_head;   ///< in signal_struct
  std::optional<Field> pid, tgid, comm, stack, flags, signal;
  std::optional<Field> state;  ///< __state (5.14), state
  std::optional<Field> exit_state;
  std::optional<Field> cpu;           ///< in task_struct (4.9), thread_info inside it (5.16)
  std::optional<Field> cpu_on_stack;  ///< in thread_info at the bottom of the stack (to 4.8)
  std::optional<Field> exec_start, last_arrival;  ///< in se, sched_info
  std::optional<Field> nvcsw, nivcsw, last_switch_count;
  std::optional<Field> curr_chain_key, lockdep_recursion;

  uint64_t bytes = 0;  ///< how much of task_struct to read
  bool usable() const { return tasks && pid && bytes != 0; }
};

}  // namespace kmortem::kernel
