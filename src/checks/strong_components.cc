// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/strong_components.h"

#include <algorithm>
#include <cstdint>

namespace kmortem::checks {

namespace {

constexpr size_t kNone = SIZE_MAX;

class Tarjan {
 public:
  explicit Tarjan(const std::vector<std::vector<size_t>>& successors)
      : successors_(successors),
        order_(successors.size(), kNone),
        low_(successors.size(), kNone),
        component_(successors.size(), kNone) {}

  std::vector<size_t> run() {
    for (size_t root = 0; root < successors_.size(); ++root) {
      if (order_[root] == kNone) search(root);
    }
    return std::move(component_);
  }

 private:
  struct Visit {
    size_t node;
    size_t next = 0;  ///< which successor is looked at next
  };

  void search(size_t root) {
    enter(root);
    while (!visits_.empty()) {
      Visit& visit = visits_.back();
      if (visit.next == successors_[visit.node].size()) {
        leave();
        continue;
      }
      const size_t to = successors_[visit.node][visit.next++];
      if (order_[to] == kNone) {
        enter(to);
      } else if (component_[to] == kNone) {
        low_[visit.node] = std::min(low_[visit.node], order_[to]);
      }
    }
  }

  void enter(size_t node) {
    order_[node] = low_[node] = entered_++;
    open_.push_back(node);
    visits_.push_back({node});
  }

  void leave() {
    const size_t node = visits_.back().node;
    visits_.pop_back();
    if (!visits_.empty()) {
      size_t& low = low_[visits_.back().node];
      low = std::min(low, low_[node]);
    }
    if (low_[node] != order_[node]) return;
    // Everything entered since is one component with it.
    while (component_[node] == kNone) {
      component_[open_.back()] = components_;
      open_.pop_back();
    }
    ++components_;
  }

  const std::vector<std::vector<size_t>>& successors_;
  std::vector<size_t> order_, low_, component_, open_;
  std::vector<Visit> visits_;
  size_t entered_ = 0;
  size_t components_ = 0;
};

}  // namespace

std::vector<size_t> strong_components(const std::vector<std::vector<size_t>>& successors) {
  return Tarjan(successors).run();
}

}  // namespace kmortem::checks
