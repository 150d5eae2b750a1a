// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/code_state.h"
#include "locks/lock_functions.h"

namespace kmortem::locks {

/// Takes, tries or releases one lock in `state`. `result` is the node of what the call returned.
void take_lock(const SiteLock& lock, LockFunction::Effect effect, uint32_t result,
               CodeState& state);

/// Releases it. A lock that is not known as held was the caller's, or is one of those held under
/// another name, which are then only maybe held.
void release_lock(const SiteLock& lock, CodeState& state);

/// A byte set to 0: releases a lock at exactly that address, or nothing.
void zero_lock(const SiteLock& lock, CodeState& state);

/// The task gives all that it holds to the one that it switches to: the run queue's lock.
void hand_over_locks(CodeState& state);

/// A function called at `site` may have released what it got in its arguments: the held lock
/// itself or, with `in_object`, a pointer to what the lock is a member of. `before` is as at the
/// call.
void doubt_locks(const CodeState& before, uint64_t site, bool in_object, CodeState& state);

/// downgrade_write(): the lock stays held, shared.
void downgrade_lock(CodeValue lock, CodeState& state);

}  // namespace kmortem::locks
