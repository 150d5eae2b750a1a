// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dump/dump_file.h"
#include "kernel/target.h"
#include "locks/lock_classes.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Finds every lock in memory, held or not: each struct lockdep_map and, with
/// CONFIG_DEBUG_SPINLOCK, each raw_spinlock_t, in one pass over the dump's physical memory.
///
/// A map is found by a cached class, by the key of a registered class, or, never locked yet, by a
/// key in the kernel's or a module's data. Copies on stacks and what lies in freed memory are found
/// as well. `target` reads through the same dump. `threads` of 0 takes one for each processor, up
/// to four.
///
/// bytes_missing counts pages that the dump claims to hold and that could not be read; pages that
/// were filtered out when the dump was made are in DumpInfo::excluded_pages.
model::MemoryScan scan_memory(dump::DumpFile& dump, const kernel::Target& target,
                              const model::Lockdep& lockdep, const NameAddress& name_address,
                              unsigned threads = 0);

}  // namespace kmortem::locks
