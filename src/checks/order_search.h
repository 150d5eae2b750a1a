// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/order_graph.h"

namespace kmortem::checks {

/// Edges of an OrderGraph, each beginning where the one before ends.
using OrderPath = std::vector<size_t>;

/// How a path may begin, or how it arrived: after a recursive reader only an exclusively held lock
/// can block, so that a shared one does not go on (-(*R)-> -(S*)-> is no dependency).
enum class Arrival : uint8_t { waiting, recursive };

/// A class that a search of strong paths begins or ends at.
struct OrderEnd {
  bool written = false;  ///< used by a writer: whatever the first or last edge of the path is
  bool read = false;     ///< used by a reader: begins exclusively held, or ends waiting
};

/// Searches for strong paths: those along which every lock can really block the one before. Works
/// on states (class, arrival) where the kernel's __bfs() marks classes alone: it misses what is
/// reached first by the weaker way.
class OrderSearch {
 public:
  /// `graph` must outlive it.
  explicit OrderSearch(const model::OrderGraph& graph);

  /// Strong cycles, each minimal and once. Every edge that lockdep did not record and that closes
  /// a cycle gives the shortest one through it; what remains among recorded edges alone gives its
  /// shortest cycles, until none is left. At most kMostCycles.
  std::vector<OrderPath> cycles() const;

  /// For each class that `ends` accepts and that a strong path of at least one edge reaches from
  /// one that `begins` accepts: the shortest such path, in the order of its last node. Nodes in
  /// `passed_over` are on no path.
  std::vector<OrderPath> shortest_paths(const std::vector<OrderEnd>& begins,
                                        const std::vector<OrderEnd>& ends,
                                        const std::vector<bool>& passed_over) const;

  static constexpr size_t kMostCycles = 32;

 private:
  using Removed = std::vector<bool>;
  struct Visits;

  static size_t state(size_t node, Arrival arrival) {
    return node * 2 + (arrival == Arrival::recursive ? 1 : 0);
  }
  std::vector<size_t> components(const Removed& removed) const;
  OrderPath cycle_through(size_t edge, const Removed& removed) const;
  OrderPath shortest_from(size_t start, size_t limit, const std::vector<size_t>& component,
                          const Removed& removed, Visits* visits) const;
  std::vector<OrderPath> shortest_of_components(const Removed& removed, Visits* visits) const;

  size_t latest(const OrderPath& cycle) const;

  const model::OrderGraph& graph_;
  std::vector<std::vector<size_t>> leaving_;  ///< by node: its edges
};

}  // namespace kmortem::checks
