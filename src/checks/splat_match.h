// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/snapshot.h"

namespace kmortem::checks {

/// What the dump's tables say about a splat of its log: the classes that it names, their usage
/// letters and, of a cycle, the dependencies that lockdep had recorded before it refused the last;
/// of a stall, the task and CPU. Sets `matched` and `matched_by`.
void match_splat(const model::Snapshot& snapshot, model::Splat& splat);

/// All of snapshot.splats.
void match_splats(model::Snapshot& snapshot);

}  // namespace kmortem::checks
