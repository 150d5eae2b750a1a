// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checks/irq_story.h"
#include "model/snapshot.h"

namespace kmortem::checks {

/// A kind of interrupt that lockdep keeps apart, and where its four bits begin in usage_mask.
struct UsageState {
  std::string name;  ///< "HARDIRQ"
  unsigned base = 0;
};

/// HARDIRQ and SOFTIRQ where this kernel has them (before 4.14 there was RECLAIM_FS too, which is
/// no interrupt), HARDIRQ first: what cures it cures SOFTIRQ too.
std::vector<UsageState> interrupt_states(const model::Lockdep& lockdep);

/// Used in the interrupt (irq-safe), or with it enabled (irq-unsafe).
enum class UsageSide : uint8_t { in, enabled };

/// The bit in usage_mask of that use.
bool has_usage(const model::LockClass& lock_class, const UsageState& state, UsageSide side,
               bool read);

/// It in words, with the stack that lockdep recorded when it was first seen.
IrqUse irq_use(const model::Snapshot& snapshot, const model::LockClass& lock_class,
               const UsageState& state, UsageSide side, bool read);

}  // namespace kmortem::checks
