// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/snapshot.h"

namespace kmortem::checks {

/// What check_chain_key() and the lists tell: every chain's key and every task's held locks
/// computed anew, and each dependency looked for in both of its lists. One line for each kind of
/// thing that does not add up, with the first example. While lockdep is on, one of a kind may be
/// an update that the dump cut short, and is not reported.
std::vector<std::string> lockdep_inconsistencies(const model::Snapshot& snapshot);

}  // namespace kmortem::checks
