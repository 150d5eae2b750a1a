// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "kernel/target.h"
#include "locks/lock_classes.h"
#include "locks/lockdep_layout.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// The indices of the classes in use, in /proc/lockdep's order. all_lock_classes is followed inside
/// the bytes already read; classes that the list leaves out or that it names without being in use
/// are noted as inconsistencies, the former follow at the end.
std::vector<unsigned> class_order(const kernel::Target& target, const LockdepLayout& layout,
                                  const ClassTable& table, model::Lockdep* lockdep);

/// Compares classhash_table[] with the classes in use: lockdep finds a class only through it.
void check_class_hash(const kernel::Target& target, const LockdepLayout& layout,
                      const ClassTable& table, model::Lockdep* lockdep);

}  // namespace kmortem::locks
