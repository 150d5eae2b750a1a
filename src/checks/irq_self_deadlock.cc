// SPDX-License-Identifier: GPL-3.0-or-later
// irq-self-deadlock: on one CPU's stack a frame in an interrupt waits for a lock that a frame below
// the interrupt holds. The interrupt must end before the holder can go on, and it never will.
#include <fmt/core.h>

#include <optional>

#include "checks/acquisition.h"
#include "checks/blocked.h"
#include "checks/irq_self_story.h"
#include "checks/lock_parties.h"
#include "checks/rules.h"
#include "checks/wait_for_graph.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

std::optional<SelfDeadlock> self_deadlock(const model::Snapshot& snapshot,
                                          const std::vector<WaitEdge>& cycle) {
  if (cycle.size() != 1 || cycle.front().owner == nullptr) return std::nullopt;
  const WaitEdge& edge = cycle.front();
  SelfDeadlock found{&edge, stack_of(snapshot, *edge.waiter), edge.grade, {}, {}};
  if (!across_interrupt(snapshot, edge)) return std::nullopt;
  found.vector = softirq_vector(snapshot, found.stack);
  return found;
}

model::Finding finding_for(const model::Snapshot& snapshot, const WaitForGraph& graph,
                           SelfDeadlock& found) {
  const WaitEdge& edge = *found.edge;
  model::Finding finding;
  finding.rule = "irq-self-deadlock";
  finding.grade = edge.grade;
  tell_self_deadlock(snapshot, found, finding);
  finding.locks.push_back(lock_ref(*edge.lock));
  finding.tasks.push_back(task_ref(snapshot, *edge.owner, model::Role::owner));
  finding.tasks.push_back(task_ref(snapshot, *edge.waiter, model::Role::waiter));
  add_party_evidence(*edge.waiter, finding);
  add_party_evidence(*edge.owner, finding);
  add_lock_evidence(*edge.lock, finding);
  add_blocked_behind(snapshot, graph, {edge.from}, finding);
  add_stall_log(snapshot, graph, {edge.from}, finding);
  return finding;
}

}  // namespace

std::vector<model::Finding> check_irq_self_deadlock(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  const WaitForGraph graph(snapshot);
  for (const std::vector<WaitEdge>& cycle : graph.cycles()) {
    auto found = self_deadlock(snapshot, cycle);
    if (found) findings.push_back(finding_for(snapshot, graph, *found));
  }
  return findings;
}

}  // namespace kmortem::checks
