// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/order_graph.h"
#include "model/snapshot.h"

namespace kmortem::checks {

/// Adds to `graph` what tasks and CPUs hold and wait for at the time of the dump (Snapshot::locks),
/// for a kernel whose lockdep had stopped: while it is on it has recorded all that itself. An order
/// counts only within one context, as for lockdep: what an interrupt takes is not taken under the
/// locks of the code that it hit. Left out is what cannot be placed: classes with several
/// subclasses, because a lock does not say under which it was taken.
void add_live_order(const model::Snapshot& snapshot, model::OrderGraph* graph);

}  // namespace kmortem::checks
