// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernel/target.h"
#include "locks/lock_classes.h"
#include "locks/lockdep_layout.h"
#include "locks/stack_traces.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Fills lockdep->dependencies and each class's locks_after and locks_before, in list order.
/// list_entries[] is one read and the lists are followed inside it, each entry at most once; links
/// that lead elsewhere and entries whose two halves disagree become inconsistencies.
void read_dependencies(const kernel::Target& target, const LockdepLayout& layout,
                       const ClassTable& table, StackTraces* traces, model::Lockdep* lockdep);

}  // namespace kmortem::locks
