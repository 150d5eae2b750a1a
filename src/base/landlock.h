// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/confinement.h"

namespace kmortem {

/// The version of Landlock's interface that the running kernel has; 0 without it.
int landlock_version();

/// Restricts this thread, and those that it starts, to `paths`. Empty when done, else why not.
std::string restrict_files(const ConfinementPaths& paths);

}  // namespace kmortem
