// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/blocked.h"

#include <fmt/core.h>

#include <algorithm>

#include "checks/lock_parties.h"
#include "checks/lock_without_owner.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

constexpr size_t kMostNamed = 64;

model::LockParty party_of(const WaitNode& node) {
  model::LockParty party;
  party.task = node.task;
  party.cpu = node.cpu;
  return party;
}

void add_line(const StallLine* line, model::Finding& finding) {
  if (line == nullptr) return;
  std::string text = quote(line->line);
  const bool known = std::any_of(finding.evidence.begin(), finding.evidence.end(),
                                 [&](const model::Evidence& each) { return each.text == text; });
  if (!known) finding.evidence.push_back({std::move(text), std::nullopt, {}});
}

}  // namespace

void add_blocked_behind(const model::Snapshot& snapshot, const WaitForGraph& graph,
                        const std::vector<size_t>& members, model::Finding& finding) {
  std::vector<bool> target(graph.nodes().size(), false);
  for (const size_t member : members) target[member] = true;
  const std::vector<bool> blocked = graph.reaching(target);
  std::vector<std::string> names;
  size_t count = 0;
  for (size_t node = 0; node < blocked.size(); ++node) {
    if (!blocked[node] || target[node]) continue;
    ++count;
    if (names.size() >= kMostNamed) continue;
    const model::LockParty party = party_of(graph.nodes()[node]);
    names.push_back(party_label(snapshot, party));
    finding.tasks.push_back(task_ref(snapshot, party, model::Role::waiter));
  }
  if (count == 0) return;
  constexpr size_t kInSentence = 6;
  if (names.size() > kInSentence) names.resize(kInSentence);
  finding.explanation += fmt::format("\n\nBehind {}: {}{}.", members.size() == 1 ? "it" : "them",
                                     count == 1 ? "waits " : "wait ", join_words(names));
  if (count > names.size()) {
    finding.explanation.pop_back();
    finding.explanation += fmt::format(" and {} more.", count - names.size());
  }
}

void add_stall_log(const model::Snapshot& snapshot, const WaitForGraph& graph,
                   const std::vector<size_t>& members, model::Finding& finding) {
  const auto lines = log_lines(snapshot.log);
  const auto stalls = stall_lines(lines);
  if (stalls.empty()) return;
  for (const size_t member : members) {
    const WaitNode& node = graph.nodes()[member];
    if (node.cpu >= 0) {
      add_line(last_about_cpu(stalls, StallLine::Kind::soft_lockup, node.cpu), finding);
      add_line(last_about_cpu(stalls, StallLine::Kind::hard_lockup, node.cpu), finding);
    }
    const model::Task* task = snapshot.task_at(node.task);
    if (task != nullptr) add_line(last_about_task(stalls, *task), finding);
  }
}

std::optional<uint64_t> stuck_for(const model::Snapshot& snapshot, const WaitNode& node) {
  if (node.cpu >= 0) {
    for (const model::CpuWatchdog& watchdog : snapshot.stalls.watchdogs.cpus) {
      if (watchdog.cpu == node.cpu) return watchdog.silent_ns;
    }
    return std::nullopt;
  }
  const model::Task* task = snapshot.task_at(node.task);
  const uint64_t now = snapshot.stalls.now_ns;
  if (task == nullptr || task->last_ran_ns == 0 || now <= task->last_ran_ns) return std::nullopt;
  return now - task->last_ran_ns;
}

bool stuck_too_long(const model::Snapshot& snapshot, const WaitNode& node) {
  const auto stuck = stuck_for(snapshot, node);
  if (!stuck) return false;
  const model::Stalls& stalls = snapshot.stalls;
  if (node.cpu < 0) return *stuck > stalls.hung_task_timeout_ns;
  return stalls.watchdogs.threshold_ns != 0 && *stuck > 2 * stalls.watchdogs.threshold_ns;
}

std::vector<bool> explained(const model::Snapshot& snapshot, const WaitForGraph& graph) {
  std::vector<bool> result(graph.nodes().size(), false);
  for (const WaitEdge& edge : graph.edges()) {
    result[edge.from] = true;
    // Nobody can wait long for a spinlock whose owner sleeps: that is told by itself.
    const bool sleeps = spins(edge.lock->type) && graph.nodes()[edge.to].cpu < 0;
    if (sleeps || stuck_too_long(snapshot, graph.nodes()[edge.from])) result[edge.to] = true;
  }
  for (const model::LockState& lock : snapshot.locks) {
    const bool told =
        lock.in_freed_memory || lock.gone_owner != 0 || stalls_without_owner(snapshot, graph, lock);
    if (!told) continue;
    for (const model::LockParty& waiter : lock.waiters) {
      const size_t node = graph.node_of(waiter);
      if (node < result.size()) result[node] = true;
    }
  }
  return result;
}

}  // namespace kmortem::checks
