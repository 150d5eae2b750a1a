// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/acquisition.h"
#include "model/report.h"

namespace kmortem::checks {

/// One of the two uses that contradict each other.
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

}  // namespace kmortem::checks
