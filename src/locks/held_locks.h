// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/target.h"
#include "locks/lockdep_layout.h"
#include "model/lockdep.h"
#include "model/machine.h"

namespace kmortem::locks {

/// Takes the locks that a task holds, by lockdep's own account, out of its task_struct: held_locks
/// up to lockdep_depth, and the slot after them.
class HeldLockReader {
 public:
  /// Resolves the members of task_struct and held_lock once. `lockdep` tells which class indices
  /// are valid; it is borrowed.
  HeldLockReader(const kernel::Target& target, const model::Lockdep& lockdep, bool one_based_index);

  /// False when the kernel's tasks have no held_locks.
  bool known() const { return static_cast<bool>(held_locks_) && static_cast<bool>(depth_); }

  /// Fills lockdep_known, lockdep_recursion, curr_chain_key, held_locks and one_past_top of the
  /// task at task->address. What cannot be read, and a depth beyond held_locks[], is a Problem.
  void read(model::Task* task) const;

  /// One held_lock. acquired_at has only the pc.
  model::HeldLock decode(uint64_t address, std::span<const std::byte> bytes) const;

 private:
  void take_slots(uint64_t address, std::span<const std::byte> slots, uint64_t depth,
                  model::Task* task) const;

  const kernel::Target& target_;
  const model::Lockdep& lockdep_;
  bool one_based_index_;
  uint64_t slot_size_ = 0;
  OptionalField held_locks_, depth_, curr_chain_key_, recursion_;
  OptionalField prev_chain_key_, acquire_ip_, instance_, nest_lock_, class_idx_, irq_context_;
  OptionalField trylock_, read_, check_, hardirqs_off_, references_;
  OptionalField pin_count_;  // 4.2
  OptionalField stamp_;      // with CONFIG_LOCK_STAT
  OptionalField sync_;       // 6.4
};

/// Reads the held locks of every task.
void read_held_locks(const kernel::Target& target, const model::Lockdep& lockdep,
                     std::vector<model::Task>* tasks);

}  // namespace kmortem::locks
