// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/acquisition.h"
#include "model/report.h"

namespace kmortem::checks {

/// One of the two uses that contradict each other: of one class, or of the ends of a path.
struct IrqUse {
  std::string usage;  ///< as lockdep prints it: "IN-SOFTIRQ-W"
  bool read = false;
  int trace = -1;  ///< index into Lockdep::traces
  Acquisition taken;
};

/// A class used in an interrupt of one kind and with that kind enabled.
struct IrqConflict {
  bool hardirq = false;  ///< else softirq
  IrqUse in;             ///< in the interrupt
  IrqUse on;             ///< with it enabled
  std::string vector;    ///< of the softirq: "TIMER"; empty when unknown
  bool met = false;      ///< the interrupt's own stack runs through the function of the other side
};

/// The sentences of an irq-inconsistent finding, and the stacks with their frames annotated.
/// `lock` is the class's name.
std::string irq_title(const std::string& lock, const IrqConflict& conflict);
std::string irq_explanation(const std::string& lock, const IrqConflict& conflict);
std::string irq_remedy(const std::string& lock, const IrqConflict& conflict);
std::vector<model::Evidence> irq_stacks(const std::string& lock, const IrqConflict& conflict);

/// The same for two locks: that which the interrupt takes, and that which is taken with it enabled.
std::vector<model::Evidence> irq_stacks(const std::string& in_lock, const std::string& on_lock,
                                        const IrqConflict& conflict);

/// "a softirq (TIMER)", "a hard interrupt"; and what can be switched off against it: "softirqs".
std::string interrupt_name(const IrqConflict& conflict);
std::string interrupts_of(const IrqConflict& conflict);

/// "spin_lock_irqsave()" and its counterpart: the variant of the locking function that was seen
/// which keeps the interrupt out. Empty when the function is not known.
struct SafeVariant {
  std::string lock;
  std::string unlock;
};
SafeVariant safe_variant(const IrqConflict& conflict);

}  // namespace kmortem::checks
