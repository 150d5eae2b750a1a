// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/wait_diagram.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "report/grade_text.h"
#include "report/layout.h"
#include "report/lock_text.h"

namespace kmortem::report {

namespace {

using model::LockParty;
using model::LockState;

constexpr size_t kMostNodes = 60;
constexpr size_t kLongQueue = 6;

class WaitDiagramBuilder {
 public:
  explicit WaitDiagramBuilder(const model::Snapshot& snapshot) : snapshot_(snapshot) {
    for (const LockState& lock : snapshot.locks) {
      for (const LockParty& owner : lock.owners) owning_.insert(key(owner));
    }
  }

  WaitDiagram build() {
    std::vector<const LockState*> locks;
    for (const LockState& lock : snapshot_.locks) {
      if (waited_for(lock)) locks.push_back(&lock);
    }
    std::ranges::stable_partition(locks, [&](const LockState* lock) { return in_chain(*lock); });
    size_t left_out = 0;
    for (const LockState* lock : locks) {
      if (diagram_.nodes.size() < kMostNodes) {
        add(*lock);
      } else {
        ++left_out;
      }
    }
    mark_cycles(diagram_);
    return {std::move(diagram_), left_out};
  }

 private:
  /// A task, or a CPU of which no more is known.
  using Key = std::pair<uint64_t, int>;

  Key key(const LockParty& party) const {
    if (party.task != 0) return {party.task, -1};
    for (const model::Cpu& cpu : snapshot_.cpus) {
      if (cpu.number == party.cpu && cpu.current_task != 0) return {cpu.current_task, -1};
    }
    return {0, party.cpu};
  }

  static bool waited_for(const LockState& lock) {
    return lock.type != model::LockType::lockdep_only && !lock.waiters.empty();
  }

  // A waiter of it holds another lock: what a cycle is made of.
  bool in_chain(const LockState& lock) const {
    return std::ranges::any_of(
        lock.waiters, [&](const LockParty& waiter) { return owning_.contains(key(waiter)); });
  }

  size_t add_node(DiagramNode node) {
    diagram_.nodes.push_back(std::move(node));
    return diagram_.nodes.size() - 1;
  }

  size_t node_of(const LockParty& party) {
    const Key who = key(party);
    const auto known = nodes_.find(who);
    if (known != nodes_.end()) return known->second;
    const model::Task* task = snapshot_.task_at(who.first);
    DiagramNode node{"", "", "task", false};
    if (task != nullptr) {
      node.label = short_label(fmt::format("{} [{}]", task->comm, task->pid));
      node.detail = task->on_cpu ? fmt::format("on CPU {}", task->cpu)
                                 : fmt::format("not running, {}", task->state);
    } else {
      node.label =
          who.second >= 0 ? fmt::format("CPU {}", who.second) : "task " + hex_address(who.first);
    }
    return nodes_[who] = add_node(std::move(node));
  }

  void add(const LockState& lock) {
    const size_t place = add_node(
        {short_label(lock_label(lock)), std::string(lock_type_text(lock.type)), "lock", false});
    size_t plain = 0;
    for (const LockParty& waiter : lock.waiters) {
      const bool owns = owning_.contains(key(waiter));
      if (!owns && ++plain > kLongQueue && lock.waiters.size() > kLongQueue + 1) continue;
      if (diagram_.nodes.size() < kMostNodes) connect(node_of(waiter), place, waiter, "waits for");
    }
    if (plain > kLongQueue && lock.waiters.size() > kLongQueue + 1) {
      const size_t rest =
          add_node({count_text(plain - kLongQueue, "more waiter"), "", "task", false});
      diagram_.edges.push_back({rest, place, "wait for it too", false, false});
    }
    for (const LockParty& owner : lock.owners) {
      if (diagram_.nodes.size() < kMostNodes) connect(place, node_of(owner), owner, "is held by");
    }
  }

  void connect(size_t from, size_t to, const LockParty& party, std::string_view verb) {
    DiagramEdge edge{from, to, "", false, party.grade != model::Grade::proven || party.hint};
    edge.title = fmt::format("{} {} {} ({}{}): {}", diagram_.nodes[from].label, verb,
                             diagram_.nodes[to].label, grade_text(party.grade),
                             party.hint ? ", a hint" : "", party.evidence);
    diagram_.edges.push_back(std::move(edge));
  }

  const model::Snapshot& snapshot_;
  std::set<Key> owning_;  // who holds any lock
  std::map<Key, size_t> nodes_;
  Diagram diagram_;
};

}  // namespace

WaitDiagram wait_diagram(const model::Snapshot& snapshot) {
  return WaitDiagramBuilder(snapshot).build();
}

}  // namespace kmortem::report
