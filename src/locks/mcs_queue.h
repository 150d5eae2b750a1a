// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::locks {

/// A per-CPU queue node of a qspinlock that is in use: its CPU waits for some lock.
struct McsNode {
  int cpu = -1;
  unsigned index = 0;  ///< 0 for the outermost wait of the CPU, 1 for one in an interrupt, ...
  uint64_t address = 0;
  uint64_t next = 0;                ///< the node that queued up behind; 0 at the tail
  bool released = false;            ///< mcs_spinlock.locked: its predecessor handed over
  std::optional<uint8_t> pv_state;  ///< vcpu_state: 0 running, 1 halted, 2 hashed
};

/// The CPUs that wait for one lock, in the order in which they will get it.
struct McsChain {
  std::vector<const McsNode*> nodes;
  std::string problem;  ///< why the chain cannot be right; empty when it adds up
};

/// Every queue of waiting CPUs. Nodes do not say which lock they are for: a chain belongs to the
/// lock whose tail names its last node.
class McsQueues {
 public:
  /// Reads qnodes (5.0) or mcs_nodes of every CPU.
  McsQueues(const kernel::Target& target, std::span<const model::Cpu> cpus);

  std::span<const McsNode> in_use() const { return nodes_; }

  /// The chain that ends at node `index` of `cpu`, which is what a lock's tail says.
  McsChain chain(int cpu, unsigned index) const;

 private:
  struct Layout {
    uint64_t symbol = 0;
    uint64_t stride = 16;
    uint64_t pv_state = 0;  ///< offset from the node; 0 without paravirtual spinlocks
  };
  std::optional<Layout> probe(const kernel::Target& target) const;
  void read_cpu(const kernel::Target& target, const Layout& layout, const model::Cpu& cpu);

  std::vector<McsNode> nodes_;
  std::unordered_map<uint64_t, size_t> before_;  ///< node's address → the one whose next it is
};

}  // namespace kmortem::locks
