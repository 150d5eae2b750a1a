// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/wait_for_graph.h"

#include <algorithm>
#include <queue>

#include "checks/lock_parties.h"
#include "checks/strong_components.h"

namespace kmortem::checks {

namespace {

// The last of several readers, or a record from before lockdep stopped that nothing confirms:
// worth showing, not worth an edge.
bool counts(const model::LockParty& party) {
  return !(party.hint && party.shared) && party.grade != model::Grade::unknown;
}

bool in_queue(const model::LockParty& party) {
  return party.source == model::LockSource::wait_list ||
         party.source == model::LockSource::mcs_queue;
}

// Locks that are handed on in the order of their queue. A mutex may be taken by whoever comes.
bool first_come_first_served(model::LockType type) {
  return spins(type) || type == model::LockType::rw_semaphore;
}

// Anybody may release a semaphore, and others may have taken it as well: that somebody who took it
// must release it is not certain.
model::Grade grade_of(const model::LockState& lock, const model::LockParty& waiter,
                      const model::LockParty& owner) {
  const model::Grade grade = weaker(waiter.grade, owner.grade);
  return lock.type == model::LockType::semaphore ? weaker(grade, model::Grade::inferred) : grade;
}

}  // namespace

WaitForGraph::WaitForGraph(const model::Snapshot& snapshot) : snapshot_(snapshot) {
  for (const model::LockState& lock : snapshot.locks) add_lock(lock);
}

size_t WaitForGraph::node_for(const model::LockParty& party) {
  const model::Task* task = task_of(snapshot_, party);
  WaitNode node{party.task, party.cpu};
  if (task != nullptr) node = {task->address, task->on_cpu ? task->cpu : -1};
  if (node.task != 0) {
    const auto known = by_task_.find(node.task);
    if (known != by_task_.end()) return known->second;
  } else {
    const auto known = by_cpu_.find(node.cpu);
    if (known != by_cpu_.end()) return known->second;
  }
  const size_t index = nodes_.size();
  nodes_.push_back(node);
  leaving_.emplace_back();
  if (node.task != 0) by_task_.emplace(node.task, index);
  if (node.cpu >= 0) by_cpu_.emplace(node.cpu, index);
  return index;
}

void WaitForGraph::add_edge(WaitEdge edge) {
  leaving_[edge.from].push_back(edges_.size());
  edges_.push_back(edge);
}

void WaitForGraph::add_lock(const model::LockState& lock) {
  for (const model::LockParty& waiter : lock.waiters) {
    if (!counts(waiter)) continue;
    const size_t from = node_for(waiter);
    for (const model::LockParty& owner : lock.owners) {
      if (!counts(owner) || (owner.shared && waiter.shared)) continue;
      const size_t to = node_for(owner);
      add_edge({from, to, &lock, &waiter, &owner, nullptr, grade_of(lock, waiter, owner)});
    }
  }
  if (first_come_first_served(lock.type)) add_queue(lock);
}

// Each waits for the nearest before it that excludes it; two readers go in together.
void WaitForGraph::add_queue(const model::LockState& lock) {
  for (size_t i = 1; i < lock.waiters.size(); ++i) {
    const model::LockParty& waiter = lock.waiters[i];
    if (!counts(waiter) || !in_queue(waiter)) continue;
    for (size_t j = i; j-- > 0;) {
      const model::LockParty& ahead = lock.waiters[j];
      if (!counts(ahead) || !in_queue(ahead) || (ahead.shared && waiter.shared)) continue;
      const size_t from = node_for(waiter);
      const size_t to = node_for(ahead);
      if (from == to) break;
      add_edge({from, to, &lock, &waiter, nullptr, &ahead, weaker(waiter.grade, ahead.grade)});
      break;
    }
  }
}

size_t WaitForGraph::node_of_task(uint64_t task) const {
  const auto known = by_task_.find(task);
  return known == by_task_.end() ? nodes_.size() : known->second;
}

size_t WaitForGraph::node_of_cpu(int cpu) const {
  const auto known = by_cpu_.find(cpu);
  return known == by_cpu_.end() ? nodes_.size() : known->second;
}

size_t WaitForGraph::node_of(const model::LockParty& party) const {
  const model::Task* task = task_of(snapshot_, party);
  return task == nullptr ? node_of_cpu(party.cpu) : node_of_task(task->address);
}

std::vector<size_t> WaitForGraph::components() const {
  std::vector<std::vector<size_t>> successors(nodes_.size());
  for (const WaitEdge& edge : edges_) successors[edge.from].push_back(edge.to);
  return strong_components(successors);
}

std::vector<WaitEdge> WaitForGraph::shortest_cycle(size_t start,
                                                   const std::vector<size_t>& component) const {
  std::vector<size_t> reached_by(nodes_.size(), SIZE_MAX);
  std::vector<bool> seen(nodes_.size(), false);
  std::queue<size_t> queue;
  queue.push(start);
  seen[start] = true;
  while (!queue.empty()) {
    const size_t node = queue.front();
    queue.pop();
    for (const size_t index : leaving_[node]) {
      const size_t to = edges_[index].to;
      if (component[to] != component[start]) continue;
      if (to == start) {
        std::vector<WaitEdge> cycle = {edges_[index]};
        for (size_t at = node; at != start; at = edges_[reached_by[at]].from) {
          cycle.push_back(edges_[reached_by[at]]);
        }
        std::reverse(cycle.begin(), cycle.end());
        return cycle;
      }
      if (seen[to]) continue;
      seen[to] = true;
      reached_by[to] = index;
      queue.push(to);
    }
  }
  return {};
}

std::vector<std::vector<WaitEdge>> WaitForGraph::cycles() const {
  const std::vector<size_t> component = components();
  // Only edges within a component can be part of a cycle: most nodes have none.
  std::vector<bool> knotted(nodes_.size(), false);
  for (const WaitEdge& edge : edges_) {
    if (component[edge.from] == component[edge.to]) knotted[edge.from] = true;
  }
  std::map<size_t, std::vector<WaitEdge>> shortest;
  for (size_t node = 0; node < nodes_.size(); ++node) {
    if (!knotted[node]) continue;
    std::vector<WaitEdge> cycle = shortest_cycle(node, component);
    if (cycle.empty()) continue;
    auto& best = shortest[component[node]];
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
  }
  std::vector<std::vector<WaitEdge>> cycles;
  for (auto& [number, cycle] : shortest) cycles.push_back(std::move(cycle));
  return cycles;
}

std::vector<bool> WaitForGraph::reaching(const std::vector<bool>& targets) const {
  std::vector<std::vector<size_t>> entering(nodes_.size());
  for (const WaitEdge& edge : edges_) entering[edge.to].push_back(edge.from);
  std::vector<bool> reached = targets;
  std::queue<size_t> queue;
  for (size_t node = 0; node < nodes_.size(); ++node) {
    if (reached[node]) queue.push(node);
  }
  while (!queue.empty()) {
    const size_t node = queue.front();
    queue.pop();
    for (const size_t from : entering[node]) {
      if (reached[from]) continue;
      reached[from] = true;
      queue.push(from);
    }
  }
  return reached;
}

}  // namespace kmortem::checks
