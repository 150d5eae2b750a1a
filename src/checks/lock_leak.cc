// SPDX-License-Identifier: GPL-3.0-or-later
// lock-leak: lockdep checks held_locks[] when a task exits (debug_check_no_locks_held()) and when
// it returns to user mode (lockdep_sys_exit()); so does this, for as long as lockdep was on.
#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "checks/leaving.h"
#include "checks/lock_parties.h"
#include "checks/log_lines.h"
#include "checks/rules.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

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
                           const std::vector<const model::HeldLock*>& locks,
                           const std::vector<LogLine>& log) {
  std::vector<std::string> names;
  model::Finding finding;
  finding.rule = "lock-leak";
  finding.grade = snapshot.lockdep.enabled ? model::Grade::proven : model::Grade::stale;
  for (const model::HeldLock* left : locks) {
    const model::HeldLock& held = *left;
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
  finding.title = fmt::format("{} {} and still holds {}.", task_label(task), left_kernel(task),
                              join_words(names));
  finding.explanation =
      "A lock must be released before its taker leaves the kernel or ends: nobody else can do it, "
      "and everybody who wants it from now on waits for ever.";
  const model::Frame& taken_at = locks.back()->acquired_at;
  finding.remedy = fmt::format("release {} on every path, the error paths too: {}", names.back(),
                               function_label(taken_at));
  finding.tasks.push_back({task.pid, task.comm, task.cpu, task.address, model::Role::owner});
  finding.signature = signature(finding.rule, {names.back(), function_key(taken_at)});
  return finding;
}

void add_by_held_locks(const model::Snapshot& snapshot, std::vector<model::Finding>& findings) {
  const std::vector<LogLine> log = complaints(snapshot);
  for (const model::Task& task : snapshot.tasks) {
    const auto locks = left_behind(task);
    if (!locks.empty()) findings.push_back(finding_for(snapshot, task, locks, log));
  }
}

bool told_by_held_locks(const std::vector<model::Finding>& findings, const model::LockState& lock) {
  return std::any_of(findings.begin(), findings.end(), [&](const model::Finding& finding) {
    return std::any_of(finding.locks.begin(), finding.locks.end(), [&](const auto& each) {
      return each.address == lock.address || (lock.map != 0 && each.address == lock.map);
    });
  });
}

model::Finding by_owner_field(const model::Snapshot& snapshot, const model::LockState& lock,
                              const model::LockParty* owner, const std::vector<LogLine>& log) {
  const std::string label = lock_label(lock);
  model::Finding finding;
  finding.rule = "lock-leak";
  if (owner != nullptr) {
    const model::Task& task = *snapshot.task_at(owner->task);
    finding.title =
        fmt::format("{} {} and still holds {}.", task_label(task), left_kernel(task), label);
    finding.tasks.push_back(task_ref(snapshot, *owner, model::Role::owner));
    add_party_evidence(*owner, finding);
  } else {
    // That no list has the task is one witness, and a damaged list looks the same.
    finding.grade = model::Grade::inferred;
    finding.title = fmt::format("{} is held by a task that does not exist any more.", label);
    finding.evidence.push_back({fmt::format("the owner of {} is {}, which is no task", label,
                                            hex_address(lock.gone_owner)),
                                lock.gone_owner,
                                {}});
  }
  finding.explanation =
      "A lock must be released before its taker leaves the kernel or ends: nobody else can do it, "
      "and everybody who wants it from now on waits for ever.";
  finding.remedy = fmt::format("release {} on every path of whoever takes it", label);
  finding.locks.push_back(lock_ref(lock));
  for (const model::LockParty& waiter : lock.waiters) {
    finding.tasks.push_back(task_ref(snapshot, waiter, model::Role::waiter));
  }
  add_lock_evidence(lock, finding);
  for (const LogLine& line : log) finding.evidence.push_back({quote(line), std::nullopt, {}});
  finding.signature = signature(finding.rule, {lock_key(lock), "?"});
  return finding;
}

void add_by_owner_field(const model::Snapshot& snapshot, std::vector<model::Finding>& findings) {
  const std::vector<model::Finding> told = findings;
  for (const model::LockState& lock : snapshot.locks) {
    if (lock.in_freed_memory || told_by_held_locks(told, lock)) continue;
    const model::LockParty* owner = leaving_owner(snapshot, lock);
    const bool gone = lock.gone_owner != 0 && lock.locked == true && !lock.waiters.empty() &&
                      !snapshot.tasks.empty();
    if (owner != nullptr || gone) {
      findings.push_back(by_owner_field(snapshot, lock, owner, complaints(snapshot)));
    }
  }
}

bool tells_of(const model::Finding& finding, const model::Task& task) {
  return std::ranges::find(finding.tasks, task.address, &model::TaskRef::address) !=
         finding.tasks.end();
}

// What was held when lockdep stopped was released since, unless the log says otherwise.
void add_stale(const model::Snapshot& snapshot, std::vector<model::Finding>& findings) {
  const std::vector<LogLine> log = complaints(snapshot);
  if (log.empty()) return;
  const size_t told = findings.size();
  for (const model::Task& task : snapshot.tasks) {
    const auto locks = left_behind(task);
    if (locks.empty()) continue;
    const bool known =
        std::any_of(findings.begin(), findings.begin() + static_cast<std::ptrdiff_t>(told),
                    [&](const auto& finding) { return tells_of(finding, task); });
    if (!known) findings.push_back(finding_for(snapshot, task, locks, log));
  }
}

}  // namespace

std::vector<model::Finding> check_lock_leak(const model::Snapshot& snapshot) {
  std::vector<model::Finding> findings;
  if (snapshot.lockdep.enabled) add_by_held_locks(snapshot, findings);
  add_by_owner_field(snapshot, findings);
  if (!snapshot.lockdep.enabled) add_stale(snapshot, findings);
  return findings;
}

}  // namespace kmortem::checks
