// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/lock_text.h"

#include <fmt/core.h>

#include "base/hex.h"
#include "report/printable.h"

namespace kmortem::report {

using model::LockSource;
using model::LockType;

std::string_view lock_type_text(LockType type) {
  switch (type) {
    case LockType::unknown:
      return "unknown";
    case LockType::raw_spinlock:
      return "raw_spinlock";
    case LockType::rt_spinlock:
      return "rt_spinlock";
    case LockType::rwlock:
      return "rwlock";
    case LockType::rt_rwlock:
      return "rt_rwlock";
    case LockType::mutex:
      return "mutex";
    case LockType::rw_semaphore:
      return "rw_semaphore";
    case LockType::rt_mutex:
      return "rt_mutex";
    case LockType::semaphore:
      return "semaphore";
    case LockType::completion:
      return "completion";
    case LockType::percpu_rwsem:
      return "percpu_rw_semaphore";
    case LockType::seqlock:
      return "seqlock";
    case LockType::lockdep_only:
      return "lockdep_map";
    case LockType::cpu_call:
      return "cpu_call";
    case LockType::timer:
      return "timer";
    case LockType::hrtimer:
      return "hrtimer";
    case LockType::work:
      return "work";
    case LockType::workqueue:
      return "workqueue";
    case LockType::thread_end:
      return "thread_end";
  }
  return "unknown";
}

std::string_view lock_source_text(LockSource source) {
  switch (source) {
    case LockSource::owner_field:
      return "owner_field";
    case LockSource::lock_word:
      return "lock_word";
    case LockSource::held_locks:
      return "held_locks";
    case LockSource::wait_list:
      return "wait_list";
    case LockSource::blocked_on:
      return "blocked_on";
    case LockSource::mcs_queue:
      return "mcs_queue";
    case LockSource::registers:
      return "registers";
    case LockSource::instructions:
      return "instructions";
    case LockSource::stack_slot:
      return "stack_slot";
    case LockSource::event_data:
      return "event_data";
  }
  return "unknown";
}

std::string lock_label(const model::LockState& lock) {
  if (!lock.symbol.empty()) return printable(lock.symbol);
  if (lock.name.empty()) return hex_address(lock.address);
  return printable(lock.name) + " at " + hex_address(lock.address);
}

std::string party_name(const model::Snapshot& snapshot, const model::LockParty& party) {
  const model::Task* task = snapshot.task_at(party.task);
  std::string text = task != nullptr   ? fmt::format("{} [{}]", printable(task->comm), task->pid)
                     : party.task != 0 ? "task " + hex_address(party.task)
                                       : "";
  if (party.cpu >= 0) text += fmt::format("{}CPU {}", text.empty() ? "" : " on ", party.cpu);
  return text;
}

bool spins(LockType type) {
  return type == LockType::raw_spinlock || type == LockType::rwlock;
}

}  // namespace kmortem::report
