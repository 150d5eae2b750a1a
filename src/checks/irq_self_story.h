// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "checks/wait_for_graph.h"
#include "model/report.h"

namespace kmortem::checks {

/// A CPU that waits in an interrupt for what the interrupted code holds.
struct SelfDeadlock {
  const WaitEdge* edge = nullptr;
  model::Stack stack;  ///< the CPU's, innermost first
  model::Grade grade = model::Grade::unknown;
  std::string vector;    ///< of the softirq: "RCU"; empty when unknown or no softirq
  std::string callback;  ///< what the softirq called back, as a label
};

/// True when the edge's waiter stands in an interrupt on top of its owner, on one stack.
bool across_interrupt(const model::Snapshot& snapshot, const WaitEdge& edge);

/// Fills in title, explanation, remedy, signature and the annotated stack.
void tell_self_deadlock(const model::Snapshot& snapshot, SelfDeadlock& found,
                        model::Finding& finding);

}  // namespace kmortem::checks
