// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/report.h"
#include "snapshots.h"

namespace kmortem::checks::testing {

inline constexpr uint64_t kSeconds = 1'000'000'000;
inline constexpr uint64_t kTaskBase = 0xffff888003000000;

/// A frame "f" or "f [module]" in a context.
inline model::Frame frame(const std::string& text, model::Context context = model::Context::task) {
  model::Frame result;
  result.function = text.substr(0, text.find(' '));
  const size_t module = text.find('[');
  if (module != std::string::npos)
    result.module = text.substr(module + 1, text.size() - module - 2);
  result.pc = 0xffffffff81000010;
  result.offset = 0x10;
  result.found_by = model::FoundBy::orc;
  result.context = context;
  return result;
}

/// A machine of four CPUs, 1000 s after boot, whose watchdogs are content.
inline model::Snapshot machine() {
  model::Snapshot snapshot;
  snapshot.stalls.now_ns = 1000 * kSeconds;
  snapshot.stalls.hung_tasks_watched = true;
  snapshot.stalls.hung_task_timeout_ns = 120 * kSeconds;
  snapshot.stalls.watchdogs.enabled = true;
  snapshot.stalls.watchdogs.threshold_ns = 10 * kSeconds;
  for (int number = 0; number < 4; ++number) {
    model::Cpu cpu;
    cpu.number = number;
    cpu.current_task = 0xffffffff82a00000;  // an idle task
    snapshot.cpus.push_back(cpu);
    model::CpuWatchdog watchdog;
    watchdog.cpu = number;
    watchdog.silent_ns = 2 * kSeconds;
    watchdog.timer_late_ns = 0;
    snapshot.stalls.watchdogs.cpus.push_back(watchdog);
  }
  return snapshot;
}

inline model::Task& add_task(model::Snapshot& snapshot, int pid, const std::string& comm) {
  model::Task task;
  task.address = kTaskBase + static_cast<uint64_t>(pid) * 0x1000;
  task.pid = task.tgid = pid;
  task.comm = comm;
  task.kernel_thread = true;
  task.state = 'S';
  snapshot.tasks.push_back(std::move(task));
  return snapshot.tasks.back();
}

/// A task that sleeps in state D since `seconds`.
inline model::Task& add_sleeper(model::Snapshot& snapshot, int pid, const std::string& comm,
                                uint64_t seconds) {
  model::Task& task = add_task(snapshot, pid, comm);
  task.state = 'D';
  task.state_bits = 2;
  task.last_ran_ns = snapshot.stalls.now_ns - seconds * kSeconds;
  return task;
}

/// A task that has come to its end: TASK_DEAD of 4.14 and later.
inline void exited(model::Task& task) {
  task.state = 'Z';
  task.state_bits = 0x80;
}

/// A task that runs on a CPU, whose stack that is, innermost frame first.
inline model::Task& add_running(model::Snapshot& snapshot, int pid, const std::string& comm,
                                int cpu, model::Stack stack = {}) {
  model::Task& task = add_task(snapshot, pid, comm);
  task.state = 'R';
  task.on_cpu = true;
  task.cpu = cpu;
  task.stack = stack;
  snapshot.cpus[static_cast<size_t>(cpu)].current_task = task.address;
  snapshot.cpus[static_cast<size_t>(cpu)].stack = std::move(stack);
  return task;
}

/// A CPU on which nothing but its current task ran for `seconds`.
inline void stuck(model::Snapshot& snapshot, int cpu, uint64_t seconds) {
  snapshot.stalls.watchdogs.cpus[static_cast<size_t>(cpu)].silent_ns = seconds * kSeconds;
}

inline model::LockState& add_lock(model::Snapshot& snapshot, uint64_t address, model::LockType type,
                                  const std::string& symbol) {
  model::LockState lock;
  lock.address = address;
  lock.type = type;
  lock.symbol = symbol;
  lock.value = 1;
  lock.value_text = "locked";
  lock.locked = true;
  snapshot.locks.push_back(std::move(lock));
  return snapshot.locks.back();
}

inline model::LockParty party(const model::Task& task, int frame = -1,
                              model::LockSource source = model::LockSource::owner_field) {
  model::LockParty result;
  result.task = task.address;
  result.cpu = task.on_cpu ? task.cpu : -1;
  result.frame = frame;
  result.source = source;
  result.grade = model::Grade::proven;
  result.evidence = "evidence about " + task.comm;
  return result;
}

}  // namespace kmortem::checks::testing
