// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// The numbers of the CPUs that the machine could have, ascending; {0} without SMP. From
/// __cpu_possible_mask (4.5), before that cpu_possible_bits.
std::vector<int> read_possible_cpus(const Target& target);

/// Every possible CPU with its base, current and idle task, preempt_count and lockdep's irq state;
/// pending softirqs are softirqs.h's. What cannot be read stays at its default, with a problem.
/// preempt_count is without the inverted need-resched bit that x86 folds into bit 31.
std::vector<model::Cpu> read_cpus(const Target& target);

}  // namespace kmortem::kernel
