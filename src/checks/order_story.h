// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/acquisition.h"
#include "checks/order_search.h"
#include "model/report.h"

namespace kmortem::checks {

/// A path through the order graph in words: what lock-order-cycle and irq-inversion both say of it.
class OrderStory {
 public:
  OrderStory(const model::Snapshot& snapshot, const model::OrderGraph& graph)
      : snapshot_(snapshot), graph_(graph) {}

  /// Who took the later lock of an edge, by the stack that is known of it.
  Acquisition taken(const model::OrderEdge& edge) const;
  /// "log_wakeup_reason() [lk_irqorder]"; `otherwise` when no stack names it.
  std::string taker(const model::OrderEdge& edge, const std::string& otherwise) const;
  /// "mutex_lock(a)", "lock(a)" where the function is not known.
  std::string call_on_later(const model::OrderEdge& edge) const;
  const std::string& name(size_t node) const { return graph_.nodes[node].name; }
  const model::LockClass* lock_class(size_t node) const;

  /// "  a, then b   in f() [m], with spin_lock(): recorded by lockdep", a line each.
  std::string lines(const OrderPath& path) const;

  /// The stacks of the path's acquisitions, and what says that each happened.
  void add_stacks(const OrderPath& path, model::Finding& finding) const;
  void add_facts(const OrderPath& path, model::Finding& finding) const;
  /// The locks along the path, each class once; the tasks of refused and live edges.
  void add_parties(const OrderPath& path, model::Finding& finding) const;

  /// Of the weakest edge.
  model::Grade grade(const OrderPath& path) const;
  /// Of the lock for a signature: without what depends on the boot.
  std::string key(size_t node) const;
  /// The edge that is not like the others: refused or live; else the one recorded last.
  const model::OrderEdge& odd_one(const OrderPath& path) const;
  /// True when an edge of it is not recorded.
  bool reported(const OrderPath& path) const;

 private:
  model::Evidence stack_of(const model::OrderEdge& edge) const;

  const model::Snapshot& snapshot_;
  const model::OrderGraph& graph_;
};

/// Rows of a table of CPUs, "CPU 0", "CPU 1" …: one row is one moment, one cell what a CPU does
/// then. Empty for more CPUs than fit beside each other.
std::string cpu_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace kmortem::checks
