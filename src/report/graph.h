// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "model/order_graph.h"
#include "model/report.h"

namespace kmortem::report {

/// Which part of the order graph is shown.
struct GraphView {
  std::string around;  ///< a class's name; empty: everything that has an edge
  unsigned depth = 1;  ///< so many edges from `around`, in either direction
};

/// Places in graph.nodes of what the view shows. Empty when no class has the name, be it as a part
/// of its own.
std::vector<size_t> shown_nodes(const model::OrderGraph& graph, const GraphView& view);

/// For Graphviz: classes with their usage letters, orders by where they come from, and in red what
/// `findings` are about.
std::string graph_dot(const model::Snapshot& snapshot, const model::OrderGraph& graph,
                      const std::vector<model::Finding>& findings, const GraphView& view);

/// {"nodes": [{"name", "class", "usage", "findings"}], "edges": [{"from", "to", "origin", "grade",
/// "kinds", "distance", "taken_by", "evidence", "findings"}]}; a finding by its place in
/// "findings".
std::string graph_json(const model::Snapshot& snapshot, const model::OrderGraph& graph,
                       const std::vector<model::Finding>& findings, const GraphView& view);

}  // namespace kmortem::report
