// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernel/target.h"
#include "locks/lockdep_layout.h"
#include "locks/stack_traces.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Fills lockdep->counters: the variables behind /proc/lockdep_stats, the number of stack traces in
/// stack_trace_hash, and with CONFIG_DEBUG_LOCKDEP the per-cpu counters, each class's ops with
/// them. Expects classes and chains to be filled.
void read_counters(const kernel::Target& target, const LockdepLayout& layout,
                   model::Lockdep* lockdep);

/// Fills lockdep->tables from what was read: how full each of lockdep's fixed tables is.
void fill_tables(const LockdepLayout& layout, model::Lockdep* lockdep);

}  // namespace kmortem::locks
