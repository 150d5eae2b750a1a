// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"

namespace kmortem::report {

/// What this kernel's /proc/lock_stat would have said at the time of the dump (seq_stats(),
/// version 0.4: since 4.4; 3.10 had no averages). Classes with equally many contentions are in the
/// order of /proc/lockdep: the kernel's sort is unstable there, and another one in many releases.
std::string proc_lock_stat(const model::Snapshot& snapshot);

}  // namespace kmortem::report
