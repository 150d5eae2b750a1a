// SPDX-License-Identifier: GPL-3.0-or-later
// Machines on which nothing is wrong, with what production kernels with lockdep have: no rule may
// find anything there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/registry.h"
#include "order_scenarios.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::Grade;
using model::LockSource;
using model::LockType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kKeys = 0xffffffff82c00000;
constexpr uint64_t kHeap = 0xffff888100000000;
constexpr uint64_t kModule = 0xffffffffc0400000;
constexpr unsigned kSpin = 2;
constexpr unsigned kSleep = 3;

std::vector<std::string> rules_that_fire(const model::Snapshot& snapshot) {
  std::vector<std::string> rules;
  for (const model::Finding& finding : run_checks(snapshot)) {
    rules.push_back(finding.rule + ": " + finding.title);
  }
  return rules;
}

/// A machine of four CPUs with lockdep on.
model::Snapshot proving() {
  model::Snapshot snapshot = machine();
  model::Snapshot lockdep = lockdep_snapshot();
  snapshot.lockdep = lockdep.lockdep;
  snapshot.lockdep.features.strong_paths = true;
  snapshot.lockdep.features.wait_types = true;
  snapshot.kernel = lockdep.kernel;
  snapshot.kernel.possible_cpus = 4;
  snapshot.scan.done = true;
  return snapshot;
}

model::HeldLock held(unsigned class_index, uint64_t address, unsigned read = 0) {
  model::HeldLock lock;
  lock.class_index = static_cast<int>(class_index);
  lock.address = address;
  lock.read = read;
  lock.acquired_at = frame("taker");
  return lock;
}

/// What lockdep's record of a held lock becomes, once the lock's own word has been read.
void own(model::Snapshot& snapshot, const model::Task& task, LockType type, unsigned class_index,
         uint64_t address, bool shared = false) {
  model::LockState& lock = add_lock(snapshot, address, type, "");
  const model::LockClass* lock_class = snapshot.lockdep.find(static_cast<int>(class_index));
  lock.name = lock.lock_class = lock_class->name;
  lock.map = address + 0x18;
  lock.owners = {party(task, -1, LockSource::held_locks)};
  lock.owners[0].shared = shared;
}

