// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/graph.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "report/grade_text.h"
#include "report/json_parts.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

using model::OrderEdge;
using model::OrderGraph;

constexpr size_t kNotReached = SIZE_MAX;

bool is_about_order(const model::Finding& finding) {
  return finding.rule == "lock-order-cycle" || finding.rule == "irq-inversion" ||
         finding.rule == "recursive-lock" || finding.rule == "irq-inconsistent";
}

bool names(const model::Finding& finding, const std::string& lock) {
  return std::ranges::any_of(finding.locks, [&](const auto& each) { return each.name == lock; });
}

/// What is shown, and what the findings say of it.
class View {
 public:
  View(const OrderGraph& graph, const std::vector<model::Finding>& findings, const GraphView& view)
      : graph_(graph), findings_(findings), shown_(graph.nodes.size(), false) {
    for (const size_t node : shown_nodes(graph, view)) shown_[node] = true;
  }

  bool shows(size_t node) const { return shown_[node]; }
  bool shows(const OrderEdge& edge) const { return shown_[edge.from] && shown_[edge.to]; }

  std::vector<size_t> about(size_t node) const {
    return places([&](const model::Finding& each) { return names(each, name(node)); });
  }
  std::vector<size_t> about(const OrderEdge& edge) const {
    return places([&](const model::Finding& each) {
      return each.rule != "irq-inconsistent" && names(each, name(edge.from)) &&
             names(each, name(edge.to));
    });
  }
  const std::string& name(size_t node) const { return graph_.nodes[node].name; }

 private:
  template <typename Test>
  std::vector<size_t> places(Test test) const {
    std::vector<size_t> found;
    for (size_t i = 0; i < findings_.size(); ++i) {
      if (is_about_order(findings_[i]) && test(findings_[i])) found.push_back(i);
    }
    return found;
  }

  const OrderGraph& graph_;
  const std::vector<model::Finding>& findings_;
  std::vector<bool> shown_;
};

// A name as the text of a DOT string.
std::string dot_string(const std::string& text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return '"' + result + '"';
}

std::string kinds_text(unsigned kinds) {
  constexpr std::pair<unsigned, const char*> kNames[] = {{model::kSharedRecursive, "SR"},
                                                         {model::kExclusiveRecursive, "ER"},
                                                         {model::kSharedWaiting, "SN"},
                                                         {model::kExclusiveWaiting, "EN"}};
  std::string text;
  for (const auto& [kind, name] : kNames) {
    if ((kinds & kind) == 0) continue;
    text += text.empty() ? name : std::string(" ") + name;
  }
  return text;
}

const char* style_of(model::OrderOrigin origin) {
  switch (origin) {
    case model::OrderOrigin::recorded:
      return "color=\"#606060\"";
    case model::OrderOrigin::refused:
      return "color=\"#c06000\", style=dashed, penwidth=2";
    case model::OrderOrigin::live:
      return "color=\"#0060c0\", style=bold";
    case model::OrderOrigin::log:
      return "color=\"#806000\", style=dotted, penwidth=2";
  }
  return "";
}

constexpr const char* kLegend = R"(  subgraph cluster_legend {
    label="legend"; fontsize=10;
    l1 [label="a", shape=plaintext]; l2 [label="then b", shape=plaintext];
    l1 -> l2 [label="recorded", color="#606060"];
    l1 -> l2 [label="refused by lockdep", color="#c06000", style=dashed, penwidth=2];
    l1 -> l2 [label="at the time of the dump", color="#0060c0", style=bold];
    l1 -> l2 [label="in the log alone", color="#806000", style=dotted, penwidth=2];
    l1 -> l2 [label="part of a finding", color="#d00000", fontcolor="#d00000"];
  }
)";

// Red wins over where an edge comes from; the style still says it.
std::string edge_attributes(const OrderEdge& edge, bool in_finding) {
  std::string text = style_of(edge.origin);
  const std::string kinds = edge.kinds == model::kExclusiveWaiting ? "" : kinds_text(edge.kinds);
  std::string label = edge.taken_by.empty() ? kinds : edge.taken_by;
  if (!edge.taken_by.empty() && !kinds.empty()) label += " " + kinds;
  if (!label.empty()) text += ", label=" + dot_string(label);
  if (in_finding) text += ", color=\"#d00000\", fontcolor=\"#d00000\"";
  return text;
}

}  // namespace

