// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/layered_graph.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kmortem::report {

namespace {

constexpr int kSweeps = 12;

struct Arc {
  size_t edge = 0;
  size_t from = 0;
  size_t to = 0;
  bool backwards = false;
};

// Depth first, without recursion: an edge to a node that is still being visited closes a cycle, and
// is turned round.
class CycleCutter {
 public:
  CycleCutter(size_t nodes, std::vector<Arc>& arcs) : arcs_(arcs), leaving_(nodes), state_(nodes) {
    for (size_t i = 0; i < arcs_.size(); ++i) leaving_[arcs_[i].from].push_back(i);
  }

  void cut() {
    for (size_t node = 0; node < leaving_.size(); ++node) {
      if (state_[node] == State::fresh) visit(node);
    }
    for (Arc& arc : arcs_) {
      if (arc.backwards) std::swap(arc.from, arc.to);
    }
  }

 private:
  enum class State : uint8_t { fresh, open, done };

  void visit(size_t start) {
    std::vector<std::pair<size_t, size_t>> path = {{start, 0}};
    state_[start] = State::open;
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == leaving_[node].size()) {
        state_[node] = State::done;
        path.pop_back();
        continue;
      }
      Arc& arc = arcs_[leaving_[node][next++]];
      if (state_[arc.to] == State::open) arc.backwards = true;
      if (state_[arc.to] != State::fresh) continue;
      state_[arc.to] = State::open;
      path.emplace_back(arc.to, 0);
    }
  }

  std::vector<Arc>& arcs_;
  std::vector<std::vector<size_t>> leaving_;
  std::vector<State> state_;
};

// The longest path to a node from one that nothing leads to. Without cycles as many rounds as there
// are nodes are enough.
std::vector<size_t> longest_paths(size_t nodes, const std::vector<Arc>& arcs) {
  std::vector<size_t> layer(nodes, 0);
  bool changed = true;
  for (size_t round = 0; changed && round < nodes; ++round) {
    changed = false;
    for (const Arc& arc : arcs) {
      if (layer[arc.to] > layer[arc.from]) continue;
      layer[arc.to] = layer[arc.from] + 1;
      changed = true;
    }
  }
  return layer;
}

// What nothing leads to moves right, next to the first that it leads to.
void pull_sources(const std::vector<Arc>& arcs, std::vector<size_t>& layer) {
  std::vector<bool> entered(layer.size(), false);
  std::vector<size_t> nearest(layer.size(), SIZE_MAX);
  for (const Arc& arc : arcs) {
    entered[arc.to] = true;
    nearest[arc.from] = std::min(nearest[arc.from], layer[arc.to]);
  }
  for (size_t node = 0; node < layer.size(); ++node) {
    if (!entered[node] && nearest[node] != SIZE_MAX) layer[node] = nearest[node] - 1;
  }
}

void link(LayeredGraph& graph, size_t from, size_t to) {
  graph.nodes[from].after.push_back(to);
  graph.nodes[to].before.push_back(from);
}

void add_route(LayeredGraph& graph, const Arc& arc) {
  LayeredGraph::Route route{arc.edge, arc.backwards, {arc.from}};
  for (size_t layer = graph.nodes[arc.from].layer + 1; layer < graph.nodes[arc.to].layer; ++layer) {
    graph.nodes.push_back({layer, true, {}, {}});
    link(graph, route.nodes.back(), graph.nodes.size() - 1);
    route.nodes.push_back(graph.nodes.size() - 1);
  }
  link(graph, route.nodes.back(), arc.to);
  route.nodes.push_back(arc.to);
  graph.routes.push_back(std::move(route));
}

std::vector<size_t> places(const LayeredGraph& graph) {
  std::vector<size_t> place(graph.nodes.size(), 0);
  for (const auto& layer : graph.layers) {
    for (size_t i = 0; i < layer.size(); ++i) place[layer[i]] = i;
  }
  return place;
}

size_t crossings(const LayeredGraph& graph) {
  const std::vector<size_t> place = places(graph);
  size_t count = 0;
  for (const auto& layer : graph.layers) {
    std::vector<std::pair<size_t, size_t>> links;
    for (const size_t node : layer) {
      for (const size_t other : graph.nodes[node].after)
        links.emplace_back(place[node], place[other]);
    }
    for (size_t i = 0; i < links.size(); ++i) {
      for (size_t j = i + 1; j < links.size(); ++j) {
        const auto& [a, b] = links[i];
        const auto& [c, d] = links[j];
        if ((a < c && b > d) || (a > c && b < d)) ++count;
      }
    }
  }
  return count;
}

// Orders one layer by the mean place of each node's neighbours; what has none stays where it is.
void order_layer(const LayeredGraph& graph, std::vector<size_t>& layer,
                 std::vector<size_t> LayeredGraph::Node::* neighbours,
                 const std::vector<size_t>& place) {
  std::vector<std::pair<double, size_t>> keyed;
  for (size_t i = 0; i < layer.size(); ++i) {
    const std::vector<size_t>& others = graph.nodes[layer[i]].*neighbours;
    double key = static_cast<double>(i);
    if (!others.empty()) {
      const size_t sum =
          std::accumulate(others.begin(), others.end(), size_t{0},
                          [&](size_t at, size_t other) { return at + place[other]; });
      key = static_cast<double>(sum) / static_cast<double>(others.size());
    }
    keyed.emplace_back(key, layer[i]);
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < layer.size(); ++i) layer[i] = keyed[i].second;
}

void sweep(LayeredGraph& graph, bool forward) {
  for (size_t step = 0; step < graph.layers.size(); ++step) {
    const size_t at = forward ? step : graph.layers.size() - 1 - step;
    order_layer(graph, graph.layers[at],
                forward ? &LayeredGraph::Node::before : &LayeredGraph::Node::after, places(graph));
  }
}

void order(LayeredGraph& graph) {
  auto best = graph.layers;
  size_t fewest = crossings(graph);
  for (int i = 0; i < kSweeps && fewest != 0; ++i) {
    sweep(graph, i % 2 == 0);
    const size_t count = crossings(graph);
    if (count >= fewest) continue;
    fewest = count;
    best = graph.layers;
  }
  graph.layers = best;
}

}  // namespace

LayeredGraph layered(const Diagram& diagram) {
  const size_t count = diagram.nodes.size();
  std::vector<Arc> arcs;
  for (size_t i = 0; i < diagram.edges.size(); ++i) {
    const DiagramEdge& edge = diagram.edges[i];
    if (edge.from >= count || edge.to >= count || edge.from == edge.to) continue;
    arcs.push_back({i, edge.from, edge.to, false});
  }
  CycleCutter(count, arcs).cut();
  std::vector<size_t> layer = longest_paths(count, arcs);
  pull_sources(arcs, layer);

  LayeredGraph graph;
  for (size_t node = 0; node < count; ++node) graph.nodes.push_back({layer[node], false, {}, {}});
  for (const Arc& arc : arcs) add_route(graph, arc);
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    const size_t at = graph.nodes[node].layer;
    if (at >= graph.layers.size()) graph.layers.resize(at + 1);
    graph.layers[at].push_back(node);
  }
  order(graph);
  return graph;
}

}  // namespace kmortem::report
