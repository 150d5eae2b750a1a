// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/order_search.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "checks/strong_components.h"

namespace kmortem::checks {

namespace {

constexpr size_t kNone = SIZE_MAX;

// What the search for the shortest of a component's cycles may cost: beyond it the best so far is
// taken. A graph that lockdep accepted has no such component at all.
constexpr size_t kMostSteps = 4'000'000;

// The arrival after an edge of these kinds, or nothing where the path cannot go on. Waiting is
// the stronger one: whatever follows a recursive reader follows it too.
std::optional<Arrival> step(Arrival before, unsigned kinds) {
  using enum model::OrderKind;
  if (before == Arrival::recursive) kinds &= kExclusiveRecursive | kExclusiveWaiting;
  if ((kinds & (kSharedWaiting | kExclusiveWaiting)) != 0) return Arrival::waiting;
  if ((kinds & (kSharedRecursive | kExclusiveRecursive)) != 0) return Arrival::recursive;
  return std::nullopt;
}

Arrival arrival_of(size_t state) {
  return state % 2 == 0 ? Arrival::waiting : Arrival::recursive;
}

bool accepts(const OrderEnd& end, Arrival arrival) {
  return end.written || (end.read && arrival == Arrival::waiting);
}

}  // namespace

/// What searches from one start after the other have seen: a stamp says which of them it was.
struct OrderSearch::Visits {
  struct Visit {
    size_t start = kNone;
    size_t edge = kNone;
    size_t before = kNone;
    size_t depth = 0;
  };
  explicit Visits(size_t states) : at(states) {}

  bool enter(size_t state, const Visit& visit) {
    if (at[state].start == visit.start) return false;
    at[state] = visit;
    return true;
  }

