// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/lock_without_owner.h"

#include <fmt/core.h>

#include <algorithm>

#include "checks/blocked.h"
#include "checks/lock_parties.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

constexpr size_t kStacksShown = 2;

bool stuck(const model::Snapshot& snapshot, const WaitForGraph& graph,
           const model::LockParty& waiter) {
  const size_t node = graph.node_of(waiter);
  return node < graph.nodes().size() && stuck_too_long(snapshot, graph.nodes()[node]);
}

model::Finding finding_for(const model::Snapshot& snapshot, const WaitForGraph& graph,
                           const model::LockState& lock) {
  const std::string label = lock_label(lock);
  const model::LockParty& first = lock.waiters.front();
  model::Finding finding;
  finding.rule = "lock-stall";
  finding.grade = model::Grade::inferred;
  finding.title =
      lock.waiters.size() == 1
          ? fmt::format("{} waits for {}, which is taken, and nobody is seen to hold it.",
                        party_label(snapshot, first), label)
          : fmt::format("{} CPUs queue for {}, which is taken, and nobody is seen to hold it.",
                        lock.waiters.size(), label);
  finding.explanation = fmt::format(
      "The lock's own word says that it is taken. It keeps no owner, and the code of no CPU and of "
      "no sleeping task holds it where that stands. Most likely whoever took {} has gone on "
      "without "
      "releasing it.",
      label);
  for (const std::string& line : lock.undecided) {
    finding.evidence.push_back({"not decided: " + line, std::nullopt, {}});
  }
  finding.remedy = fmt::format(
      "look through the paths that take {} for one that leaves without the unlock, the error paths "
      "first; lockdep (CONFIG_PROVE_LOCKING) would name it",
      label);
  finding.locks.push_back(lock_ref(lock));
  std::vector<size_t> members;
  size_t shown = 0;
  for (const model::LockParty& waiter : lock.waiters) {
    finding.tasks.push_back(task_ref(snapshot, waiter, model::Role::waiter));
    const size_t node = graph.node_of(waiter);
    if (node < graph.nodes().size()) members.push_back(node);
    model::Stack stack = stack_of(snapshot, waiter);
    if (stack.empty() || ++shown > kStacksShown) continue;
    const auto frame = static_cast<size_t>(waiter.frame);
    if (waiter.frame >= 0 && frame < stack.size()) stack[frame].note = "waits for " + label;
    finding.evidence.push_back(
        {party_label(snapshot, waiter) + ":", std::nullopt, std::move(stack)});
  }
  add_party_evidence(first, finding);
  add_lock_evidence(lock, finding);
  if (!members.empty()) add_stall_log(snapshot, graph, members, finding);
  finding.signature = signature(finding.rule, {lock_key(lock), "no owner"});
  return finding;
}

}  // namespace

bool stalls_without_owner(const model::Snapshot& snapshot, const WaitForGraph& graph,
                          const model::LockState& lock) {
  if (!spins(lock.type) || lock.locked != true || lock.in_freed_memory || lock.gone_owner != 0 ||
      lock.unlisted_owner != 0) {
    return false;
  }
  const bool owned = std::any_of(
      lock.owners.begin(), lock.owners.end(),
      [](const model::LockParty& owner) { return owner.grade != model::Grade::unknown; });
  return !owned &&
         std::any_of(lock.waiters.begin(), lock.waiters.end(), [&](const model::LockParty& waiter) {
           return waiter.grade != model::Grade::unknown && stuck(snapshot, graph, waiter);
         });
}

std::vector<model::Finding> find_locks_without_owner(const model::Snapshot& snapshot,
                                                     const WaitForGraph& graph) {
  std::vector<model::Finding> findings;
  for (const model::LockState& lock : snapshot.locks) {
    if (stalls_without_owner(snapshot, graph, lock)) {
      findings.push_back(finding_for(snapshot, graph, lock));
    }
  }
  return findings;
}

}  // namespace kmortem::checks
