// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "report/json_parts.h"

namespace kmortem::report {

/// Every lock that somebody holds or waits for, with owners and waiters.
Json json_locks(const model::Snapshot& snapshot);

/// The spinning locks that a CPU holds, and the one that it spins on or null: each a lock
/// reference.
Json json_spinlocks_held(const model::Snapshot& snapshot, int cpu);
Json json_spinning_on(const model::Snapshot& snapshot, int cpu);

}  // namespace kmortem::report
