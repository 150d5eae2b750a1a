// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "report/diagram.h"

namespace kmortem::report {

/// Where a box is, in pixels; (x, y) is its left upper corner.
struct PlacedBox {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

struct Point {
  double x = 0;
  double y = 0;
};

/// An edge as the points that it runs through, from the border of one box to that of the other.
struct PlacedEdge {
  size_t edge = 0;  ///< index into Diagram::edges
  std::vector<Point> points;
};

struct DiagramLayout {
  std::vector<PlacedBox> boxes;  ///< one for each node
  std::vector<PlacedEdge> edges;
  double width = 0;
  double height = 0;
};

/// Lays a graph out in layers from left to right, as Sugiyama, Tagawa and Toda do: cycles are cut
/// at an edge that then runs backwards, each node comes right of all that lead to it, layers are
/// ordered for few crossings. Meant for some dozens of nodes. (Graphviz would do it, but its
/// licence does not go with this program's.)
DiagramLayout lay_out(const Diagram& diagram);

/// What a label of the diagram takes, in pixels, in the monospaced font that it is drawn in.
double label_width(const std::string& label);

}  // namespace kmortem::report
