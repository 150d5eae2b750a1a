// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/order_graph.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "checks/live_order.h"
#include "checks/lock_parties.h"
#include "checks/log_order.h"
#include "checks/refused_acquisition.h"

namespace kmortem::checks {

namespace {

using model::OrderEdge;
using model::OrderGraph;

// In locks_before the roles are swapped, and with them the two middle bits.
unsigned swapped(unsigned dep) {
  using enum model::OrderKind;
  unsigned kinds = dep & (kSharedRecursive | kExclusiveWaiting);
  if ((dep & kExclusiveRecursive) != 0) kinds |= kSharedWaiting;
  if ((dep & kSharedWaiting) != 0) kinds |= kExclusiveRecursive;
  return kinds;
}

uint64_t pair(int from, int to) {
  return uint64_t{static_cast<uint32_t>(from)} << 32 | static_cast<uint32_t>(to);
}

class Builder {
 public:
  explicit Builder(const model::Snapshot& snapshot) : snapshot_(snapshot) {}

  OrderGraph build() {
    for (const model::LockClass& lock_class : snapshot_.lockdep.classes) {
      graph_.node_for(static_cast<int>(lock_class.index), lock_class.name);
    }
    add_recorded();
    recorded_ = graph_.edges.size();
    for (const RefusedAcquisition& each : refused_acquisitions(snapshot_)) add_refused(each);
    add_live_order(snapshot_, &graph_);
    fold_repeated();
    add_log_order(snapshot_, &graph_);
    return std::move(graph_);
  }

 private:
  // Each dependency stands in two lists. One that only one of them has may be damage.
  void add_recorded() {
    const model::Lockdep& lockdep = snapshot_.lockdep;
    std::unordered_map<uint64_t, unsigned> backward;
    for (const model::LockClass& lock_class : lockdep.classes) {
      for (const unsigned index : lock_class.locks_before) {
        if (index >= lockdep.dependencies.size()) continue;
        const model::Dependency& entry = lockdep.dependencies[index];
        backward[pair(entry.to, entry.from)] = swapped(entry.dep);
      }
    }
    for (const model::LockClass& lock_class : lockdep.classes) {
      for (const unsigned index : lock_class.locks_after) {
        if (index >= lockdep.dependencies.size()) continue;
        const model::Dependency& entry = lockdep.dependencies[index];
        const model::LockClass* to = lockdep.find(entry.to);
        if (to == nullptr) continue;
        const auto twin = backward.find(pair(entry.from, entry.to));
        const bool confirmed = twin != backward.end() && twin->second == entry.dep;
        OrderEdge edge;
        edge.from = graph_.node_for(static_cast<int>(lock_class.index), lock_class.name);
        edge.to = graph_.node_for(entry.to, to->name);
        edge.grade = confirmed ? model::Grade::proven : model::Grade::inferred;
        edge.kinds = lockdep.features.strong_paths ? entry.dep & model::kEveryOrder
                                                   : unsigned{model::kEveryOrder};
        edge.distance = entry.distance;
        edge.address = entry.address;
        edge.trace = entry.trace;
        place_.emplace(std::pair(edge.from, edge.to), graph_.edges.size());
        graph_.edges.push_back(std::move(edge));
      }
    }
  }

  void add_refused(const RefusedAcquisition& refused) {
    for (const HeldBefore& held : refused.before) {
      OrderEdge edge;
      edge.from = graph_.node_for(static_cast<int>(held.lock_class->index), held.lock_class->name);
      edge.to = graph_.node_for(static_cast<int>(refused.wanted->index), refused.wanted->name);
      edge.origin = model::OrderOrigin::refused;
      edge.grade = refused.grade();
      edge.kinds = snapshot_.lockdep.features.strong_paths ? order_kind(held.read, refused.read)
                                                           : unsigned{model::kEveryOrder};
      edge.distance = held.distance;
      edge.evidence = refused.evidence;
      if (refused.task != nullptr) {
        edge.task = refused.task->address;
        edge.taken_by = task_label(*refused.task);
      }
      if (refused.slot != nullptr) {
        edge.stack = where(refused, held);
        edge.taker = 0;
      }
      graph_.edges.push_back(std::move(edge));
    }
  }

  // Of a refused acquisition lockdep keeps no trace: the two places are all that the task has.
  static model::Stack where(const RefusedAcquisition& refused, const HeldBefore& held) {
    model::Stack stack = {refused.slot->acquired_at};
    stack.front().note = "takes " + refused.wanted->name;
    if (held.held == nullptr) return stack;
    stack.push_back(held.held->acquired_at);
    stack.back().note = "took " + held.lock_class->name;
    return stack;
  }

  // What is recorded already, in the same way, is no edge of its own.
  void fold_repeated() {
    std::vector<OrderEdge> kept;
    for (size_t i = recorded_; i < graph_.edges.size(); ++i) {
      OrderEdge& edge = graph_.edges[i];
      const auto known = place_.find(std::pair(edge.from, edge.to));
      OrderEdge* same = known == place_.end() ? nullptr : &graph_.edges[known->second];
      if (same == nullptr || (same->kinds & edge.kinds) != edge.kinds) {
        kept.push_back(std::move(edge));
        continue;
      }
      for (std::string& line : edge.evidence) same->evidence.push_back(std::move(line));
    }
    graph_.edges.resize(recorded_);
    std::ranges::move(kept, std::back_inserter(graph_.edges));
  }

  const model::Snapshot& snapshot_;
  OrderGraph graph_;
  size_t recorded_ = 0;
  std::map<std::pair<size_t, size_t>, size_t> place_;  ///< of the recorded edges
};

}  // namespace

OrderGraph order_graph(const model::Snapshot& snapshot) {
  return Builder(snapshot).build();
}

}  // namespace kmortem::checks
