// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/order_graph.h"

#include <algorithm>

namespace kmortem::model {

size_t OrderGraph::node_for(int class_index, const std::string& name) {
  if (class_index >= 0) {
    const auto [known, added] = node_of_class.emplace(class_index, nodes.size());
    if (added) nodes.push_back({class_index, name});
    return known->second;
  }
  const auto it = std::ranges::find_if(
      nodes, [&](const OrderNode& node) { return node.class_index < 0 && node.name == name; });
  if (it != nodes.end()) return static_cast<size_t>(it - nodes.begin());
  nodes.push_back({-1, name});
  return nodes.size() - 1;
}

const char* origin_name(OrderOrigin origin) {
  switch (origin) {
    case OrderOrigin::recorded:
      return "recorded";
    case OrderOrigin::refused:
      return "refused";
    case OrderOrigin::live:
      return "live";
    case OrderOrigin::log:
      return "log";
  }
  return "";
}

}  // namespace kmortem::model