  std::vector<Visit> at;
  size_t steps = 0;
};

OrderSearch::OrderSearch(const model::OrderGraph& graph)
    : graph_(graph), leaving_(graph.nodes.size()) {
  for (size_t i = 0; i < graph.edges.size(); ++i) leaving_[graph.edges[i].from].push_back(i);
}

std::vector<size_t> OrderSearch::components(const Removed& removed) const {
  std::vector<std::vector<size_t>> successors(graph_.nodes.size() * 2);
  for (size_t i = 0; i < graph_.edges.size(); ++i) {
    if (removed[i]) continue;
    const model::OrderEdge& edge = graph_.edges[i];
    for (const Arrival before : {Arrival::waiting, Arrival::recursive}) {
      const auto after = step(before, edge.kinds);
      if (after) successors[state(edge.from, before)].push_back(state(edge.to, *after));
    }
  }
  return strong_components(successors);
}

// The shortest way from the end of `edge` back to its beginning, closed by the edge itself.
OrderPath OrderSearch::cycle_through(size_t edge, const Removed& removed) const {
  const model::OrderEdge& closing = graph_.edges[edge];
  OrderPath best;
  for (const Arrival before : {Arrival::waiting, Arrival::recursive}) {
    const auto after = step(before, closing.kinds);
    if (!after) continue;
    const size_t from = state(closing.to, *after);
    const size_t goal = state(closing.from, before);
    if (from == goal) return {edge};
    std::vector<size_t> reached_by(graph_.nodes.size() * 2, kNone);
    std::vector<size_t> came_from(graph_.nodes.size() * 2, kNone);
    std::vector<size_t> queue = {from};
    came_from[from] = from;
    for (size_t at = 0; at < queue.size() && came_from[goal] == kNone; ++at) {
      for (const size_t next : leaving_[queue[at] / 2]) {
        const auto arrival = step(arrival_of(queue[at]), graph_.edges[next].kinds);
        if (removed[next] || !arrival) continue;
        const size_t to = state(graph_.edges[next].to, *arrival);
        if (came_from[to] != kNone) continue;
        came_from[to] = queue[at];
        reached_by[to] = next;
        queue.push_back(to);
      }
    }
    if (came_from[goal] == kNone) continue;
    OrderPath cycle;
    for (size_t at = goal; at != from; at = came_from[at]) cycle.push_back(reached_by[at]);
    cycle.push_back(edge);
    std::reverse(cycle.begin(), cycle.end());
    if (best.empty() || cycle.size() < best.size()) best = std::move(cycle);
  }
  return best;
}

// The shortest cycle through `start` of fewer than `limit` edges, within its component.
OrderPath OrderSearch::shortest_from(size_t start, size_t limit,
                                     const std::vector<size_t>& component, const Removed& removed,
                                     Visits* visits) const {
  std::vector<size_t> queue = {start};
  visits->at[start] = {start, kNone, kNone, 0};
  for (size_t at = 0; at < queue.size() && visits->steps < kMostSteps; ++at) {
    const size_t from = queue[at];
    const size_t depth = visits->at[from].depth;
    if (depth + 1 >= limit) break;
    for (const size_t next : leaving_[from / 2]) {
      ++visits->steps;
      const auto arrival = step(arrival_of(from), graph_.edges[next].kinds);
      if (removed[next] || !arrival) continue;
      const size_t to = state(graph_.edges[next].to, *arrival);
      if (component[to] != component[start]) continue;
      if (to != start) {
        if (visits->enter(to, {start, next, from, depth + 1})) queue.push_back(to);
        continue;
      }
      OrderPath cycle = {next};
      for (size_t back = from; back != start; back = visits->at[back].before) {
        cycle.push_back(visits->at[back].edge);
      }
      std::reverse(cycle.begin(), cycle.end());
      return cycle;
    }
  }
  return {};
}

// The shortest cycle of every strongly connected component.
std::vector<OrderPath> OrderSearch::shortest_of_components(const Removed& removed,
                                                           Visits* visits) const {
  // Searches of an earlier round saw edges that are gone now.
  std::ranges::fill(visits->at, Visits::Visit());
  const std::vector<size_t> component = components(removed);
  std::vector<size_t> size(graph_.nodes.size() * 2, 0);
  for (const size_t number : component) ++size[number];
  std::map<size_t, OrderPath> best;
  for (size_t start = 0; start < component.size(); ++start) {
    const bool alone = size[component[start]] == 1;
    const auto self = [&](size_t edge) {
      return graph_.edges[edge].to == start / 2 && !removed[edge];
    };
    if (alone && std::ranges::none_of(leaving_[start / 2], self)) continue;
    OrderPath& known = best[component[start]];
    const size_t limit = known.empty() ? kNone : known.size();
    OrderPath found = shortest_from(start, limit, component, removed, visits);
    if (!found.empty()) known = std::move(found);
  }
  std::vector<OrderPath> cycles;
  for (auto& [number, cycle] : best) {
    if (!cycle.empty()) cycles.push_back(std::move(cycle));
  }
  return cycles;
}

// Entries are taken from list_entries[] in turn: mostly the highest is the youngest.
size_t OrderSearch::latest(const OrderPath& cycle) const {
  return *std::ranges::max_element(
      cycle, {}, [&](size_t edge) { return std::pair(graph_.edges[edge].address, edge); });
}

std::vector<OrderPath> OrderSearch::cycles() const {
  std::vector<OrderPath> cycles;
  Removed removed(graph_.edges.size(), false);
  for (size_t i = 0; i < graph_.edges.size() && cycles.size() < kMostCycles; ++i) {
    removed[i] = graph_.edges[i].origin != model::OrderOrigin::recorded;
  }
  // Of the others, each is let in alone after those before it: a cycle through two of them is
  // found with the second, and is then broken by leaving that one out again.
  for (size_t i = 0; i < graph_.edges.size() && cycles.size() < kMostCycles; ++i) {
    if (graph_.edges[i].origin == model::OrderOrigin::recorded) continue;
    removed[i] = false;
    OrderPath cycle = cycle_through(i, removed);
    if (cycle.empty()) continue;
    cycles.push_back(std::move(cycle));
    removed[i] = true;
  }
  Visits visits(graph_.nodes.size() * 2);
  while (cycles.size() < kMostCycles) {
    std::vector<OrderPath> found = shortest_of_components(removed, &visits);
    if (found.empty()) break;
    for (OrderPath& cycle : found) {
      // Nothing tells which acquisition is the wrong one: leave out the one recorded last.
      removed[latest(cycle)] = true;
      cycles.push_back(std::move(cycle));
    }
  }
  return cycles;
}

std::vector<OrderPath> OrderSearch::shortest_paths(const std::vector<OrderEnd>& begins,
                                                   const std::vector<OrderEnd>& ends,
                                                   const std::vector<bool>& passed_over) const {
  const size_t states = graph_.nodes.size() * 2;
  std::vector<size_t> reached_by(states, kNone);
  std::vector<size_t> came_from(states, kNone);
  std::vector<size_t> queue;
  for (size_t node = 0; node < begins.size(); ++node) {
    if (passed_over[node]) continue;
    const auto begin = [&](Arrival arrival) {
      queue.push_back(state(node, arrival));
      came_from[queue.back()] = queue.back();
    };
    if (begins[node].written) begin(Arrival::waiting);
    if (begins[node].read) begin(Arrival::recursive);
  }
  std::map<size_t, OrderPath> paths;
  for (size_t at = 0; at < queue.size(); ++at) {
    const size_t from = queue[at];
    for (const size_t next : leaving_[from / 2]) {
      const auto arrival = step(arrival_of(from), graph_.edges[next].kinds);
      const size_t node = graph_.edges[next].to;
      if (!arrival || passed_over[node]) continue;
      if (accepts(ends[node], *arrival) && !paths.contains(node)) {
        OrderPath path = {next};
        size_t back = from;
        for (; came_from[back] != back; back = came_from[back]) path.push_back(reached_by[back]);
        std::reverse(path.begin(), path.end());
        if (back / 2 != node) paths.emplace(node, std::move(path));
      }
      const size_t to = state(node, *arrival);
      if (came_from[to] != kNone) continue;
      came_from[to] = from;
      reached_by[to] = next;
      queue.push_back(to);
    }
  }
  std::vector<OrderPath> found;
  for (auto& [node, path] : paths) found.push_back(std::move(path));
  return found;
}

}  // namespace kmortem::checks
