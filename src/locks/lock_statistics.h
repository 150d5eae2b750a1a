// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "kernel/target.h"
#include "model/lock_statistics.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Sums cpu_lock_stats[] over the possible CPUs for every class (lock_stats() of
/// kernel/locking/lockdep.c). Empty when the kernel has no CONFIG_LOCK_STAT. `symbolize` names a
/// contention point. Counting ends with everything else when debug_locks goes to 0.
std::vector<model::ClassStatistics> read_lock_statistics(
    const kernel::Target& target, const model::Lockdep& lockdep,
    const std::function<model::Frame(uint64_t)>& symbolize);

}  // namespace kmortem::locks
