// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "kernel/unwound_stack.h"
#include "locks/held_at.h"
#include "locks/party_at.h"

namespace kmortem::locks {

/// The lock that a stack waits for: its innermost frames (of the scheduler, for a sleeper) stand in
/// functions that acquire a lock, which each got the lock's address as an argument. Where it is
/// now is told by each function's own code from its entry to where it stands, and by the code of
/// the caller. proven when two of these agree, inferred when there is one, nothing when they
/// differ or the innermost function already has the lock. party.frame is the frame that called the
/// first of these functions.
std::optional<PartyAt> awaited_lock(HeldAt& held_at, const kernel::UnwoundStack& stack,
                                    std::optional<uint64_t> percpu_base);

}  // namespace kmortem::locks
