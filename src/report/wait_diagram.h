// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#include "model/snapshot.h"
#include "report/diagram.h"

namespace kmortem::report {

struct WaitDiagram {
  Diagram diagram;
  size_t left_out = 0;  ///< locks that would have made it too large to read
};

/// Who waits for which lock, and who holds it, at the time of the dump: an edge from a task or CPU
/// to the lock that it waits for, and from a lock to its owner. Only locks that somebody waits for
/// are in it, those of chains and cycles first; a long queue is one node. Dashed where it is not
/// proven. What lies on a cycle is hot.
WaitDiagram wait_diagram(const model::Snapshot& snapshot);

}  // namespace kmortem::report
