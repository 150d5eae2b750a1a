// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "checks/stall_log.h"
#include "checks/wait_for_graph.h"
#include "model/report.h"

namespace kmortem::checks {

/// Names who cannot go on before `members` do (tasks with role waiter, and a sentence with their
/// number) in a finding about these.
void add_blocked_behind(const model::Snapshot& snapshot, const WaitForGraph& graph,
                        const std::vector<size_t>& members, model::Finding& finding);

/// Adds the kernel's own complaints about `members`, the last of each kind, as evidence.
void add_stall_log(const model::Snapshot& snapshot, const WaitForGraph& graph,
                   const std::vector<size_t>& members, model::Finding& finding);

/// For how long a node has made no progress: a sleeping task's time off the CPU, or how long
/// nothing else ran on the CPU of a running one. Nothing when not known.
std::optional<uint64_t> stuck_for(const model::Snapshot& snapshot, const WaitNode& node);

/// True when stuck_for() is beyond what the kernel itself complains about: the hung-task timeout
/// for a sleeping task, twice watchdog_thresh for a CPU.
bool stuck_too_long(const model::Snapshot& snapshot, const WaitNode& node);

/// The nodes whose standing still another rule explains: they wait for somebody, or many wait for
/// them too long, or their lock lies in freed memory. soft-lockup, hung-task and their kin leave
/// them out.
std::vector<bool> explained(const model::Snapshot& snapshot, const WaitForGraph& graph);

}  // namespace kmortem::checks
