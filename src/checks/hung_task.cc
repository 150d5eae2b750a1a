// SPDX-License-Identifier: GPL-3.0-or-later
// hung-task: what check_hung_task() looks for, a task in uninterruptible sleep that has not been on
// a CPU for hung_task_timeout_secs. Of one that waits for a lock with a known owner, the rules
// about locks tell.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "checks/blocked.h"
#include "checks/lock_parties.h"
#include "checks/rules.h"
#include "checks/stall_log.h"
#include "checks/task_activity.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kUninterruptible = 0x2;
// TASK_WAKEKILL (0x80 until 4.13, then 0x100), TASK_NOLOAD (0x400) and TASK_FROZEN (0x8000): such
// tasks may sleep for as long as they like.
constexpr uint64_t kMayWait = 0x80 | 0x100 | 0x400 | 0x8000;
constexpr size_t kStacksShown = 3;

bool sleeps_hard(const model::Task& task) {
  return task.state == 'D' && (task.state_bits & kUninterruptible) != 0 &&
         (task.state_bits & kMayWait) == 0 && !task.idle;
}

struct Hung {
  const model::Task* task = nullptr;
  uint64_t for_ns = 0;  ///< 0 when only the log says that it hangs
  const StallLine* line = nullptr;
};

// The scheduler's time and the log are two witnesses. The log counts only while the task has not
// run since, which khungtaskd's own count of switches tells.
std::optional<Hung> hung(const model::Snapshot& snapshot, const model::Task& task,
                         const std::vector<StallLine>& lines) {
  if (!sleeps_hard(task)) return std::nullopt;
  const uint64_t asleep = stuck_for(snapshot, {task.address, -1}).value_or(0);
  const StallLine* line = last_about_task(lines, task);
  const bool too_long = asleep > snapshot.stalls.hung_task_timeout_ns;
  const bool same_sleep = task.switches_seen && *task.switches_seen == task.switches;
  if (!too_long && !(line != nullptr && same_sleep)) return std::nullopt;
  return Hung{&task, asleep, line};
}

// What the log and the tasks' own data do not tell: which lock without known owner it waits for.
const model::LockState* awaited(const model::Snapshot& snapshot, const model::Task& task) {
  for (const model::LockState& lock : snapshot.locks) {
    for (const model::LockParty& waiter : lock.waiters) {
      if (waiter.task == task.address) return &lock;
    }
  }
  return nullptr;
}

std::string place_key(const model::Task& task) {
  const model::Frame* frame = waiting_frame(task.stack);
  return frame == nullptr ? "?" : function_key(*frame);
}

void add_tasks(const std::vector<Hung>& group, model::Finding& finding) {
  for (const Hung& each : group) {
    const model::Task& task = *each.task;
    finding.tasks.push_back({task.pid, task.comm, task.cpu, task.address, model::Role::waiter});
    const auto shown = std::count_if(finding.evidence.begin(), finding.evidence.end(),
                                     [](const auto& evidence) { return !evidence.stack.empty(); });
    if (!task.stack.empty() && static_cast<size_t>(shown) < kStacksShown) {
      finding.evidence.push_back({task_label(task) + ":", std::nullopt, task.stack});
    }
  }
  for (const Hung& each : group) {
    if (each.for_ns != 0) {
      finding.evidence.push_back({fmt::format("{}: state D, last on a CPU {} s ago",
                                              task_label(*each.task), each.for_ns / kSecond),
                                  each.task->address,
                                  {}});
    }
    if (each.line != nullptr) {
      finding.evidence.push_back({quote(each.line->line), std::nullopt, {}});
    }
  }
}

model::Finding finding_for(const model::Snapshot& snapshot, const std::vector<Hung>& group) {
  const Hung& first = group.front();
  const model::LockState* lock = awaited(snapshot, *first.task);
  model::Finding finding;
  finding.rule = "hung-task";
  const bool confirmed = std::all_of(group.begin(), group.end(),
                                     [](const Hung& each) { return each.line != nullptr; });
  finding.grade = confirmed ? model::Grade::proven : model::Grade::inferred;
  const std::string where = waiting_frame(first.task->stack) == nullptr
                                ? ""
                                : " in " + function_label(*waiting_frame(first.task->stack));
  const uint64_t longest =
      std::max_element(group.begin(), group.end(), [](const Hung& a, const Hung& b) {
        return a.for_ns < b.for_ns;
      })->for_ns;
  const std::string who =
      group.size() == 1 ? task_label(*first.task) : fmt::format("{} tasks", group.size());
  finding.title =
      fmt::format("{} {} in uninterruptible sleep{}{}.", who, group.size() == 1 ? "hangs" : "hang",
                  where, longest == 0 ? "" : fmt::format(", for {} s", longest / kSecond));
  if (lock != nullptr) {
    finding.explanation = fmt::format(
        "It waits for {} ({}), {}.", lock_label(*lock), lock_type_text(lock->type),
        lock->no_owner_kept ? "which keeps no record of who has it" : "whose owner is not known");
    finding.locks.push_back(lock_ref(*lock));
  } else {
    finding.explanation =
        "Whatever it waits for has not come. It is no lock with an owner that is known: a "
        "completion, an I/O request, or a lock that keeps no owner.";
  }
  finding.remedy = fmt::format("find who should have woken it: see what it waits for{}", where);
  add_tasks(group, finding);
  if (lock != nullptr) add_lock_evidence(*lock, finding);
  finding.signature = signature(finding.rule, {place_key(*first.task)});
  return finding;
}

}  // namespace

std::vector<model::Finding> check_hung_task(const model::Snapshot& snapshot) {
  const auto log = log_lines(snapshot.log);
  const auto lines = stall_lines(log);
  const WaitForGraph graph(snapshot);
  const std::vector<bool> told = explained(snapshot, graph);
  // Forty tasks in one place are one finding.
  std::map<std::string, std::vector<Hung>> groups;
  for (const model::Task& task : snapshot.tasks) {
    const size_t node = graph.node_of_task(task.address);
    if (node < told.size() && told[node]) continue;
    if (const auto found = hung(snapshot, task, lines)) groups[place_key(task)].push_back(*found);
  }
  std::vector<model::Finding> findings;
  for (const auto& [place, group] : groups) findings.push_back(finding_for(snapshot, group));
  return findings;
}

}  // namespace kmortem::checks
