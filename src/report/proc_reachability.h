// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "model/lockdep.h"

namespace kmortem::report {

/// FD and BD of /proc/lockdep: how many classes each class reaches over locks_after (forward) or
/// locks_before (backward), itself included, as the kernel's breadth-first search counts them.
///
/// Since 5.10 that search follows strong paths only and marks a class visited before it decides
/// whether the path to it is strong: a class first met over a weak path is not counted even when a
/// strong one exists. The count therefore depends on the lists' order; it is repeated here exactly,
/// with the queue's limit. Until 5.9 it is plain reachability.
struct ReachCounts {
  std::vector<uint64_t> forward;  ///< by place in Lockdep::classes
  std::vector<uint64_t> backward;
};

ReachCounts count_reachable(const model::Lockdep& lockdep);

}  // namespace kmortem::report
