// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "report/diagram.h"

namespace kmortem::report {

/// The graph of a layered drawing: the diagram's nodes, and a bend wherever an edge passes a layer.
/// Every link goes from one layer to the next.
struct LayeredGraph {
  struct Node {
    size_t layer = 0;
    bool bend = false;
    std::vector<size_t> before;  ///< linked nodes of the layer before
    std::vector<size_t> after;
  };
  /// An edge's way through the layers, ascending; `backwards` when the edge runs the other way.
  struct Route {
    size_t edge = 0;
    bool backwards = false;
    std::vector<size_t> nodes;
  };
  std::vector<Node> nodes;  ///< the first are the diagram's
  std::vector<Route> routes;
  std::vector<std::vector<size_t>> layers;  ///< nodes from top to bottom
};

/// Gives each node its layer and each edge its bends, and orders the layers for few crossings.
/// Edges from a node to itself are not in it.
LayeredGraph layered(const Diagram& diagram);

}  // namespace kmortem::report
