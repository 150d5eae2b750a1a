// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/snapshot.h"

namespace kmortem::checks {

/// Who waits for whom at the time of the dump. A node is a task together with the interrupts that
/// run on top of it: none of them goes on before the innermost does.
struct WaitNode {
  uint64_t task = 0;  ///< task_struct; 0 when only the CPU is known
  int cpu = -1;       ///< -1 for a task that does not run
};

/// One node waits for a lock that another holds, or stands behind another in the lock's queue.
struct WaitEdge {
  size_t from = 0;
  size_t to = 0;
  const model::LockState* lock = nullptr;
  const model::LockParty* waiter = nullptr;
  const model::LockParty* owner = nullptr;     ///< null when `to` is only ahead in the queue
  const model::LockParty* ahead = nullptr;     ///< the one ahead then
  model::Grade grade = model::Grade::unknown;  ///< of the weaker of the two parties
};

/// Built over Snapshot::locks, which must outlive it. Serves the rules about cycles and stalls.
class WaitForGraph {
 public:
  explicit WaitForGraph(const model::Snapshot& snapshot);

  const std::vector<WaitNode>& nodes() const { return nodes_; }
  const std::vector<WaitEdge>& edges() const { return edges_; }
  /// Indices of the edges that leave a node.
  const std::vector<size_t>& from(size_t node) const { return leaving_[node]; }

  /// One shortest cycle of each knot (strongly connected component), as edges in order; an edge
  /// from a node to itself is one. Nodes that only wait for a knot are not in it.
  std::vector<std::vector<WaitEdge>> cycles() const;

  /// Every node from which one of `targets` is reached, those included: what cannot go on before
  /// they do.
  std::vector<bool> reaching(const std::vector<bool>& targets) const;

  /// The node of a task, or of a CPU by what runs on it; nodes().size() when it is in no lock's
  /// queue or possession.
  size_t node_of_task(uint64_t task) const;
  size_t node_of_cpu(int cpu) const;
  size_t node_of(const model::LockParty& party) const;

 private:
  size_t node_for(const model::LockParty& party);
  void add_lock(const model::LockState& lock);
  void add_queue(const model::LockState& lock);
  void add_edge(WaitEdge edge);
  std::vector<WaitEdge> shortest_cycle(size_t start, const std::vector<size_t>& component) const;
  std::vector<size_t> components() const;

  const model::Snapshot& snapshot_;
  std::vector<WaitNode> nodes_;
  std::vector<WaitEdge> edges_;
  std::vector<std::vector<size_t>> leaving_;
  std::map<uint64_t, size_t> by_task_;
  std::map<int, size_t> by_cpu_;
};

}  // namespace kmortem::checks
