// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "kernel/symbolizer.h"
#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// softirq_vec[] with the kernel's own names of the vectors (softirq_to_name). Empty, with a
/// problem, when the table cannot be read.
std::vector<model::Softirq> read_softirqs(const Target& target, Symbolizer& symbolizer);

/// Fills softirq_pending of each CPU: irq_stat.__softirq_pending up to 6.1,
/// pcpu_hot.softirq_pending to 6.14, then the variable __softirq_pending.
void read_softirq_pending(const Target& target, std::vector<model::Cpu>& cpus);

}  // namespace kmortem::kernel
