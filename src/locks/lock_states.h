// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

#include "kernel/target.h"
#include "locks/lock_classes.h"
#include "locks/party_at.h"
#include "locks/task_waits.h"
#include "model/lock_state.h"
#include "model/snapshot.h"

namespace kmortem::locks {

/// What the owners and waiters of locks are gathered from.
struct LockSources {
  const model::Lockdep& lockdep;
  std::span<const model::Task> tasks;
  std::span<const model::Cpu> cpus;
  const model::MemoryScan& scan;
  const TaskWaitReader& waits;
  /// What others have found out about a lock by its address: registers and instructions.
  std::span<const PartyAt> parties;
  const NameAddress& name_address;
  /// As on a kernel without lock debugging: neither the owners that debug spinlocks keep nor
  /// lockdep's record are asked. For tests of what registers and instructions tell.
  bool infer_owners = false;
};

/// Every lock that somebody holds or waits for, by address. A lock's own word decides: what it says
/// to be free has no owner, whoever else names one; lockdep's record tells who holds a lock that
/// keeps no owner; lists of waiters and queues of CPUs tell who waits. Lists that do not add up are
/// problems.
std::vector<model::LockState> read_lock_states(const kernel::Target& target,
                                               const LockSources& sources);

}  // namespace kmortem::locks