std::vector<size_t> shown_nodes(const OrderGraph& graph, const GraphView& view) {
  std::vector<std::vector<size_t>> neighbours(graph.nodes.size());
  for (const OrderEdge& edge : graph.edges) {
    neighbours[edge.from].push_back(edge.to);
    neighbours[edge.to].push_back(edge.from);
  }
  std::vector<size_t> found;
  if (view.around.empty()) {
    for (size_t node = 0; node < neighbours.size(); ++node) {
      if (!neighbours[node].empty()) found.push_back(node);
    }
    return found;
  }
  const auto start_from = [&](auto test) {
    for (size_t node = 0; node < graph.nodes.size(); ++node) {
      if (test(graph.nodes[node].name)) found.push_back(node);
    }
  };
  start_from([&](const std::string& name) { return name == view.around; });
  if (found.empty()) {
    start_from([&](const std::string& name) { return name.find(view.around) != name.npos; });
  }
  std::vector<size_t> distance(graph.nodes.size(), kNotReached);
  for (const size_t node : found) distance[node] = 0;
  for (size_t at = 0; at < found.size(); ++at) {
    if (distance[found[at]] == view.depth) break;
    for (const size_t next : neighbours[found[at]]) {
      if (distance[next] != kNotReached) continue;
      distance[next] = distance[found[at]] + 1;
      found.push_back(next);
    }
  }
  std::ranges::sort(found);
  return found;
}

std::string graph_dot(const model::Snapshot& snapshot, const OrderGraph& graph,
                      const std::vector<model::Finding>& findings, const GraphView& view) {
  const View shown(graph, findings, view);
  std::string out =
      "digraph \"lock order\" {\n  rankdir=LR;\n  node [shape=box, fontsize=10];\n"
      "  edge [fontsize=8];\n";
  out += kLegend;
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    if (!shown.shows(node)) continue;
    const auto* lock_class = snapshot.lockdep.find(graph.nodes[node].class_index);
    std::string label = graph.nodes[node].name;
    label += lock_class == nullptr ? " (no class)" : fmt::format(" {{{}}}", lock_class->usage);
    const char* colour = shown.about(node).empty() ? "" : ", color=\"#d00000\", penwidth=2";
    out += fmt::format("  n{} [label={}{}];\n", node, dot_string(label), colour);
  }
  for (const OrderEdge& edge : graph.edges) {
    if (!shown.shows(edge)) continue;
    out += fmt::format("  n{} -> n{} [{}];\n", edge.from, edge.to,
                       edge_attributes(edge, !shown.about(edge).empty()));
  }
  return out + "}\n";
}

std::string graph_json(const model::Snapshot& snapshot, const OrderGraph& graph,
                       const std::vector<model::Finding>& findings, const GraphView& view) {
  const View shown(graph, findings, view);
  Json nodes = Json::array();
  Json edges = Json::array();
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    if (!shown.shows(node)) continue;
    const auto* lock_class = snapshot.lockdep.find(graph.nodes[node].class_index);
    nodes.push_back({{"name", graph.nodes[node].name},
                     {"class", lock_class == nullptr ? Json() : json_address(lock_class->address)},
                     {"usage", lock_class == nullptr ? Json() : Json(lock_class->usage)},
                     {"findings", shown.about(node)}});
  }
  for (const OrderEdge& edge : graph.edges) {
    if (!shown.shows(edge)) continue;
    edges.push_back({{"from", shown.name(edge.from)},
                     {"to", shown.name(edge.to)},
                     {"origin", model::origin_name(edge.origin)},
                     {"grade", grade_text(edge.grade)},
                     {"kinds", kinds_text(edge.kinds)},
                     {"distance", edge.distance},
                     {"taken_by", json_text(edge.taken_by)},
                     {"evidence", edge.evidence},
                     {"findings", shown.about(edge)}});
  }
  Json about = Json::array();
  for (const model::Finding& finding : findings) about.push_back(json_finding(finding));
  return json_dumped(
      {{"schema", "kmortem-graph/1"}, {"nodes", nodes}, {"edges", edges}, {"findings", about}});
}

}  // namespace kmortem::report