// Four thousand classes in a row of dependencies, some of their names twice, gaps where classes
// were zapped, and ten locks of each.
TEST(HealthyMachine, ThousandsOfClasses) {
  model::Snapshot snapshot = proving();
  unsigned before = 0;
  for (unsigned index = 0; index < 4000; ++index) {
    if (index % 7 == 3) continue;
    const uint64_t key = kKeys + index * 16;
    const std::string name = "&x" + std::to_string(index / 2) + "->lock";
    model::LockClass& lock_class = add_class(snapshot, index, name, key);
    lock_class.key_symbol = "__key." + std::to_string(index);
    if (index % 2 == 1) lock_class.name += "#2";
    mark(lock_class, index < 2000 ? kHardirqOn : kInHardirq);
    for (unsigned i = 0; i < 10; ++i) {
      add_map(snapshot, kHeap + index * 0x1000 + i * 0x80, name, key,
              i % 3 == 0 ? -1 : static_cast<int>(index));
    }
    if (index > 0) add_order(snapshot, before, index);
    before = index;
  }
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// A module was rebuilt, unloaded and loaded again: its keys moved, and the locks of its first life
// lie in freed memory, with the classes that they had.
TEST(HealthyMachine, AModuleThatWasReplaced) {
  model::Snapshot snapshot = proving();
  for (unsigned i = 0; i < 20; ++i) {
    const uint64_t key = kModule + i * 16;
    const std::string name = "&new" + std::to_string(i) + "->lock";
    model::LockClass& lock_class = add_class(snapshot, 700 + i, name, key, kSleep);
    lock_class.key_symbol = "__key." + std::to_string(i);
    lock_class.key_in_module = true;
    add_map(snapshot, kHeap + i * 0x1000, name, key, static_cast<int>(700 + i), kSleep);
    add_map(snapshot, kHeap + 0x100000 + i * 0x1000, "&old" + std::to_string(i + 1) + "->lock", key,
            i % 2 == 0 ? -1 : static_cast<int>(400 + i), kSpin);
  }
  // Class 401 is somebody else's now.
  add_class(snapshot, 401, "&other->lock", kKeys);
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// Every device's mutex has the one key that is not validated; buses hold several at once.
TEST(HealthyMachine, DevicesAreLockedOneUnderTheOther) {
  model::Snapshot snapshot = proving();
  add_class(snapshot, 5, "&dev->mutex", kNoValidate, kSleep).key_symbol = "__lockdep_no_validate__";
  for (unsigned i = 0; i < 500; ++i) {
    add_map(snapshot, kHeap + i * 0x1000, "&dev->mutex", kNoValidate, i % 2 ? 5 : -1, kSleep);
  }
  model::Task& probe = add_sleeper(snapshot, 20, "kworker/u8:1", 30);
  probe.lockdep_known = true;
  for (unsigned i = 0; i < 3; ++i) {
    model::HeldLock lock = held(5, kHeap + i * 0x1000);
    lock.check = false;
    probe.held_locks.push_back(lock);
  }
  const model::Task task = probe;
  for (unsigned i = 0; i < 3; ++i) {
    own(snapshot, task, LockType::mutex, 5, kHeap + i * 0x1000 - 0x18);
  }
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// process_one_work() holds two maps without a lock behind them, whatever the work does; so do
// rcu_read_lock(), memory reclaim and the superblock's writers. All may sleep with them but RCU's.
TEST(HealthyMachine, AWorkerSleepsWithItsPseudoLocksAndItsRealOnes) {
  model::Snapshot snapshot = proving();
  const std::vector<std::string> names = {"(wq_completion)events",
                                          "(work_completion)(&x->work)",
                                          "cpu_hotplug_lock",
                                          "sb_writers#4",
                                          "jbd2_handle",
                                          "fs_reclaim",
                                          "&sb->s_type->i_mutex_key#9",
                                          "&mm->mmap_lock"};
  model::Task& worker = add_sleeper(snapshot, 20, "kworker/0:1", 60);
  worker.lockdep_known = true;
  for (unsigned i = 0; i < names.size(); ++i) {
    add_class(snapshot, i, names[i], kKeys + i * 16, i < 2 ? 0 : kSleep);
    if (i > 0) add_order(snapshot, i - 1, i);
    worker.held_locks.push_back(held(i, kHeap + i * 0x1000 + 0x18, i == 2 || i == 7 ? 1 : 0));
  }
  const model::Task task = worker;
  for (unsigned i = 0; i < names.size(); ++i) {
    const LockType type = i == 6   ? LockType::rw_semaphore
                          : i == 7 ? LockType::rw_semaphore
                          : i == 2 ? LockType::percpu_rwsem
                                   : LockType::lockdep_only;
    own(snapshot, task, type, i, kHeap + i * 0x1000, i == 7);
  }
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// A reader of RCU inside of another, in process context and in a softirq.
TEST(HealthyMachine, RcuReadersNest) {
  model::Snapshot snapshot = proving();
  model::LockClass& rcu = add_class(snapshot, 1, "rcu_read_lock", kKeys, kSpin);
  rcu.wait_type_outer = 1;
  mark(rcu, kInSoftirqRead);
  mark(rcu, kSoftirqOnRead);
  mark(rcu, kHardirqOnRead);
  model::Task& task = add_running(snapshot, 20, "reader", 1, {frame("lookup")});
  task.lockdep_known = true;
  for (const unsigned irq_context : {0U, 0U, 1U, 1U}) {
    task.held_locks.push_back(held(1, kHeap, 2));
    task.held_locks.back().irq_context = irq_context;
    task.held_locks.back().check = false;
  }
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// CPU 0 switches tasks, CPU 1 is in a timer interrupt that came in user mode, CPU 2 in a softirq.
TEST(HealthyMachine, CpusHoldWhatTheyNeed) {
  model::Snapshot snapshot = proving();
  add_class(snapshot, 1, "&rq->__lock", kKeys);
  add_class(snapshot, 2, "hrtimer_bases.lock", kKeys + 16);
  add_class(snapshot, 3, "slock-AF_INET", kKeys + 32);
  add_class(snapshot, 4, "tasklist_lock", kKeys + 48);
  const auto runs = [&](int cpu, unsigned class_index, unsigned irq_context, model::Stack stack) {
    model::Task& task = add_running(snapshot, 20 + cpu, "task", cpu, std::move(stack));
    task.kernel_thread = false;
    task.lockdep_known = true;
    task.held_locks = {held(class_index, kHeap + static_cast<uint64_t>(cpu) * 0x1000 + 0x18)};
    task.held_locks[0].irq_context = irq_context;
    const model::Task copy = task;
    own(snapshot, copy, LockType::raw_spinlock, class_index,
        kHeap + static_cast<uint64_t>(cpu) * 0x1000);
  };
  runs(0, 1, 0,
       {frame("__schedule"), frame("schedule"), frame("exit_to_user_mode_prepare"),
        frame("irqentry_exit_to_user_mode"), frame("asm_sysvec_apic_timer_interrupt")});
  runs(1, 2, 2, {frame("hrtimer_interrupt"), frame("asm_sysvec_apic_timer_interrupt")});
  runs(2, 3, 1, {frame("tcp_v4_rcv"), frame("__do_softirq"), frame("asm_common_interrupt")});
  runs(3, 4, 0, {frame("exit_notify"), frame("do_exit"), frame("do_syscall_64")});
  snapshot.tasks[3].state = 'Z';
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// Tasks that the scheduler took from CPUs on their ways to user mode, inside of task work.
TEST(HealthyMachine, TaskWorkSleepsWithAFilesLocks) {
  model::Snapshot snapshot = proving();
  add_class(snapshot, 1, "&sb->s_type->i_mutex_key#9", kKeys, kSleep);
  add_class(snapshot, 2, "&mm->mmap_lock", kKeys + 16, kSleep);
  for (const int pid : {20, 21}) {
    model::Task& task = add_sleeper(snapshot, pid, "task", 3);
    task.kernel_thread = false;
    task.lockdep_known = true;
    task.stack = {frame("__schedule"), frame("schedule")};
    if (pid == 20) {
      for (const char* each :
           {"io_schedule", "ext4_release_file", "__fput", "task_work_run", "exit_to_user_mode_loop",
            "exit_to_user_mode_prepare", "syscall_exit_to_user_mode", "do_syscall_64"}) {
        task.stack.push_back(frame(each));
      }
    } else {
      for (const char* each : {"preempt_schedule_irq", "change_prot_numa", "task_numa_work",
                               "task_work_run", "exit_to_user_mode_loop",
                               "irqentry_exit_to_user_mode", "asm_sysvec_apic_timer_interrupt"}) {
        task.stack.push_back(frame(each));
      }
    }
    const unsigned class_index = pid == 20 ? 1 : 2;
    const uint64_t address = kHeap + static_cast<uint64_t>(pid) * 0x1000;
    task.held_locks = {held(class_index, address + 0x18, pid == 20 ? 0 : 1)};
    const model::Task copy = task;
    own(snapshot, copy, LockType::rw_semaphore, class_index, address, pid == 21);
  }
  snapshot.locks[0].owners[0].source = LockSource::owner_field;
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// One tries for a lock that comes before, as double_lock_balance() and reclaim do: lockdep records
// no order for what was merely tried for.
TEST(HealthyMachine, TriedForInTheOtherOrder) {
  model::Snapshot snapshot = LockEvents().run("A B -B -A  B tA -A -B  A tB -B -A");
  snapshot.lockdep.enabled = true;
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// A lock that a hard interrupt takes leads to a local_lock, under which others are taken with
// interrupts on.
TEST(HealthyMachine, LocalLocksExcludeNobody) {
  model::Snapshot snapshot =
      LockEvents().run("irq( A -A )irq  cli A lL -L -A sti  lL B -B -L  B -B");
  snapshot.lockdep.enabled = true;
  EXPECT_THAT(rules_that_fire(snapshot), IsEmpty());
}

// After an oops every task's records stay as they were: the slot past the last lock has what was
// taken and let go of, and a workqueue's class is gone with the queue.
TEST(HealthyMachine, LeftOversAfterAnOops) {
  model::Snapshot snapshot = proving();
  snapshot.lockdep.features.hlock_id_in_chains = true;
  add_class(snapshot, 1, "&type->i_mutex_dir_key#3", kKeys, kSleep);
  add_class(snapshot, 2, "&dentry->d_lock", kKeys + 16);
  add_class(snapshot, 3, "&type->i_mutex_dir_key#3", kKeys, kSleep, 1);
  add_order(snapshot, 1, 2);
  add_order(snapshot, 3, 1);
  model::LockChain chain;
  chain.hlocks = {1, 2};
  snapshot.lockdep.chains.push_back(chain);
  model::Task& task = add_sleeper(snapshot, 20, "find", 40);
  task.lockdep_known = true;
  task.held_locks = {held(1, kHeap + 0x18)};
  task.one_past_top = held(2, kHeap + 0x2018);
  task.one_past_top->prev_chain_key = task.curr_chain_key;
  model::Task& worker = add_task(snapshot, 21, "kworker/1:0");
  worker.lockdep_known = true;
  worker.held_locks = {held(900, kHeap + 0x4018)};  // "(wq_completion)…" of a queue that is gone
  snapshot.lockdep.enabled = false;
  log_line(snapshot, 900, "BUG: kernel NULL pointer dereference, address: 0000000000000010");
  EXPECT_THAT(rules_that_fire(snapshot),
              ElementsAre(::testing::StartsWith("lockdep-off: lockdep stopped at 900.00 s")));
}

// After an oops as well: two tasks, each with a device's mutex and a driver's, crosswise as classes
// go, but four different locks.
TEST(HealthyMachine, DevicesOfOneDriverAfterAnOops) {
  model::Snapshot snapshot = proving();
  add_class(snapshot, 1, "&dev->mutex", kNoValidate, kSleep).key_symbol = "__lockdep_no_validate__";
  add_class(snapshot, 2, "&drv->mutex", kKeys, kSleep);
  model::Task one = add_sleeper(snapshot, 20, "one", 5);
  model::Task two = add_sleeper(snapshot, 21, "two", 5);
  model::Task other = add_sleeper(snapshot, 22, "other", 5);
  own(snapshot, one, LockType::mutex, 1, kHeap);
  own(snapshot, other, LockType::mutex, 2, kHeap + 0x1000);
  snapshot.locks[1].waiters = {party(one, -1, LockSource::wait_list)};
  own(snapshot, two, LockType::mutex, 2, kHeap + 0x2000);
  own(snapshot, other, LockType::mutex, 1, kHeap + 0x3000);
  snapshot.locks[3].waiters = {party(two, -1, LockSource::wait_list)};
  snapshot.lockdep.enabled = false;
  log_line(snapshot, 900, "Oops: 0002 [#1] SMP");
  EXPECT_THAT(rules_that_fire(snapshot), ElementsAre(::testing::StartsWith("lockdep-off: ")));
}

}  // namespace
}  // namespace kmortem::checks
