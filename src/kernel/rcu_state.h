// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "kernel/target.h"
#include "model/stalls.h"

namespace kmortem::kernel {

/// The current grace period of every RCU flavour that the kernel has (tree RCU; a kernel without
/// SMP has tiny RCU, which waits for nobody): whether one is under way, since when, and which CPUs
/// and preempted readers it waits for (the leaves of the rcu_node tree).
std::vector<model::GracePeriod> read_grace_periods(const Target& target);

}  // namespace kmortem::kernel
