// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/order_graph.h"
#include "model/snapshot.h"

namespace kmortem::checks {

/// The lock order as lockdep recorded it, with what it refused and what happened after it stopped.
/// A refused or live order that is recorded as well only adds its evidence to the recorded edge.
/// Nodes and recorded edges are in the order of the classes and their lists.
model::OrderGraph order_graph(const model::Snapshot& snapshot);

}  // namespace kmortem::checks
