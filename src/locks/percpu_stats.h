// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernel/target.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Sums struct lockdep_stats over the possible CPUs (CONFIG_DEBUG_LOCKDEP): scalars into
/// counters.debug, lock_class_ops[] (el7, 4.18) into each class's ops.
void read_percpu_stats(const kernel::Target& target, model::Lockdep* lockdep);

}  // namespace kmortem::locks
