// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/order_graph.h"
#include "model/snapshot.h"

namespace kmortem::checks {

/// Adds to `graph` the orders that only the report which stopped lockdep still tells of: the chain
/// of a circular one, and the new dependency of that and of an irq-safe -> irq-unsafe one. The
/// tables lack them when a module's classes went with it, or when they cannot be read. What the
/// graph has already is left alone, as is a report that the tables contradict.
void add_log_order(const model::Snapshot& snapshot, model::OrderGraph* graph);

}  // namespace kmortem::checks
