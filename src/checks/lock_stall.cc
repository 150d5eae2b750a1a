// SPDX-License-Identifier: GPL-3.0-or-later
// lock-stall: a queue, too long already by the kernel's own measures, behind one owner that waits
// for nobody in turn, and what that owner does is the answer; or behind nobody who can be seen.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "checks/blocked.h"
#include "checks/leaving.h"
#include "checks/lock_parties.h"
#include "checks/lock_without_owner.h"
#include "checks/rules.h"
#include "checks/task_activity.h"
#include "checks/wait_for_graph.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

struct Stall {
  size_t root = 0;
  const WaitEdge* edge = nullptr;  ///< a waiter of the root, the longest-waiting one
  uint64_t longest_ns = 0;
  bool stuck = false;  ///< somebody behind the root waits too long
};

// A spinlock whose owner does not run is held-while-sleeping's, a freed one freed-lock's.
bool belongs_to_another_rule(const model::Snapshot& snapshot, const WaitForGraph& graph,
                             const WaitEdge& edge) {
  if (edge.lock->in_freed_memory || leaked(snapshot, *edge.lock)) return true;
  return spins(edge.lock->type) && edge.owner != nullptr && graph.nodes()[edge.to].cpu < 0 &&
         graph.nodes()[edge.to].task != 0;
}

bool somebody_stuck_behind(const model::Snapshot& snapshot, const WaitForGraph& graph,
                           size_t root) {
  std::vector<bool> target(graph.nodes().size(), false);
  target[root] = true;
  const std::vector<bool> behind = graph.reaching(target);
  for (size_t node = 0; node < behind.size(); ++node) {
    const bool waits = behind[node] && node != root;
    if (waits && stuck_too_long(snapshot, graph.nodes()[node])) return true;
  }
  return false;
}

// Everything behind a root by the edges that enter it, straight or through others. A root waits for
// nobody, and so is in no cycle.
std::vector<Stall> stalls_of(const model::Snapshot& snapshot, const WaitForGraph& graph) {
  std::map<size_t, Stall> by_root;
  for (const WaitEdge& edge : graph.edges()) {
    const bool root = graph.from(edge.to).empty() && edge.owner != nullptr;
    if (!root || belongs_to_another_rule(snapshot, graph, edge)) continue;
    const bool first = !by_root.contains(edge.to);
    Stall& stall = by_root[edge.to];
    stall.root = edge.to;
    const uint64_t waited = stuck_for(snapshot, graph.nodes()[edge.from]).value_or(0);
    if (stall.edge == nullptr || waited > stall.longest_ns) {
      stall.edge = &edge;
      stall.longest_ns = waited;
    }
    if (first) stall.stuck = somebody_stuck_behind(snapshot, graph, edge.to);
  }
  std::vector<Stall> stalls;
  for (const auto& [root, stall] : by_root) {
    if (stall.stuck) stalls.push_back(stall);
  }
  return stalls;
}

// What the root itself waits for, when that is nobody's to release: a completion, a semaphore.
const model::LockState* awaited_by(const model::Snapshot& snapshot, const WaitNode& root) {
  for (const model::LockState& lock : snapshot.locks) {
    for (const model::LockParty& waiter : lock.waiters) {
      const bool same = root.task != 0 ? waiter.task == root.task : waiter.cpu == root.cpu;
      if (same && waiter.grade != model::Grade::unknown && lock.owners.empty()) return &lock;
    }
  }
  return nullptr;
}

// "link_stop [51] waits for nobody's lock itself: there is no cycle."
std::string root_text(const model::Snapshot& snapshot, const WaitForGraph& graph,
                      const Stall& stall) {
  const std::string owner = party_label(snapshot, *stall.edge->owner);
  if (const auto* awaited = awaited_by(snapshot, graph.nodes()[stall.root])) {
    return fmt::format(
        "{} waits for {} ({}) in turn, which keeps no record of who has it or will bring it about: "
        "if that is somebody who waits here, it is a deadlock.",
        owner, lock_label(*awaited), lock_type_text(awaited->type));
  }
  const model::Frame* waits_in = lock_wait_frame(stack_of(snapshot, *stall.edge->owner));
  if (waits_in != nullptr) {
    return fmt::format(
        "{} waits in {} for a lock that could not be told: whoever has that may wait here.", owner,
        function_label(*waits_in));
  }
  // Of an owner that is not proven, or whose stack is not known, a wait may be missing.
  return owner + (stall.edge->grade == model::Grade::proven
                      ? " waits for nobody's lock itself: there is no cycle."
                      : " is not seen to wait for a lock itself, so no cycle is known.");
}

