// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "locks/lock_book.h"
#include "locks/lock_word.h"
#include "model/lockdep.h"
#include "model/machine.h"

namespace kmortem::locks {

/// One entry of a task's held_locks[], which says that the task holds a lock or has begun to take
/// it: lockdep enters a lock before the task blocks on it.
struct HeldClaim {
  const model::Task* task = nullptr;
  size_t slot = 0;
  /// The task went on to take another lock in the same context afterwards: so it did get this one.
  bool went_on = false;
  bool repeated = false;  ///< an earlier slot of the task names the same lock
  bool live = false;      ///< lockdep had not stopped

  const model::HeldLock& held() const { return task->held_locks[slot]; }
};

/// The claims of a task, by slot.
std::vector<HeldClaim> claims_of(const model::Task& task, bool live);

/// Decides from the lock's own word and from who is known to own or await it whether the claim
/// makes its task an owner or a waiter, and enters that; what contradicts the word goes to
/// `undecided`. `word` is null when the lock could not be read or has none.
void judge_claim(const HeldClaim& claim, const LockWord* word, model::LockState* state);

}  // namespace kmortem::locks
