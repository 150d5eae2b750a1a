// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/diagram_svg.h"

#include <fmt/core.h>

#include <string_view>

#include "report/diagram_layout.h"
#include "report/html_text.h"
#include "report/printable.h"

namespace kmortem::report {

namespace {

constexpr double kBaseline = 17;
constexpr double kSecondBaseline = 33;
constexpr double kPadding = 12;
constexpr double kPull = 26;  // how far a curve leaves a box straight

// The box was made for a font of one width. Should the reader's differ, the text is fitted.
std::string line_text(const std::string& text, double x, double y, std::string_view kind) {
  if (text.empty()) return {};
  return fmt::format(
      "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" textLength=\"{:.1f}\" "
      "lengthAdjust=\"spacingAndGlyphs\">{}</text>",
      kind, x, y, label_width(text), html_text(text));
}

std::string box_svg(const DiagramNode& node, const PlacedBox& box) {
  const double x = box.x + kPadding;
  return fmt::format(
             "<g class=\"{}{}\"><rect class=\"box\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
             "height=\"{:.1f}\" rx=\"5\"/>",
             html_text(node.kind), node.hot ? " hot" : "", box.x, box.y, box.width, box.height) +
         line_text(node.label, x, box.y + kBaseline, "label") +
         line_text(node.detail, x, box.y + kSecondBaseline, "detail") + "</g>\n";
}

std::string path_data(const std::vector<Point>& points) {
  std::string data = fmt::format("M{:.1f} {:.1f}", points.front().x, points.front().y);
  for (size_t i = 1; i < points.size(); ++i) {
    const Point& a = points[i - 1];
    const Point& b = points[i];
    // Along a bend, and round a loop, the way is straight.
    if (a.y == b.y || a.x == b.x) {
      data += fmt::format(" L{:.1f} {:.1f}", b.x, b.y);
      continue;
    }
    const double pull = a.x < b.x ? kPull : -kPull;
    data += fmt::format(" C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", a.x + pull, a.y, b.x - pull,
                        b.y, b.x, b.y);
  }
  return data;
}

std::string marker(const std::string& id, std::string_view kind) {
  return fmt::format(
      "<marker id=\"{}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" "
      "markerHeight=\"7\" orient=\"auto\"><path class=\"{}\" d=\"M0 0L10 5L0 10z\"/></marker>",
      id, kind);
}

std::string edge_svg(const DiagramEdge& edge, const PlacedEdge& placed, const std::string& id) {
  if (placed.points.size() < 2) return {};
  std::string kind = "edge";
  if (edge.hot) kind += " hot";
  if (edge.dashed) kind += " dashed";
  return fmt::format(
      "<path class=\"{}\" d=\"{}\" marker-end=\"url(#{}-{})\"><title>{}</title></path>\n", kind,
      path_data(placed.points), id, edge.hot ? "hot" : "plain", html_text(edge.title));
}

}  // namespace

std::string diagram_svg(const Diagram& diagram, const std::string& id,
                        const std::string& description) {
  // What is drawn is what is measured: control characters are spelt out before the layout.
  Diagram clean = diagram;
  for (DiagramNode& node : clean.nodes) {
    node.label = printable(node.label);
    node.detail = printable(node.detail);
  }
  const DiagramLayout layout = lay_out(clean);
  std::string svg = fmt::format(
      "<svg class=\"diagram\" id=\"{}\" role=\"img\" aria-label=\"{}\" width=\"{:.0f}\" "
      "height=\"{:.0f}\" viewBox=\"0 0 {:.0f} {:.0f}\">\n<defs>{}{}</defs>\n",
      html_text(id), html_text(description), layout.width, layout.height, layout.width,
      layout.height, marker(id + "-plain", "arrow"), marker(id + "-hot", "arrow hot"));
  for (const PlacedEdge& edge : layout.edges) {
    svg += edge_svg(clean.edges[edge.edge], edge, id);
  }
  for (size_t i = 0; i < layout.boxes.size(); ++i) svg += box_svg(clean.nodes[i], layout.boxes[i]);
  return svg + "</svg>\n";
}

}  // namespace kmortem::report
