// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "model/lock_state.h"

namespace kmortem::locks {

/// What one source says of one lock: somebody holds it or waits for it. Sources that do not start
/// from the lock (registers, instructions, held_locks, MCS queues) give a list of these; whoever
/// builds LockStates sorts them by lock.
struct PartyAt {
  uint64_t lock = 0;  ///< of the lock itself, not of its lockdep_map
  model::LockType type = model::LockType::unknown;
  model::LockParty party;
  bool waits = false;  ///< else it holds
};

}  // namespace kmortem::locks
