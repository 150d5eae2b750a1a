// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "model/snapshot.h"

namespace kmortem::checks {

/// What a trace that lockdep recorded with a usage bit tells of how the lock came by it.
struct Acquisition {
  model::Stack stack;        ///< from the locking function outwards, without lockdep's own frames
  size_t taker = 0;          ///< index in `stack` of the function that took the lock
  bool taker_known = false;  ///< a frame beyond the locking functions was recorded
  std::string call;          ///< "spin_lock", "read_lock_irqsave", "mutex_lock"; empty when unknown
  bool enabled_while_held = false;  ///< taken with the interrupt off, which came on while it was
                                    ///< held: `taker` is who enabled, `call` what it called

  const model::Frame& frame() const { return stack[taker]; }
};

/// Reads a recorded trace (Lockdep::traces), innermost frame first. Stack empty when there is none.
Acquisition acquisition(const model::Snapshot& snapshot, int trace);
/// The same of such a trace with names, as a report in the log prints it.
Acquisition acquisition(const model::Stack& stack);

/// What the source calls a locking function of the kernel: "_raw_spin_lock_irqsave" is
/// spin_lock_irqsave() there. Empty for an empty name.
std::string source_call(std::string_view function);

/// Says which frames of a recorded stack ran in a softirq or a hard interrupt, by the entry
/// functions that it passes. Leaves the rest as task context.
void mark_contexts(model::Stack& stack);

/// What ran the softirq in this stack: "TIMER" by its action in softirq_vec, or empty.
std::string softirq_vector(const model::Snapshot& snapshot, const model::Stack& stack);

}  // namespace kmortem::checks
