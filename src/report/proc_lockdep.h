// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/lockdep.h"

namespace kmortem::report {

/// What this kernel's /proc/lockdep would have said at the time of the dump (l_show()).
std::string proc_lockdep(const model::Lockdep& lockdep);

}  // namespace kmortem::report
