// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "kernel/unwound_stack.h"
#include "locks/held_at.h"
#include "locks/party_at.h"

namespace kmortem::locks {

/// The locks that a stack waits for, innermost first. Where it stands, and below every interrupt on
/// it, the frames (of the scheduler first, for a sleeper) stand in functions that acquire a lock,
/// each of which got the lock's address as an argument. Where that is now is told by each
/// function's own code from its entry to where it stands, and by the code of the caller: proven
/// when these two agree, inferred when there is one of them, nothing when they differ or the
/// innermost function already has the lock. party.frame is the frame that called the first of these
/// functions.
std::vector<PartyAt> awaited_locks(HeldAt& held_at, const kernel::UnwoundStack& stack,
                                   std::optional<uint64_t> percpu_base);

}  // namespace kmortem::locks
