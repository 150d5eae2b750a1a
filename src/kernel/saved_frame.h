// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "kernel/stack_memory.h"
#include "kernel/target.h"
#include "kernel/unwound_stack.h"

namespace kmortem::kernel {

/// Where a task that does not run left its registers when it was switched away from.
class SavedFrames {
 public:
  explicit SavedFrames(const Target& target);

  /// task_struct.thread.sp; nothing when it cannot be read.
  std::optional<uint64_t> saved_sp(uint64_t task) const;

  /// The frame to begin with: the caller of __switch_to_asm(), with what struct
  /// inactive_task_frame (4.9) holds; before, rbp alone and the place where switch_to() goes on.
  /// Nothing when `sp` is on none of the stacks.
  std::optional<UnwoundFrame> read(StackMemory& memory, uint64_t sp) const;

 private:
  std::optional<UnwoundFrame> read_old(StackMemory& memory, uint64_t sp) const;

  Target target_;
  std::optional<debuginfo::Field> sp_;
  std::optional<uint64_t> fork_entry_;  ///< where a task begins that never ran
};

}  // namespace kmortem::kernel
