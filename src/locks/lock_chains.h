// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernel/target.h"
#include "locks/lockdep_layout.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Fills lockdep->chains by index, from lock_chains[] and chain_hlocks[]: lock_chains_in_use
/// (el8.3, 5.1), before that nr_lock_chains. A chain whose locks lie outside chain_hlocks[], or
/// begin with a free block of the allocator, is kept without locks and noted.
void read_chains(const kernel::Target& target, const LockdepLayout& layout,
                 model::Lockdep* lockdep);

}  // namespace kmortem::locks
