// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/snapshot.h"

namespace kmortem::checks {

/// Where a task stands that it must hold no lock: "has exited", "is in user mode", "is on its way
/// to user mode"; empty when it may.
std::string left_kernel(const model::Task& task);

/// What held_locks[] has of such a task, in their order; empty when it may hold them. An interrupt
/// that came in user mode may hold locks of its own.
std::vector<const model::HeldLock*> left_behind(const model::Task& task);

/// The owner of a lock that has left the kernel with it, by the lock's own owner field; null when
/// there is none.
const model::LockParty* leaving_owner(const model::Snapshot& snapshot,
                                      const model::LockState& lock);

/// True when the lock's owner has left the kernel with it, or does not exist any more.
bool leaked(const model::Snapshot& snapshot, const model::LockState& lock);

}  // namespace kmortem::checks
