// SPDX-License-Identifier: GPL-3.0-or-later
// held-while-sleeping: a spinlock's owner is a task that no CPU runs. Spinlocks keep preemption
// off, so it went to sleep with the lock: "scheduling while atomic". On PREEMPT_RT spinlocks are
// sleeping locks, and are none of this rule's.
#include <fmt/core.h>

#include <algorithm>

#include "checks/acquisition.h"
#include "checks/blocked.h"
#include "checks/lock_parties.h"
#include "checks/rules.h"
#include "checks/task_activity.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

// The next task lets go of the run queue's lock that the last one took.
bool handed_over(const model::LockState& lock) {
  return lock.lock_class.find("rq->") != std::string::npos ||
         lock.name.find("rq->") != std::string::npos || lock.symbol.starts_with("runqueues");
}

// Of a CPU whose current task is not known any task may be the one.
bool all_currents_known(const model::Snapshot& snapshot) {
  return std::all_of(snapshot.cpus.begin(), snapshot.cpus.end(),
                     [](const model::Cpu& cpu) { return !cpu.online || cpu.current_task != 0; });
}

bool sleeps_with(const model::Snapshot& snapshot, const model::LockState& lock,
                 const model::LockParty& owner) {
  if (!spins(lock.type) || lock.locked == false || owner.hint || owner.task == 0) return false;
  if (owner.grade == model::Grade::unknown || handed_over(lock)) return false;
  const model::Task* task = snapshot.task_at(owner.task);
  return task != nullptr && !task->on_cpu && !task->idle;
}

std::string spinners(const model::Snapshot& snapshot, const model::LockState& lock) {
  std::vector<std::string> names;
  for (const model::LockParty& waiter : lock.waiters) {
    names.push_back(party_label(snapshot, waiter));
  }
  if (names.empty()) return "";
  return fmt::format(" {} {} for it, and cannot be scheduled meanwhile.", join_words(names),
                     names.size() == 1 ? "spins" : "spin");
}

model::Finding finding_for(const model::Snapshot& snapshot, const WaitForGraph& graph,
                           const model::LockState& lock, const model::LockParty& owner) {
  const model::Task& task = *snapshot.task_at(owner.task);
  const std::string label = lock_label(lock);
  const model::Stack& stack = stack_of(snapshot, owner);
  const model::Frame* sleeper = waiting_frame(stack);
  const model::Frame* holder = frame_of(snapshot, owner);
  model::Finding finding;
  finding.rule = "held-while-sleeping";
  finding.grade = owner.grade;
  finding.title = fmt::format("{} holds the spinlock {}, and {}.", task_label(task), label,
                              task_activity(task, stack));
  finding.explanation = fmt::format(
      "Whoever holds a spinlock must not sleep: the others spin for as long as that takes, for "
      "ever "
      "if what wakes the owner needs their CPUs.{}",
      spinners(snapshot, lock));
  const model::Frame* blamed = holder != nullptr ? holder : sleeper;
  finding.remedy = blamed == nullptr
                       ? fmt::format("release {} before what may sleep", label)
                       : fmt::format("release {} before what may sleep, or make it a mutex: {}",
                                     label, function_label(*blamed));
  finding.locks.push_back(lock_ref(lock));
  finding.tasks.push_back(task_ref(snapshot, owner, model::Role::owner));
  for (const model::LockParty& waiter : lock.waiters) {
    finding.tasks.push_back(task_ref(snapshot, waiter, model::Role::waiter));
  }
  if (!stack.empty()) {
    model::Evidence evidence{task_label(task) + ":", std::nullopt, stack};
    const auto frame = static_cast<size_t>(owner.frame);
    if (owner.frame >= 0 && frame < stack.size()) {
      evidence.stack[frame].note = "holds " + label;
      const std::string call = source_call(owner.call);
      if (!call.empty()) evidence.stack[frame].note += fmt::format(", taken with {}()", call);
    }
    finding.evidence.push_back(std::move(evidence));
  }
  add_party_evidence(owner, finding);
  for (const model::LockParty& waiter : lock.waiters) add_party_evidence(waiter, finding);
  add_lock_evidence(lock, finding);
  const size_t node = graph.node_of_task(owner.task);
  std::vector<size_t> members;
  if (node < graph.nodes().size()) members.push_back(node);
  for (const model::LockParty& waiter : lock.waiters) {
    const size_t other = graph.node_of(waiter);
    if (other < graph.nodes().size()) members.push_back(other);
  }
  add_stall_log(snapshot, graph, members, finding);
  finding.signature =
      signature(finding.rule, {lock_key(lock), blamed == nullptr ? "?" : function_key(*blamed)});
  return finding;
}

// Of what closes a circle deadlock-cycle tells, with this lock in it.
bool in_cycle(const WaitForGraph& graph, const model::LockParty& owner) {
  for (const auto& cycle : graph.cycles()) {
    const bool member = std::any_of(cycle.begin(), cycle.end(),
                                    [&](const WaitEdge& edge) { return edge.owner == &owner; });
    if (member) return true;
  }
  return false;
}

}  // namespace

std::vector<model::Finding> check_held_while_sleeping(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  if (!all_currents_known(snapshot)) return findings;
  const WaitForGraph graph(snapshot);
  for (const model::LockState& lock : snapshot.locks) {
    for (const model::LockParty& owner : lock.owners) {
      if (!sleeps_with(snapshot, lock, owner) || in_cycle(graph, owner)) continue;
      findings.push_back(finding_for(snapshot, graph, lock, owner));
    }
  }
  return findings;
}

}  // namespace kmortem::checks
