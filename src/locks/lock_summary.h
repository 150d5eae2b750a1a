// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "locks/code_values.h"
#include "locks/lock_functions.h"
#include "locks/lock_paths.h"

namespace kmortem::locks {

/// One lock that a function leaves held or released behind it.
struct LockEffect {
  LockFunction::Effect effect = LockFunction::Effect::acquire;
  model::LockType type = model::LockType::unknown;
  bool shared = false;
  bool maybe = false;   ///< on some paths only
  bool zeroed = false;  ///< only a byte set to 0: a release if it is a lock
  /// The lock lies `lock.offset` bytes from what the function returns; else `lock` is a value of
  /// the function's own CodeValues.
  bool from_result = false;
  CodeValue lock;
};

/// What is different after a function's return; nothing for most of those that lock.
std::vector<LockEffect> summarize_locks(LockPaths& paths);

}  // namespace kmortem::locks
