// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "model/report.h"

namespace kmortem::report::testing {

inline model::Frame frame(const std::string& function, uint64_t offset,
                          const std::string& module = "",
                          model::Context context = model::Context::task) {
  model::Frame result;
  result.pc = 0xffffffff81000000 + offset;
  result.function = function;
  result.offset = offset;
  result.module = module;
  result.context = context;
  return result;
}

/// Two classes, one of them aliased, a task that holds a lock, and two findings, the second a
/// consequence of the first.
inline model::Report small_report() {
  model::Report report;
  model::Snapshot& snapshot = report.snapshot;
  snapshot.dump.path = "vmcore";
  snapshot.dump.format = "kdump";
  snapshot.dump.compression = "lzo";
  snapshot.dump.file_size = 24 << 20;
  snapshot.dump.dump_level = 31;
  snapshot.dump.build_id = "00ff";
  snapshot.debuginfo = {"/boot/vmlinux", false, false, "00ff", true};
  snapshot.kernel.release = "6.1.192";
  snapshot.kernel.version = "#1 SMP Debian 6.1.192-2";
  snapshot.kernel.uptime_ns = 52'000'000'000;
  snapshot.kernel.taint_flags = "OEL";
  snapshot.kernel.panic_message = "softlockup: hung tasks";
  snapshot.kernel.panic_cpu = 1;
  snapshot.kernel.possible_cpus = 2;
  for (int i = 0; i < 2; ++i) {
    model::Cpu cpu;
    cpu.number = i;
    cpu.softirq_pending_known = i == 0;
    cpu.softirq_pending = 2;
    cpu.current_task = 0xffff888100200000;
    snapshot.cpus.push_back(cpu);
  }
  model::Task task;
  task.address = 0xffff888100200000;
  task.pid = 110;
  task.tgid = 110;
  task.comm = "kflow_gcd";
  task.cpu = 1;
  task.state = 'R';
  task.lockdep_known = true;
  task.held_locks.emplace_back();
  task.held_locks[0].address = 0xffff888100e66298;
  task.held_locks[0].class_index = 3;
  task.held_locks[0].irq_context = 1;
  task.held_locks[0].acquired_at = frame("gcd", 0x31, "lk_rcu");
  snapshot.tasks.push_back(task);

  model::Lockdep& lockdep = snapshot.lockdep;
  lockdep.present = true;
  lockdep.features.states = {"HARDIRQ", "SOFTIRQ"};
  lockdep.features.used_bit = 8;
  model::LockClass mutex;
  mutex.index = 3;
  mutex.address = 0xffffffff81f08900;
  mutex.key = 0xffffffff81cfcc20;
  mutex.key_symbol = "__lockdep_no_validate__";
  mutex.name = mutex.raw_name = "&dev->mutex";
  mutex.usage = "....";
  mutex.usage_mask = 0x100;
  mutex.usage_traces = {-1, -1, -1, -1, -1, -1, -1, -1, 0, -1};
  mutex.wait_type_inner = 3;
  mutex.locks_after = {0};
  model::LockClass spin = mutex;
  spin.index = 9;
  spin.key = 0xffffffff82000000;
  spin.key_symbol.clear();
  spin.name = spin.raw_name = "&x->lock";
  spin.wait_type_inner = 2;
  spin.locks_after.clear();
  spin.locks_before = {1};
  lockdep.classes = {mutex, spin};
  lockdep.position = {{3, 0}, {9, 1}};
  lockdep.dependencies = {{0xffffffff83000000, 3, 9, 1, 8, 0}, {0xffffffff83000040, 9, 3, 1, 8, 0}};
  lockdep.counters.nr_list_entries = 2;
  lockdep.traces = {{0xffffffff81000031}};
  lockdep.tables = {{"lock_classes", 2, 8192}};

  model::LockMap map;
  map.address = 0xffff888100e66298;
  map.key = mutex.key;
  map.name = "&txq->_xmit_lock";
  map.class_cache = {3, -1};
  map.wait_type_inner = 2;
  snapshot.scan.done = true;
  snapshot.scan.bytes_covered = 64 << 20;
  snapshot.scan.maps = {map};
  snapshot.softirqs = {{1, "TIMER", 0xffffffff81001000, "run_timer_softirq", true},
                       {8, "HRTIMER", 0, "", false}};
  snapshot.log = {{0, 5'123'456'789, 6, 0, "", "first\nsecond"},
                  {1, 66'000'001'000, 4, 0, "T12", "x"}};
  snapshot.problems.add({"task_struct", 0xffff888100300000, "page excluded from the dump",
                         "one task is not listed", 1});

  model::Finding error;
  error.rule = "shared-lock-key";
  error.title = "One key serves two kinds of lock.";
  error.explanation = "Because of this.\n\n  on one CPU:\n    lock(a)\n";
  error.remedy = "give it a key";
  error.locks = {{"&txq->_xmit_lock", 0xffff888100e66298, "spinlock", "&dev->mutex", ""}};
  error.tasks = {{110, "kflow_gcd", 1, 0xffff888100200000, model::Role::waiter}};
  error.evidence.push_back({"a fact", 0xffff888100e66298, {}});
  model::Frame taker = frame("stats_rcv_proc", 9, "lk_inconsistent");
  taker.file = "lk_inconsistent.c";
  taker.line = 25;
  taker.note = "takes it";
  error.evidence.push_back({"taken here:", std::nullopt, {taker, frame("do_syscall_64", 0x2b)}});
  error.signature = "shared-lock-key:x";
  model::Finding note;
  note.rule = "lockdep-off";
  note.severity = model::Severity::note;
  note.grade = model::Grade::stale;
  note.title = "lockdep stopped.";
  note.explanation = "Nothing was checked since.";
  note.signature = "lockdep-off:x";
  note.consequence_of = 0;
  report.findings = {error, note};
  return report;
}

}  // namespace kmortem::report::testing
