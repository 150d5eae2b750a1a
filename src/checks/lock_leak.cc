// SPDX-License-Identifier: GPL-3.0-or-later
// lock-leak: lockdep checks held_locks[] when a task exits (debug_check_no_locks_held()) and when
// it returns to user mode (lockdep_sys_exit()); so does this, for as long as lockdep was on.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "checks/lock_parties.h"
#include "checks/log_lines.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

// The last frames before user mode.
constexpr std::array<std::string_view, 6> kReturning = {
    "exit_to_user_mode",        "syscall_exit_to_user_mode", "irqentry_exit_to_user_mode",
    "prepare_exit_to_usermode", "syscall_return_slowpath",   "exit_to_usermode_loop"};

bool returns_to_user(const model::Stack& stack) {
  return std::any_of(stack.begin(), stack.end(), [](const model::Frame& frame) {
    return std::any_of(kReturning.begin(), kReturning.end(), [&](std::string_view name) {
      return std::string_view(frame.function).starts_with(name);
    });
  });
}

// Where the task stands that it should hold no lock; empty when it is not such a place.
std::string place(const model::Task& task) {
  if (task.state == 'Z' || task.state == 'X') return "has exited";
  if (task.stack_state.in_user_mode) return "is in user mode";
  if (!task.kernel_thread && returns_to_user(task.stack)) return "is on its way to user mode";
  return "";
}

// "WARNING: lock held when returning to user space!", "WARNING: insmod/99 still has locks held!".
std::vector<LogLine> complaints(const model::Snapshot& snapshot) {
  std::vector<LogLine> found;
  for (const LogLine& line : log_lines(snapshot.log)) {
    const bool returning =
        line.text.find("lock held when returning to user space") != std::string_view::npos;
    const bool exiting = line.text.find("still has locks held!") != std::string_view::npos;
    if (returning || exiting) found.push_back(line);
  }
  return found;
}

model::Finding finding_for(const model::Snapshot& snapshot, const model::Task& task,
                           const std::string& where, const std::vector<LogLine>& log) {
  std::vector<std::string> names;
  model::Finding finding;
  finding.rule = "lock-leak";
  finding.grade = snapshot.lockdep.enabled ? model::Grade::proven : model::Grade::stale;
  for (const model::HeldLock& held : task.held_locks) {
    const model::LockClass* lock_class = snapshot.lockdep.find(held.class_index);
    const std::string name = lock_class == nullptr ? "a lock of unknown class" : lock_class->name;
    names.push_back(name);
    finding.locks.push_back({name, held.address, "lockdep_map", name, ""});
    finding.evidence.push_back(
        {fmt::format("held_locks[] of {}: {}, acquired in {}", task_label(task), name,
                     function_label(held.acquired_at)),
         held.address,
         {}});
  }
  for (const LogLine& line : log) finding.evidence.push_back({quote(line), std::nullopt, {}});
  finding.title =
      fmt::format("{} {} and still holds {}.", task_label(task), where, join_words(names));
  finding.explanation =
      "A lock must be released before its taker leaves the kernel or ends: nobody else can do it, "
      "and everybody who wants it from now on waits for ever.";
  const std::string taker = function_label(task.held_locks.back().acquired_at);
  finding.remedy =
      fmt::format("release {} on every path, the error paths too: {}", names.back(), taker);
  finding.tasks.push_back({task.pid, task.comm, task.cpu, task.address, model::Role::owner});
  finding.signature =
      signature(finding.rule, {names.back(), function_key(task.held_locks.back().acquired_at)});
  return finding;
}

// Without lockdep the lock's own owner field tells, where somebody waits for it.
bool owner_gone(const model::Snapshot& snapshot, const model::LockParty& owner) {
  return owner.source == model::LockSource::owner_field && !owner.hint && owner.task != 0 &&
         owner.grade == model::Grade::proven && !snapshot.tasks.empty() &&
         snapshot.task_at(owner.task) == nullptr;
}

model::Finding orphan(const model::Snapshot& snapshot, const model::LockState& lock,
                      const model::LockParty& owner) {
  const std::string label = lock_label(lock);
  model::Finding finding;
  finding.rule = "lock-leak";
  // That no list has the task is one witness, and a damaged list looks the same.
  finding.grade = model::Grade::inferred;
  finding.title = fmt::format("{} is held by a task that does not exist any more.", label);
  finding.explanation =
      "Its owner ended without releasing it: nobody else can, and everybody who wants it waits for "
      "ever.";
  finding.remedy = fmt::format("release {} on every path of whoever takes it", label);
  finding.locks.push_back(lock_ref(lock));
  finding.tasks.push_back(task_ref(snapshot, owner, model::Role::owner));
  for (const model::LockParty& waiter : lock.waiters) {
    finding.tasks.push_back(task_ref(snapshot, waiter, model::Role::waiter));
  }
  add_party_evidence(owner, finding);
  add_lock_evidence(lock, finding);
  finding.signature = signature(finding.rule, {lock_key(lock), "?"});
  return finding;
}

void add_orphans(const model::Snapshot& snapshot, std::vector<model::Finding>& findings) {
  for (const model::LockState& lock : snapshot.locks) {
    if (lock.waiters.empty() || lock.in_freed_memory) continue;
    for (const model::LockParty& owner : lock.owners) {
      if (owner_gone(snapshot, owner)) findings.push_back(orphan(snapshot, lock, owner));
    }
  }
}

}  // namespace

std::vector<model::Finding> check_lock_leak(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  add_orphans(snapshot, findings);
  std::optional<std::vector<LogLine>> log;
  for (const model::Task& task : snapshot.tasks) {
    if (task.held_locks.empty()) continue;
    const std::string where = place(task);
    if (where.empty()) continue;
    if (!log) log = complaints(snapshot);
    // What was held when lockdep stopped was released since, unless the log says otherwise.
    if (!snapshot.lockdep.enabled && log->empty()) continue;
    findings.push_back(finding_for(snapshot, task, where, *log));
  }
  return findings;
}

}  // namespace kmortem::checks
