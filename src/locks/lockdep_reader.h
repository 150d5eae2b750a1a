// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "kernel/target.h"
#include "locks/lock_classes.h"
#include "model/lockdep.h"
#include "model/machine.h"

namespace kmortem::locks {

/// Everything that lockdep had recorded. Never fails as a whole: `present` is false for a kernel
/// without lockdep, what could not be read is in the target's problems and makes read_completely
/// false. `name_address` names keys in the kernel's and the modules' data.
model::Lockdep read_lockdep(const kernel::Target& target, const NameAddress& name_address);

/// Every code address that recorded traces and held locks name, ascending, each once: what has to
/// be symbolised.
std::vector<uint64_t> code_addresses(const model::Lockdep& lockdep,
                                     const std::vector<model::Task>& tasks);

}  // namespace kmortem::locks
