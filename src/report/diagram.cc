// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/diagram.h"

namespace kmortem::report {

namespace {

constexpr size_t kLongestLabel = 36;  // bytes

using Successors = std::vector<std::vector<size_t>>;

std::vector<bool> reached_from(size_t start, const Successors& successors) {
  std::vector<bool> reached(successors.size(), false);
  std::vector<size_t> open = {start};
  while (!open.empty()) {
    const size_t node = open.back();
    open.pop_back();
    for (const size_t next : successors[node]) {
      if (reached[next]) continue;
      reached[next] = true;
      open.push_back(next);
    }
  }
  return reached;
}

}  // namespace

std::string short_label(const std::string& name) {
  if (name.size() <= kLongestLabel) return name;
  // Not within a character of several bytes.
  size_t end = kLongestLabel;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U) --end;
  return name.substr(0, end) + "…";
}

// A diagram is small: asking each node what it reaches is cheap.
void mark_cycles(Diagram& diagram) {
  Successors successors(diagram.nodes.size());
  for (const DiagramEdge& edge : diagram.edges) {
    if (edge.from >= successors.size() || edge.to >= successors.size()) continue;
    successors[edge.from].push_back(edge.to);
  }
  std::vector<std::vector<bool>> reached;
  for (size_t node = 0; node < successors.size(); ++node) {
    reached.push_back(reached_from(node, successors));
    if (reached[node][node]) diagram.nodes[node].hot = true;
  }
  for (DiagramEdge& edge : diagram.edges) {
    if (edge.from >= successors.size() || edge.to >= successors.size()) continue;
    if (reached[edge.to][edge.from]) edge.hot = true;
  }
}

}  // namespace kmortem::report
