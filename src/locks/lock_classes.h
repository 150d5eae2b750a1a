// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernel/target.h"
#include "locks/kernel_reads.h"
#include "locks/lockdep_layout.h"
#include "locks/stack_traces.h"
#include "locks/string_cache.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Names the data object that covers an address, of the kernel or of a module: its symbol, behind
/// which "+0x10" and " [module]" may follow. Empty when none does.
using NameAddress = std::function<std::string(uint64_t)>;

/// lock_classes[] as far as it is used.
struct ClassTable {
  Block block;
  /// By index. Unknown where neither the kernel's own bitmap nor the class is in the dump.
  Bitmap in_use;
};

/// Reads lock_classes[] up to the last class in use: lock_classes_in_use (el8.3, 5.1), before that
/// nr_lock_classes.
ClassTable read_class_table(const kernel::Target& target, const LockdepLayout& layout);

/// Fills lockdep->classes and position, in the order in which this kernel's /proc/lockdep prints:
/// by index since 5.15.y, else as registered (all_lock_classes). Dependencies come separately.
void read_classes(const kernel::Target& target, const LockdepLayout& layout,
                  const ClassTable& table, const NameAddress& name_address, StringCache* strings,
                  StackTraces* traces, model::Lockdep* lockdep);

/// The name as lockdep prints it: the key's symbol when the class has none, else the name, "#2"
/// for a later class of that name, "/1" for a subclass (__print_lock_name()).
std::string printed_name(const model::LockClass& cls);

/// The usage characters of `mask`, two a state: ".", "+", "-" or "?" (get_usage_chars()).
std::string usage_characters(uint64_t mask, size_t states);

}  // namespace kmortem::locks
