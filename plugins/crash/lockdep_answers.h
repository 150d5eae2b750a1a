// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"
#include "crash_interface.h"
#include "model/snapshot.h"
#include "session.h"

namespace kmortem::crash {

/// `lockdep` and its options: the classes as a table, as /proc/lockdep or as a graph in DOT; all of
/// them, or those that -c names: of exactly that name, else with it in their name.
Result<std::string> lockdep_answer(const Session& kept, const model::Snapshot& snapshot,
                                   const kmortem_request& request);

}  // namespace kmortem::crash
