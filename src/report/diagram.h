// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kmortem::report {

/// A box of a drawn graph. Text is as the dump has it; it is escaped where it is drawn.
struct DiagramNode {
  std::string label;
  std::string detail;  ///< a second, smaller line; may be empty
  std::string kind;    ///< CSS classes: "task", "lock"
  bool hot = false;    ///< part of what is wrong
};

struct DiagramEdge {
  size_t from = 0;
  size_t to = 0;
  std::string title;  ///< a tooltip: what the edge says
  bool hot = false;
  bool dashed = false;
};

/// A small directed graph that is going to be drawn.
struct Diagram {
  std::vector<DiagramNode> nodes;
  std::vector<DiagramEdge> edges;  ///< those that name no node are left out
};

/// A name of the dump as a node's label: cut where it is too long for a box.
std::string short_label(const std::string& name);

/// Marks the nodes and edges that lie on a cycle as hot.
void mark_cycles(Diagram& diagram);

}  // namespace kmortem::report
