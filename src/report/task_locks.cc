// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/task_locks.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "report/grade_text.h"
#include "report/layout.h"
#include "report/lock_text.h"
#include "report/printable.h"
#include "report/stack_text.h"

namespace kmortem::report {

namespace {

using model::LockParty;
using model::LockState;

std::string heading(const model::Task& task) {
  return fmt::format("PID: {:<7}  TASK: {:016x}  CPU: {:<3}  COMMAND: \"{}\"\n", task.pid,
                     task.address, task.cpu, printable(task.comm));
}

std::string recorded_text(const model::Snapshot& snapshot, const model::Task& task) {
  std::string text;
  for (size_t i = 0; i < task.held_locks.size(); ++i) {
    const model::HeldLock& held = task.held_locks[i];
    const model::LockClass* lock_class = snapshot.lockdep.find(held.class_index);
    text += fmt::format("  recorded   #{} {}   map {}   at {}{}{}\n", i,
                        lock_class == nullptr ? "?" : printable(lock_class->name),
                        hex_address(held.address), frame_text(held.acquired_at),
                        held.read != 0 ? ", reading" : "", held.trylock ? ", trylock" : "");
  }
  if (!text.empty() && !snapshot.lockdep.enabled) {
    text += "             (lockdep had stopped: its record is old)\n";
  }
  return text;
}

std::string party_line(std::string_view role, const LockState& lock, const LockParty& party,
                       const TextOptions& options) {
  std::string text = fmt::format("  {}{}   {} {}   ({}, {}{})", padded(role, 11), lock_label(lock),
                                 lock_type_text(lock.type), hex_address(lock.address),
                                 lock_source_text(party.source), grade_text(party.grade),
                                 party.hint ? ", a hint" : "");
  if (party.shared) text += "   reading";
  if (party.waited_ns != 0 && role == "waits for") text += "   " + duration_text(party.waited_ns);
  text += '\n';
  if (options.verbose && !party.evidence.empty()) {
    text += std::string(13, ' ') + printable(party.evidence) + "\n";
  }
  return text;
}

bool takes_part(const std::vector<LockParty>& parties, const model::Task& task) {
  return std::ranges::any_of(parties,
                             [&](const LockParty& party) { return party.task == task.address; });
}

}  // namespace

std::string task_locks_text(const model::Snapshot& snapshot, const model::Task& task,
                            const TextOptions& options) {
  std::string held;
  std::string awaited;
  for (const LockState& lock : snapshot.locks) {
    for (const LockParty& owner : lock.owners) {
      if (owner.task == task.address) held += party_line("holds", lock, owner, options);
    }
    for (const LockParty& waiter : lock.waiters) {
      if (waiter.task == task.address) awaited += party_line("waits for", lock, waiter, options);
    }
  }
  const std::string body = recorded_text(snapshot, task) + held + awaited;
  return heading(task) + (body.empty() ? "  no lock is known to be held or waited for\n" : body);
}

bool has_locks(const model::Snapshot& snapshot, const model::Task& task) {
  if (!task.held_locks.empty()) return true;
  return std::ranges::any_of(snapshot.locks, [&](const LockState& lock) {
    return takes_part(lock.owners, task) || takes_part(lock.waiters, task);
  });
}

}  // namespace kmortem::report
