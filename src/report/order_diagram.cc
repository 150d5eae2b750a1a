// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/order_diagram.h"

#include <fmt/core.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kmortem::report {

namespace {

using model::Dependency;
using model::LockClass;
using model::Lockdep;

constexpr size_t kMostClasses = 12;    // that findings name
constexpr size_t kMostNeighbours = 8;  // of one class in one direction
constexpr size_t kMostNodes = 48;

class OrderDiagramBuilder {
 public:
  explicit OrderDiagramBuilder(const model::Report& report)
      : lockdep_(report.snapshot.lockdep), report_(report) {}

  OrderDiagram build() {
    for (const int index : named_classes()) {
      const LockClass* lock_class = lockdep_.find(index);
      if (lock_class != nullptr) result_.diagram.nodes[node_of(*lock_class)].hot = true;
    }
    const std::map<unsigned, size_t> centres = nodes_;
    for (const auto& [index, node] : centres) {
      const LockClass* lock_class = lockdep_.find(static_cast<int>(index));
      if (lock_class == nullptr) continue;
      add_neighbours(lock_class->locks_after);
      add_neighbours(lock_class->locks_before);
    }
    add_edges();
    return std::move(result_);
  }

 private:
  // A finding names classes as /proc/lockdep prints them.
  std::vector<int> named_classes() const {
    std::set<std::string> names;
    for (const model::Finding& finding : report_.findings) {
      for (const model::LockRef& lock : finding.locks) {
        if (!lock.lock_class.empty()) names.insert(lock.lock_class);
      }
    }
    std::vector<int> classes;
    for (const LockClass& lock_class : lockdep_.classes) {
      if (classes.size() == kMostClasses) break;
      if (names.contains(lock_class.name)) classes.push_back(static_cast<int>(lock_class.index));
    }
    return classes;
  }

  size_t node_of(const LockClass& lock_class) {
    const auto known = nodes_.find(lock_class.index);
    if (known != nodes_.end()) return known->second;
    const size_t node = result_.diagram.nodes.size();
    const std::string usage = lock_class.usage.empty() ? "" : "{" + lock_class.usage + "}";
    result_.diagram.nodes.push_back({short_label(lock_class.name), usage, "class", false});
    nodes_[lock_class.index] = node;
    return node;
  }

  void add_neighbours(const std::vector<unsigned>& entries) {
    size_t added = 0;
    for (const unsigned entry : entries) {
      if (entry >= lockdep_.dependencies.size()) continue;
      const Dependency& dependency = lockdep_.dependencies[entry];
      const LockClass* other = lockdep_.find(dependency.to);
      if (other == nullptr || dependency.distance != 1 || nodes_.contains(other->index)) continue;
      if (added == kMostNeighbours || result_.diagram.nodes.size() == kMostNodes) {
        ++result_.left_out;
        continue;
      }
      ++added;
      node_of(*other);
    }
  }

  // Every direct dependency among the classes shown.
  void add_edges() {
    for (const auto& [index, node] : nodes_) {
      const LockClass* outer = lockdep_.find(static_cast<int>(index));
      if (outer == nullptr) continue;
      for (const unsigned entry : outer->locks_after) {
        if (entry >= lockdep_.dependencies.size()) continue;
        add_edge(*outer, node, lockdep_.dependencies[entry]);
      }
    }
  }

  void add_edge(const LockClass& outer, size_t from, const Dependency& dependency) {
    const LockClass* inner = lockdep_.find(dependency.to);
    if (inner == nullptr || dependency.distance != 1) return;
    const auto to = nodes_.find(inner->index);
    if (to == nodes_.end() || !drawn_.emplace(from, to->second).second) return;
    auto& diagram = result_.diagram;
    const bool hot = diagram.nodes[from].hot && diagram.nodes[to->second].hot;
    diagram.edges.push_back({from, to->second,
                             fmt::format("{} was taken with {} held", inner->name, outer.name), hot,
                             false});
  }

  const Lockdep& lockdep_;
  const model::Report& report_;
  OrderDiagram result_;
  std::map<unsigned, size_t> nodes_;
  std::set<std::pair<size_t, size_t>> drawn_;  // a damaged list may name an edge many times
};

}  // namespace

OrderDiagram order_diagram(const model::Report& report) {
  return OrderDiagramBuilder(report).build();
}

}  // namespace kmortem::report
