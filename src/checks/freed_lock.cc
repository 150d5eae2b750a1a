// SPDX-License-Identifier: GPL-3.0-or-later
// freed-lock: somebody holds or waits for a lock in memory that is not in use any more. Whatever
// the lock's bytes say now was written by the allocator or by the next owner of the memory.
#include <fmt/core.h>

#include <algorithm>

#include "checks/blocked.h"
#include "checks/lock_parties.h"
#include "checks/rules.h"
#include "checks/wait_for_graph.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

using Parties = std::vector<model::LockParty>;

void add_parties(const model::Snapshot& snapshot, const Parties& parties, model::Role role,
                 const std::string& lock, model::Finding& finding) {
  for (const model::LockParty& party : parties) {
    finding.tasks.push_back(task_ref(snapshot, party, role));
    finding.grade = weaker(finding.grade, party.grade);
    const model::Stack& stack = stack_of(snapshot, party);
    if (!stack.empty()) {
      model::Evidence evidence{party_label(snapshot, party) + ":", std::nullopt, stack};
      const auto frame = static_cast<size_t>(party.frame);
      if (party.frame >= 0 && frame < stack.size()) {
        evidence.stack[frame].note =
            fmt::format("{} {}", role == model::Role::owner ? "holds" : "waits for", lock);
      }
      finding.evidence.push_back(std::move(evidence));
    }
    add_party_evidence(party, finding);
  }
}

bool is_certain(const model::LockParty& party) {
  return !party.hint && party.grade <= model::Grade::inferred;
}

std::vector<std::string> labels(const model::Snapshot& snapshot, const Parties& parties) {
  std::vector<std::string> names;
  for (const model::LockParty& party : parties) names.push_back(party_label(snapshot, party));
  return names;
}

model::Finding finding_for(const model::Snapshot& snapshot, const model::LockState& lock) {
  const std::string label = lock_label(lock);
  const bool waited = !lock.waiters.empty();
  const auto names = labels(snapshot, waited ? lock.waiters : lock.owners);
  model::Finding finding;
  finding.rule = "freed-lock";
  finding.title = fmt::format("{} {} {}, which lies in freed memory.", join_words(names),
                              !waited             ? (names.size() == 1 ? "holds" : "hold")
                              : names.size() == 1 ? "waits for"
                                                  : "wait for",
                              label);
  finding.explanation =
      "The memory that the lock lies in was given back while somebody still used the lock. Its "
      "bytes now belong to the allocator or to whoever got the memory next: what is waited for may "
      "never come, and what is released may be somebody else's data.";
  finding.remedy =
      "free the object only when nobody can hold or wait for its lock: a reference count, or a "
      "grace period";
  finding.locks.push_back(lock_ref(lock));
  finding.grade = lock.freed_grade;
  add_parties(snapshot, lock.waiters, model::Role::waiter, label, finding);
  add_parties(snapshot, lock.owners, model::Role::owner, label, finding);
  finding.evidence.push_back({fmt::format("{}: {}", label, lock.freed_because), lock.address, {}});
  add_lock_evidence(lock, finding);
  const WaitForGraph graph(snapshot);
  std::vector<size_t> members;
  for (const model::LockParty& waiter : lock.waiters) {
    const size_t node = graph.node_of_task(waiter.task);
    if (node < graph.nodes().size()) members.push_back(node);
  }
  add_stall_log(snapshot, graph, members, finding);
  const Parties& parties = waited ? lock.waiters : lock.owners;
  const model::Frame* frame = frame_of(snapshot, parties.front());
  finding.signature =
      signature(finding.rule, {lock_key(lock), frame == nullptr ? "?" : function_key(*frame)});
  return finding;
}

}  // namespace

std::vector<model::Finding> check_freed_lock(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  for (const model::LockState& lock : snapshot.locks) {
    // What lockdep recorded before it stopped may well be gone.
    const bool used = std::ranges::any_of(lock.owners, is_certain) ||
                      std::ranges::any_of(lock.waiters, is_certain);
    if (lock.in_freed_memory && used) findings.push_back(finding_for(snapshot, lock));
  }
  return findings;
}

}  // namespace kmortem::checks
