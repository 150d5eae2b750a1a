// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernel/target.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Fills pointers_raw, pointer_key and pointer_key_ready: whether this kernel's %p prints addresses
/// (no ptr_key before 4.15, or no_hash_pointers since 5.12) and what it hashes them with.
void read_pointer_hash(const kernel::Target& target, model::Lockdep* lockdep);

}  // namespace kmortem::locks