size_t count_behind(const WaitForGraph& graph, size_t root) {
  std::vector<bool> target(graph.nodes().size(), false);
  target[root] = true;
  const std::vector<bool> behind = graph.reaching(target);
  return static_cast<size_t>(std::count(behind.begin(), behind.end(), true)) - 1;
}

model::Finding finding_for(const model::Snapshot& snapshot, const WaitForGraph& graph,
                           const Stall& stall) {
  const WaitEdge& edge = *stall.edge;
  const std::string lock = lock_label(*edge.lock);
  const std::string owner = party_label(snapshot, *edge.owner);
  const model::Task* task = task_of(snapshot, *edge.owner);
  const model::Stack& stack = stack_of(snapshot, *edge.owner);
  const size_t behind = count_behind(graph, stall.root);
  const std::string why =
      task == nullptr ? "whose task is not known" : "which " + task_activity(*task, stack);

  model::Finding finding;
  finding.rule = "lock-stall";
  finding.grade = edge.grade;
  const bool event = model::is_event(edge.lock->type);
  const std::string whose =
      event ? fmt::format("which {} {}", owner, possession_text(*edge.lock)) : "held by " + owner;
  finding.title = behind == 1
                      ? fmt::format("{} waits for {}, {}, {}.", party_label(snapshot, *edge.waiter),
                                    lock, whose, why)
                      : fmt::format("{} tasks queue for {}, {}, {}.", behind, lock, whose, why);
  finding.explanation =
      root_text(snapshot, graph, stall) +
      (event ? " Until it is done with that, nobody behind it goes on."
             : fmt::format(" Until it releases {}, nobody in the queue goes on.", lock));
  if (stall.longest_ns > kSecond) {
    finding.explanation +=
        fmt::format(" The longest wait so far is {} s.", stall.longest_ns / kSecond);
  }
  const model::Frame* holder = frame_of(snapshot, *edge.owner);
  finding.remedy =
      event ? "follow the one who has to act: see on its stack what keeps it from going on"
      : holder == nullptr
          ? fmt::format("follow the owner: see on its stack what keeps it from releasing {}", lock)
          : fmt::format("see what {} does with {} held; do the long part without it",
                        function_label(*holder), lock);
  finding.locks.push_back(lock_ref(*edge.lock));
  finding.tasks.push_back(task_ref(snapshot, *edge.owner, model::Role::owner));
  if (!stack.empty()) {
    model::Evidence evidence{owner + ":", std::nullopt, stack};
    const auto frame = static_cast<size_t>(edge.owner->frame);
    if (edge.owner->frame >= 0 && frame < stack.size()) {
      evidence.stack[frame].note = fmt::format("{} {}", possession_text(*edge.lock), lock);
    }
    finding.evidence.push_back(std::move(evidence));
  }
  add_party_evidence(*edge.owner, finding);
  add_party_evidence(*edge.waiter, finding);
  add_lock_evidence(*edge.lock, finding);
  add_blocked_behind(snapshot, graph, {stall.root}, finding);
  add_stall_log(snapshot, graph, {stall.root, edge.from}, finding);
  std::vector<std::string> parts = {lock_key(*edge.lock),
                                    holder == nullptr ? "?" : function_key(*holder)};
  // Without a name for the lock's holder, who waits for it tells one bug from another.
  if (holder == nullptr) parts.push_back(waiting_key(snapshot, *edge.waiter));
  finding.signature = signature(finding.rule, parts);
  return finding;
}

}  // namespace

std::vector<model::Finding> check_lock_stall(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  const WaitForGraph graph(snapshot);
  for (const Stall& stall : stalls_of(snapshot, graph)) {
    findings.push_back(finding_for(snapshot, graph, stall));
  }
  for (model::Finding& finding : find_locks_without_owner(snapshot, graph)) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace kmortem::checks
