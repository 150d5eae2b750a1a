// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/log_order.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "checks/lockdep_stop.h"
#include "checks/log_lines.h"

namespace kmortem::checks {

namespace {

using model::Splat;
using model::SplatLock;
using model::SplatRole;
using model::SplatType;

// The first report that stops lockdep is the one that stopped it: later ones were printed after it
// had been switched on again, or are read twice.
const Splat* stopping_report(const model::Snapshot& snapshot) {
  const auto it = std::ranges::find_if(snapshot.splats,
                                       [](const Splat& each) { return stops_lockdep(each.type); });
  return it == snapshot.splats.end() ? nullptr : &*it;
}

class LogOrder {
 public:
  LogOrder(const model::Snapshot& snapshot, const Splat& splat, model::OrderGraph* graph)
      : splat_(splat), graph_(graph) {
    for (const model::LockClass& lock_class : snapshot.lockdep.classes) {
      const int index = static_cast<int>(lock_class.index);
      const auto [named, added] = classes_.emplace(lock_class.name, index);
      if (!added) named->second = std::nullopt;
    }
    for (const model::OrderEdge& edge : graph->edges) known_.emplace(edge.from, edge.to);
  }

  // "-> #2 (c)", "-> #1 (b)", "-> #0 (a)": a, then b, then c were recorded; a under c was refused.
  void add_chain() {
    const std::vector<const SplatLock*> chain = splat_.chain();
    // A gap would make neighbours of locks that are none.
    for (size_t i = 0; i < chain.size(); ++i) {
      if (chain[i]->depth != static_cast<int>(chain.size() - 1 - i)) return;
    }
    if (chain.size() < 2) return;
    for (size_t i = 0; i + 1 < chain.size(); ++i) add_edge(*chain[i + 1], *chain[i]);
    add_edge(*chain.front(), *chain.back());
  }

  void add_new_dependency() {
    const SplatLock* held = splat_.lock(SplatRole::holding);
    const SplatLock* wanted = splat_.lock(SplatRole::acquiring);
    if (held != nullptr && wanted != nullptr) add_edge(*held, *wanted);
  }

 private:
  // Of several classes with one name the report does not say which it means.
  std::optional<size_t> node_of(const SplatLock& lock) {
    if (lock.name.empty()) return std::nullopt;
    const auto known = classes_.find(lock.name);
    if (known == classes_.end()) return graph_->node_for(-1, lock.name);
    if (!known->second) return std::nullopt;
    return graph_->node_for(*known->second, lock.name);
  }

  void add_edge(const SplatLock& held, const SplatLock& wanted) {
    if (held.name == wanted.name) return;
    const auto from = node_of(held);
    const auto to = node_of(wanted);
    if (!from || !to || !known_.emplace(*from, *to).second) return;
    model::OrderEdge edge;
    edge.from = *from;
    edge.to = *to;
    edge.origin = model::OrderOrigin::log;
    edge.grade = model::Grade::inferred;
    // What lockdep reports is a strong path, whatever each link is.
    edge.kinds = model::kExclusiveWaiting;
    edge.stack = wanted.stack;
    const bool newest = &wanted == splat_.lock(SplatRole::acquiring) || wanted.depth == 0;
    if (newest && !splat_.tasks.empty()) edge.taken_by = splat_.tasks.front().printed;
    const std::string when = splat_.time_ns ? ", " + log_time(*splat_.time_ns) : "";
    edge.evidence.push_back(fmt::format("log{}, line {}: \"{}\"", when, wanted.line, splat_.title));
    graph_->edges.push_back(std::move(edge));
  }

  const Splat& splat_;
  model::OrderGraph* graph_;
  std::map<std::string, std::optional<int>> classes_;  ///< by name; nothing: there are several
  std::set<std::pair<size_t, size_t>> known_;
};

}  // namespace

void add_log_order(const model::Snapshot& snapshot, model::OrderGraph* graph) {
  if (!snapshot.lockdep.present || snapshot.lockdep.enabled) return;
  const Splat* splat = stopping_report(snapshot);
  if (splat == nullptr) return;
  // A log of another boot; or tables that are damaged themselves.
  if (splat->matched == model::SplatMatch::contradicted && snapshot.lockdep.read_completely) return;
  LogOrder order(snapshot, *splat, graph);
  if (splat->type == SplatType::circular) order.add_chain();
  if (splat->type == SplatType::circular || splat->type == SplatType::irq_safe_unsafe) {
    order.add_new_dependency();
  }
}

}  // namespace kmortem::checks
