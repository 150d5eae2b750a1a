// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace kmortem::model {

/// How sure a conclusion is: a field or instruction says so; a second source confirms a guess;
/// held_locks frozen when lockdep stopped.
enum class Grade : uint8_t { proven, inferred, stale, unknown };

}  // namespace kmortem::model
