// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/diagram_layout.h"

#include <algorithm>
#include <utility>

#include "report/layered_graph.h"
#include "report/layout.h"

namespace kmortem::report {

namespace {

constexpr double kCharacter = 7.2;  // of a monospaced font at 12 pixels
constexpr double kPadding = 12;
constexpr double kLine = 26;
constexpr double kTwoLines = 42;
constexpr double kBend = 10;
constexpr double kRowGap = 16;
constexpr double kLayerGap = 48;
constexpr double kMargin = 6;
constexpr double kLoop = 14;  // how far an edge to its own node reaches
constexpr int kRounds = 16;

class Placer {
 public:
  explicit Placer(const Diagram& diagram) : diagram_(diagram), graph_(layered(diagram)) {
    boxes_.resize(graph_.nodes.size());
    for (size_t node = 0; node < boxes_.size(); ++node) boxes_[node] = size_of(node);
  }

  DiagramLayout layout() {
    if (boxes_.empty()) return {};
    place_layers();
    place_rows();
    DiagramLayout result;
    for (const auto& route : graph_.routes) result.edges.push_back(placed(route));
    for (size_t i = 0; i < diagram_.edges.size(); ++i) add_loop(i, result);
    for (size_t node = 0; node < diagram_.nodes.size(); ++node) {
      result.boxes.push_back(boxes_[node]);
    }
    for (const PlacedBox& box : boxes_) {
      result.width = std::max(result.width, box.x + box.width + kMargin);
      result.height = std::max(result.height, box.y + box.height + kMargin);
    }
    return result;
  }

 private:
  PlacedBox size_of(size_t node) const {
    if (graph_.nodes[node].bend) return {0, 0, 0, kBend};
    const DiagramNode& each = diagram_.nodes[node];
    const double text = std::max(label_width(each.label), label_width(each.detail));
    return {0, 0, text + 2 * kPadding, each.detail.empty() ? kLine : kTwoLines};
  }

  void place_layers() {
    double x = kMargin;
    for (const auto& layer : graph_.layers) {
      double widest = 0;
      for (const size_t node : layer) widest = std::max(widest, boxes_[node].width);
      for (const size_t node : layer) {
        if (graph_.nodes[node].bend) boxes_[node].width = widest;
        boxes_[node].x = x + (widest - boxes_[node].width) / 2;
      }
      x += widest + kLayerGap;
    }
  }

  double middle(size_t node) const { return boxes_[node].y + boxes_[node].height / 2; }

  // Each node wants to be level with its neighbours; a layer keeps its order and its gaps.
  void place_rows() {
    for (const auto& layer : graph_.layers) settle(layer, std::vector<double>(layer.size(), 0));
    for (int round = 0; round < kRounds; ++round) {
      for (size_t step = 0; step < graph_.layers.size(); ++step) {
        const bool forward = round % 2 == 0;
        const auto& layer = graph_.layers[forward ? step : graph_.layers.size() - 1 - step];
        std::vector<double> wanted;
        for (const size_t node : layer) wanted.push_back(wanted_top(node, forward));
        settle(layer, wanted);
      }
    }
    double top = boxes_.front().y;
    for (const PlacedBox& box : boxes_) top = std::min(top, box.y);
    for (PlacedBox& box : boxes_) box.y += kMargin + kLoop - top;
  }

  double wanted_top(size_t node, bool forward) const {
    const auto& side = forward ? graph_.nodes[node].before : graph_.nodes[node].after;
    const auto& other = forward ? graph_.nodes[node].after : graph_.nodes[node].before;
    const auto& neighbours = side.empty() ? other : side;
    if (neighbours.empty()) return boxes_[node].y;
    double sum = 0;
    for (const size_t each : neighbours) sum += middle(each);
    return sum / static_cast<double>(neighbours.size()) - boxes_[node].height / 2;
  }

  // Halfway between pushing all that overlap down and pushing all up.
  void settle(const std::vector<size_t>& layer, const std::vector<double>& wanted) {
    std::vector<double> down = wanted;
    std::vector<double> up = wanted;
    for (size_t i = 1; i < layer.size(); ++i) {
      down[i] = std::max(down[i], down[i - 1] + boxes_[layer[i - 1]].height + kRowGap);
    }
    for (size_t i = layer.size(); i-- > 1;) {
      up[i - 1] = std::min(up[i - 1], up[i] - boxes_[layer[i - 1]].height - kRowGap);
    }
    for (size_t i = 0; i < layer.size(); ++i) boxes_[layer[i]].y = (down[i] + up[i]) / 2;
  }

  // Where a link meets a box's side: all that meet there are spread over it, in the order of what
  // they come from.
  double port(size_t node, size_t other, bool right) const {
    const auto& side = right ? graph_.nodes[node].after : graph_.nodes[node].before;
    if (graph_.nodes[node].bend || side.size() < 2) return middle(node);
    size_t above = 0;
    size_t level = 0;
    for (const size_t each : side) {
      if (middle(each) < middle(other)) ++above;
      if (middle(each) == middle(other)) ++level;
    }
    const double place = static_cast<double>(above) + static_cast<double>(level) / 2;
    return boxes_[node].y + boxes_[node].height * place / static_cast<double>(side.size());
  }

  PlacedEdge placed(const LayeredGraph::Route& route) const {
    PlacedEdge edge{route.edge, {}};
    for (size_t i = 0; i < route.nodes.size(); ++i) {
      const size_t node = route.nodes[i];
      const PlacedBox& box = boxes_[node];
      if (i != 0) edge.points.push_back({box.x, port(node, route.nodes[i - 1], false)});
      if (i + 1 != route.nodes.size()) {
        edge.points.push_back({box.x + box.width, port(node, route.nodes[i + 1], true)});
      }
    }
    if (route.backwards) std::reverse(edge.points.begin(), edge.points.end());
    return edge;
  }

  void add_loop(size_t index, DiagramLayout& result) const {
    const DiagramEdge& edge = diagram_.edges[index];
    if (edge.from != edge.to || edge.from >= diagram_.nodes.size()) return;
    const PlacedBox& box = boxes_[edge.from];
    const double right = box.x + box.width - kPadding;
    result.edges.push_back({index,
                            {{right - 2 * kLoop, box.y},
                             {right - 2 * kLoop, box.y - kLoop},
                             {right, box.y - kLoop},
                             {right, box.y}}});
  }

  const Diagram& diagram_;
  LayeredGraph graph_;
  std::vector<PlacedBox> boxes_;
};

}  // namespace

double label_width(const std::string& label) {
  return static_cast<double>(display_width(label)) * kCharacter;
}

DiagramLayout lay_out(const Diagram& diagram) {
  return Placer(diagram).layout();
}

}  // namespace kmortem::report
