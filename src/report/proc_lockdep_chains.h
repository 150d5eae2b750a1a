// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/lockdep.h"

namespace kmortem::report {

/// What this kernel's /proc/lockdep_chains would have said at the time of the dump (lc_show()). For
/// 3.10 and 4.4 the late chains are the true ones: there the kernel's own 16-bit index had wrapped
/// and it printed others.
std::string proc_lockdep_chains(const model::Lockdep& lockdep);

}  // namespace kmortem::report
