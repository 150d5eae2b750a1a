// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockdep_layout.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Follows chainhash_table[]: whatever it leads to must be a chain that lock_chains_in_use has, and
/// no chain can be met twice. The other way round a chain may be missing: one that waits to be
/// freed is in use and in no bucket (remove_class_from_lock_chain()). Only hlists (4.8) are
/// followed.
void check_chain_hash(const kernel::Target& target, const LockdepLayout& layout,
                      model::Lockdep* lockdep);

}  // namespace kmortem::locks
