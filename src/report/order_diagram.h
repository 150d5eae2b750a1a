// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#include "model/report.h"
#include "report/diagram.h"

namespace kmortem::report {

struct OrderDiagram {
  Diagram diagram;
  size_t left_out = 0;  ///< neighbours that would have made it too large to read
};

/// Lockdep's order around the classes that the findings name: each of them, what was taken directly
/// under it and what it was taken under, an edge from the outer to the inner class. The findings'
/// classes are hot. Empty without lockdep or without such classes.
OrderDiagram order_diagram(const model::Report& report);

}  // namespace kmortem::report
