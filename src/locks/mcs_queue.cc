// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/mcs_queue.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "base/hex.h"
#include "kernel/percpu.h"

namespace kmortem::locks {

namespace {

// A CPU can wait in a task, a softirq, a hard interrupt and an NMI.
constexpr unsigned kContexts = 4;
constexpr uint64_t kLargestNode = 64;

/// struct pv_node: mcs, int cpu, u8 state.
constexpr uint64_t kPvCpu = 16;
constexpr uint64_t kPvState = 20;

/// Whether spinlocks are paravirtual in this guest: __pv_init_lock_hash() has run. Nodes of others
/// have no state, though there is room for it.
bool queues_in_hash_table(const kernel::Target& target) {
  const auto table = target.symbol("pv_lock_hash");
  return table && target.memory.read_u64(*table).value_or(0) != 0;
}

/// struct mcs_spinlock: next, locked, count; the same since 4.2.
struct RawNode {
  uint64_t next = 0;
  int32_t locked = 0;
  int32_t count = 0;
};

}  // namespace

std::optional<McsQueues::Layout> McsQueues::probe(const kernel::Target& target) const {
  Layout layout;
  const auto qnodes = target.symbol("qnodes");  // 5.0
  const auto symbol = qnodes ? qnodes : target.symbol("mcs_nodes");
  if (!symbol) return std::nullopt;
  layout.symbol = *symbol;
  if (const auto size = target.types.size_of("qnode"); qnodes && size) {
    layout.stride = *size;
  } else if (qnodes) {
    // Four of struct qnode, which holds two words more with CONFIG_PARAVIRT_SPINLOCKS.
    auto object = target.symbols.per_cpu_containing(*symbol);
    if (!object) object = target.symbols.containing(*symbol);
    layout.stride = object && object->size >= uint64_t{kContexts} * 32 ? 32 : 16;
  }
  if (layout.stride < 16 || layout.stride > kLargestNode) return std::nullopt;
  if (!queues_in_hash_table(target)) return layout;
  const auto state = target.types.field("pv_node.state");
  if (state && state->offset + 1 <= layout.stride) layout.pv_state = state->offset;
  // An analysis does not read qspinlock.c's types; since 5.0 there are but these.
  if (!state && qnodes && layout.stride == 32) layout.pv_state = kPvState;
  return layout;
}

void McsQueues::read_cpu(const kernel::Target& target, const Layout& layout,
                         const model::Cpu& cpu) {
  std::array<std::byte, kContexts * kLargestNode> bytes{};
  const uint64_t base = layout.symbol + cpu.percpu_base;
  const auto used = std::span(bytes).first(kContexts * layout.stride);
  if (auto done = target.memory.read(base, used); !done) {
    target.problems.add({"qnodes", done.error().address, std::string(describe(done.error().kind)),
                         "whether this CPU queues for a spinlock is not known"});
    return;
  }
  RawNode first;
  std::memcpy(&first, bytes.data(), sizeof first);
  // A fifth context spins without a node (since 5.2), and is counted.
  const auto count = static_cast<unsigned>(std::clamp<int32_t>(first.count, 0, kContexts));
  for (unsigned i = 0; i < count; ++i) {
    RawNode raw;
    std::memcpy(&raw, bytes.data() + i * layout.stride, sizeof raw);
    McsNode node;
    node.cpu = cpu.number;
    node.index = i;
    node.address = base + i * layout.stride;
    node.next = raw.next;
    node.released = raw.locked != 0;
    int32_t pv_cpu = 0;
    std::memcpy(&pv_cpu, bytes.data() + i * layout.stride + kPvCpu, sizeof pv_cpu);
    if (layout.pv_state != 0 && pv_cpu == cpu.number) {
      node.pv_state = std::to_integer<uint8_t>(bytes[i * layout.stride + layout.pv_state]);
    }
    nodes_.push_back(node);
  }
}

McsQueues::McsQueues(const kernel::Target& target, std::span<const model::Cpu> cpus) {
  const auto layout = probe(target);
  if (!layout) return;
  for (const model::Cpu& cpu : cpus) {
    if (cpu.online) read_cpu(target, *layout, cpu);
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].next != 0) before_.emplace(nodes_[i].next, i);
  }
}

McsChain McsQueues::chain(int cpu, unsigned index) const {
  McsChain chain;
  const auto last = std::ranges::find_if(
      nodes_, [&](const McsNode& node) { return node.cpu == cpu && node.index == index; });
  if (last == nodes_.end()) {
    chain.problem =
        fmt::format("its tail names CPU {} idx {}, whose node is not in use", cpu, index);
    return chain;
  }
  if (last->next != 0) {
    chain.problem = fmt::format("its tail, CPU {} idx {}, has a successor {}", cpu, index,
                                hex_address(last->next));
  }
  std::unordered_set<uint64_t> seen;
  for (const McsNode* node = &*last; node != nullptr;) {
    if (!seen.insert(node->address).second) {
      chain.problem = "its queue of CPUs is a ring";
      break;
    }
    chain.nodes.push_back(node);
    const auto before = before_.find(node->address);
    node = before == before_.end() ? nullptr : &nodes_[before->second];
  }
  std::ranges::reverse(chain.nodes);
  return chain;
}

}  // namespace kmortem::locks
