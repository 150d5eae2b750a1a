// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/unwound_stack.h"
#include "locks/held_at.h"
#include "locks/party_at.h"

namespace kmortem::locks {

/// What the code says of one stack.
struct StackLocks {
  std::vector<PartyAt> parties;        ///< innermost frame first
  std::vector<std::string> undecided;  ///< one line each, with the frame's function
};

/// The locks that the frames of a stack hold, by their functions' code: LockSource::instructions,
/// party.frame the frame's index. A lock that an inner frame has released meanwhile is not held.
/// `percpu_base` is the area of the CPU that the stack runs on, when it runs.
StackLocks locks_held_on_stack(HeldAt& held_at, const kernel::UnwoundStack& stack,
                               std::optional<uint64_t> percpu_base);

}  // namespace kmortem::locks
