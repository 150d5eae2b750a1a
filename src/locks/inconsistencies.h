// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/lockdep.h"

namespace kmortem::locks {

/// Notes that lockdep's tables contradict each other. Only the first hundred are kept: a damaged
/// table gives thousands that say nothing new.
void note_inconsistency(model::Lockdep* lockdep, std::string line);

}  // namespace kmortem::locks
