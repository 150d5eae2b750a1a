// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_reachability.h"

#include <algorithm>

namespace kmortem::report {

namespace {

// Bits of lock_list.dep: the earlier lock shared or exclusive, the later one recursive or not.
constexpr unsigned kSharedRecursive = 1;
constexpr unsigned kSharedNormal = 4;
constexpr unsigned kExclusiveNormal = 8;

struct Edge {
  unsigned owner = 0;  // place of the class whose list it is in
  int target = -1;     // place of the class it names; -1: none
  unsigned dep = 0;
};

/// One direction's lists, flat: the edges of class c are [begin[c], begin[c + 1]).
struct Graph {
  std::vector<Edge> edges;
  std::vector<unsigned> begin;

  unsigned first(unsigned cls) const { return begin[cls]; }
  bool has_edges(unsigned cls) const { return begin[cls] != begin[cls + 1]; }
  bool last_of_list(unsigned edge) const { return edge + 1 == begin[edges[edge].owner + 1]; }
};

using ListMember = std::vector<unsigned> model::LockClass::*;

Graph flatten(const model::Lockdep& lockdep, ListMember list) {
  std::vector<int> place;
  for (unsigned i = 0; i < lockdep.classes.size(); ++i) {
    const unsigned index = lockdep.classes[i].index;
    if (index >= place.size()) place.resize(index + 1, -1);
    place[index] = static_cast<int>(i);
  }
  Graph graph;
  for (unsigned i = 0; i < lockdep.classes.size(); ++i) {
    graph.begin.push_back(static_cast<unsigned>(graph.edges.size()));
    for (const unsigned d : lockdep.classes[i].*list) {
      if (d >= lockdep.dependencies.size()) continue;
      const model::Dependency& dependency = lockdep.dependencies[d];
      const auto to = static_cast<size_t>(dependency.to);
      const int target = dependency.to < 0 || to >= place.size() ? -1 : place[to];
      graph.edges.push_back({i, target, dependency.dep});
    }
  }
  graph.begin.push_back(static_cast<unsigned>(graph.edges.size()));
  return graph;
}

/// The kernel's fixed ring (struct circular_queue): one slot is never used.
class Queue {
 public:
  explicit Queue(unsigned size) : slots_(std::max(size, 2U)) {}
  void clear() { front_ = rear_ = 0; }
  bool empty() const { return front_ == rear_; }
  bool push(int edge) {
    const size_t next = (rear_ + 1) % slots_.size();
    if (next == front_) return false;
    slots_[rear_] = edge;
    rear_ = next;
    return true;
  }
  int pop() {
    const int edge = slots_[front_];
    front_ = (front_ + 1) % slots_.size();
    return edge;
  }

 private:
  std::vector<int> slots_;
  size_t front_ = 0;
  size_t rear_ = 0;
};

class Search {
 public:
  Search(const Graph& graph, unsigned queue_size)
      : graph_(graph),
        queue_(queue_size),
        visited_(graph.begin.size(), 0),
        only_recursive_(graph.begin.size(), false) {}

  /// __bfs() since 5.10, with a match function that counts.
  uint64_t count_strong(unsigned root) {
    start();
    queue_.push(kRoot);
    uint64_t count = 0;
    int current = kRoot;
    while (next(&current)) {
      const int target = current == kRoot ? static_cast<int>(root) : edge(current).target;
      if (target < 0) return count;
      const auto cls = static_cast<unsigned>(target);
      if (visited_[cls] == generation_) continue;
      visited_[cls] = generation_;
      if (!enter(current, cls)) continue;
      ++count;
      if (graph_.has_edges(cls) && !queue_.push(static_cast<int>(graph_.first(cls)))) return count;
    }
    return count;
  }

  /// __bfs() until 5.9: the root is counted first and not marked, so a cycle counts it again.
  uint64_t count_all(unsigned root) {
    start();
    uint64_t count = 1;
    if (!graph_.has_edges(root)) return count;
    queue_.push(kRoot);
    while (!queue_.empty()) {
      const int current = queue_.pop();
      const int target = current == kRoot ? static_cast<int>(root) : edge(current).target;
      if (target < 0) return count;
      const auto cls = static_cast<unsigned>(target);
      for (unsigned e = graph_.begin[cls]; e < graph_.begin[cls + 1]; ++e) {
        if (graph_.edges[e].target < 0) return count;
        const auto neighbour = static_cast<unsigned>(graph_.edges[e].target);
        if (visited_[neighbour] == generation_) continue;
        visited_[neighbour] = generation_;
        ++count;
        if (!queue_.push(static_cast<int>(e))) return count;
      }
    }
    return count;
  }

 private:
  static constexpr int kRoot = -1;

  const Edge& edge(int index) const { return graph_.edges[static_cast<size_t>(index)]; }

  void start() {
    ++generation_;
    queue_.clear();
  }

  // __bfs_next(): only the first edge of a list is queued, its siblings follow when it was taken.
  bool next(int* current) {
    if (*current != kRoot && !graph_.last_of_list(static_cast<unsigned>(*current))) {
      ++*current;
      return true;
    }
    if (queue_.empty()) return false;
    *current = queue_.pop();
    return true;
  }

  /// Whether the path to `cls` over `current` is strong; remembers if it can only go on from there
  /// as a recursive reader.
  bool enter(int current, unsigned cls) {
    only_recursive_[cls] = false;
    if (current == kRoot) return true;
    unsigned dep = edge(current).dep;
    if (only_recursive_[edge(current).owner]) dep &= ~(kSharedRecursive | kSharedNormal);
    if (dep == 0) return false;
    only_recursive_[cls] = (dep & (kSharedNormal | kExclusiveNormal)) == 0;
    return true;
  }

  const Graph& graph_;
  Queue queue_;
  unsigned generation_ = 0;
  std::vector<unsigned> visited_;
  std::vector<bool> only_recursive_;
};

std::vector<uint64_t> count_direction(const model::Lockdep& lockdep, ListMember list) {
  const Graph graph = flatten(lockdep, list);
  Search search(graph, lockdep.features.circular_queue_size);
  std::vector<uint64_t> counts;
  counts.reserve(lockdep.classes.size());
  for (unsigned i = 0; i < lockdep.classes.size(); ++i) {
    counts.push_back(lockdep.features.strong_paths ? search.count_strong(i) : search.count_all(i));
  }
  return counts;
}

}  // namespace

ReachCounts count_reachable(const model::Lockdep& lockdep) {
  // Without CONFIG_PROVE_LOCKING lockdep_count_forward_deps() is a constant 0.
  if (!lockdep.features.prove_locking) {
    const std::vector<uint64_t> none(lockdep.classes.size());
    return {none, none};
  }
  return {count_direction(lockdep, &model::LockClass::locks_after),
          count_direction(lockdep, &model::LockClass::locks_before)};
}

}  // namespace kmortem::report
