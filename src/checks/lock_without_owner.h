// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "checks/wait_for_graph.h"
#include "model/report.h"
#include "model/snapshot.h"

namespace kmortem::checks {

/// CPUs spin on it, one of them for too long by the watchdog's measure; its own word says that it
/// is taken; and no source names an owner. What lies in freed memory, or whose owner is gone, is
/// another rule's.
bool stalls_without_owner(const model::Snapshot& snapshot, const WaitForGraph& graph,
                          const model::LockState& lock);

/// lock-stall's findings about such locks, never proven: what cannot be seen is no proof.
std::vector<model::Finding> find_locks_without_owner(const model::Snapshot& snapshot,
                                                     const WaitForGraph& graph);

}  // namespace kmortem::checks
