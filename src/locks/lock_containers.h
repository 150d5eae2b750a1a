// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kernel/target.h"
#include "locks/lock_decoders.h"
#include "locks/waiter_lists.h"
#include "model/lockdep.h"
#include "model/machine.h"

namespace kmortem::locks {

/// Which tasks there are, and where their stacks lie.
class KnownTasks {
 public:
  KnownTasks(const kernel::Target& target, std::span<const model::Task> tasks);

  /// Null when no task has that task_struct.
  const model::Task* find(uint64_t address) const;
  /// `address` lies on the stack of the task at `task`.
  bool on_stack_of(uint64_t task, uint64_t address) const;
  size_t count() const { return by_address_.size(); }
  /// Bytes of a task's stack.
  uint64_t stack_size() const { return stack_size_; }

 private:
  std::unordered_map<uint64_t, const model::Task*> by_address_;
  uint64_t stack_size_;
};

struct LockAt {
  uint64_t address = 0;
  model::LockType type = model::LockType::unknown;
};

/// Finds the lock that a part of it belongs to.
class LockContainers {
 public:
  /// Borrows everything.
  LockContainers(const kernel::Target& target, const LockDecoders& decoders,
                 const WaiterReader& waiters, const KnownTasks& tasks,
                 const model::Lockdep& lockdep);

  /// The lock whose lockdep_map is at `map`: of the types that have one, that which is consistent
  /// in itself there. lockdep_only with the map's own address when none is. `has_readers`: whether
  /// a lock of its class was ever taken for reading, where that is known.
  LockAt of_map(uint64_t map, std::optional<bool> has_readers) const;

  /// The lock of that type whose list of waiters has its head at `head`, if its word agrees that
  /// somebody waits.
  std::optional<LockAt> of_wait_list(model::LockType type, uint64_t head) const;

  /// A lock's word, when all of it can be read.
  std::optional<LockWord> read(const LockAt& lock) const;

  /// Whether what lies at `lock` may be such a lock while somebody waits for it.
  bool may_be_contended(const LockAt& lock) const;

 private:
  enum class Rwbase { no, perhaps, yes };

  bool fits_map(const LockDecoder& decoder, uint64_t map, std::optional<bool> has_readers) const;
  bool preempt_rt() const;
  Rwbase rwbase_before(uint64_t map, std::optional<bool> has_readers) const;
  bool fits_rt(const LockAt& lock, uint64_t map, std::optional<bool> has_readers) const;
  std::optional<uint64_t> wait_type(uint64_t map) const;
  bool list_is_sound(model::LockType type, uint64_t address) const;

  const kernel::Target& target_;
  const LockDecoders& decoders_;
  const WaiterReader& waiters_;
  const KnownTasks& tasks_;
  uint64_t sleeping_ = 0;  // LD_WAIT_SLEEP; 0 before 5.7
  OptionalField wait_type_;
};

}  // namespace kmortem::locks
