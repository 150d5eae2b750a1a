// SPDX-License-Identifier: GPL-3.0-or-later
// freed-lock and lock-leak: each of their conditions denied once, in what is else a finding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::Grade;
using model::LockSource;
using model::LockType;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kLock = 0xffff888004000010;

struct Freed {
  model::Snapshot snapshot = machine();
  model::Task task = add_sleeper(snapshot, 20, "user", 300);

  Freed() {
    model::LockState& lock = add_lock(snapshot, kLock, LockType::mutex, "");
    lock.in_freed_memory = true;
    lock.owners = {party(task)};
  }
  model::LockState& lock() { return snapshot.locks[0]; }
  std::vector<model::Finding> found() const { return check_freed_lock(snapshot); }
};

TEST(FreedLockNot, AnOwnerAloneIsEnough) {
  const auto findings = Freed().found();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("user [20] holds"));
  EXPECT_EQ(findings[0].grade, Grade::proven);
}

TEST(FreedLockNot, AHintIsNoUser) {
  Freed freed;
  freed.lock().owners[0].hint = true;
  EXPECT_THAT(freed.found(), IsEmpty());
  freed.lock().waiters = {party(freed.task, -1, LockSource::wait_list)};
  EXPECT_THAT(freed.found(), SizeIs(1));
}

TEST(FreedLockNot, NoSurerThanItsUser) {
  Freed freed;
  freed.lock().owners[0].grade = Grade::inferred;
  EXPECT_EQ(freed.found().at(0).grade, Grade::inferred);
  freed.lock().owners[0].grade = Grade::stale;
  EXPECT_THAT(freed.found(), IsEmpty());
  freed.lock().owners[0].grade = Grade::unknown;
  EXPECT_THAT(freed.found(), IsEmpty());
}

TEST(FreedLockNot, SeveralWaitersAreNamedBeforeAnOwner) {
  Freed freed;
  const model::Task other = add_sleeper(freed.snapshot, 21, "other", 300);
  freed.lock().waiters = {party(other, -1, LockSource::wait_list),
                          party(freed.task, -1, LockSource::wait_list)};
  EXPECT_THAT(freed.found().at(0).title, HasSubstr("other [21] and user [20] wait for"));
}

/// A mutex whose owner has exited, by the mutex's own owner field.
struct Leak {
  model::Snapshot snapshot = machine();
  model::Task owner = add_task(snapshot, 30, "writer");

  Leak() {
    exited(snapshot.tasks[0]);
    model::LockState& lock = add_lock(snapshot, kLock, LockType::mutex, "m");
    lock.owners = {party(owner)};
  }
  model::LockState& lock() { return snapshot.locks[0]; }
  std::vector<model::Finding> found() const { return check_lock_leak(snapshot); }
};

TEST(LockLeakNot, AnOwnerFieldOfATaskThatHasExited) {
  const auto findings = Leak().found();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::proven);
  EXPECT_THAT(findings[0].title, HasSubstr("writer [30] has exited and still holds m"));
  Leak alive;
  alive.snapshot.tasks[0].state = 'S';
  EXPECT_THAT(alive.found(), IsEmpty());
  alive.snapshot.tasks[0].state = 'X';
  EXPECT_THAT(alive.found(), SizeIs(1));
}

// exit_notify() makes a zombie of a task under tasklist_lock; do_exit() goes on for a while after.
TEST(LockLeakNot, AZombieThatHasNotComeToItsEnd) {
  Leak running;
  running.snapshot.tasks[0].on_cpu = true;
  EXPECT_THAT(running.found(), IsEmpty());
  Leak preempted;
  preempted.snapshot.tasks[0].state_bits = 0;
  EXPECT_THAT(preempted.found(), IsEmpty());
  for (const uint64_t state : {1U, 2U, 0x82U}) {  // 0x82: TASK_KILLABLE until 4.13
    Leak sleeping;
    sleeping.snapshot.tasks[0].state_bits = state;
    EXPECT_THAT(sleeping.found(), IsEmpty()) << state;
  }
  Leak old;
  old.snapshot.tasks[0].state_bits = 0x40;  // TASK_DEAD until 4.13
  EXPECT_THAT(old.found(), SizeIs(1));
}

TEST(LockLeakNot, AnythingLessThanAProvenOwnerField) {
  Leak hint;
  hint.lock().owners[0].hint = true;
  EXPECT_THAT(hint.found(), IsEmpty());
  Leak inferred;
  inferred.lock().owners[0].grade = Grade::inferred;
  EXPECT_THAT(inferred.found(), IsEmpty());
  Leak slot;
  slot.lock().owners[0].source = LockSource::stack_slot;
  EXPECT_THAT(slot.found(), IsEmpty());
}

TEST(LockLeakNot, AFreedLockIsOfAnotherRule) {
  Leak leak;
  leak.lock().in_freed_memory = true;
  EXPECT_THAT(leak.found(), IsEmpty());
}

TEST(LockLeakNot, WhatHeldLocksTellIsToldOnce) {
  for (const bool by_map : {false, true}) {
    Leak leak;
    leak.snapshot.lockdep = lockdep_snapshot().lockdep;
    add_class(leak.snapshot, 3, "m", 0xffffffffc0001000);
    leak.lock().map = by_map ? kLock + 0x18 : 0;
    model::HeldLock held;
    held.address = by_map ? kLock + 0x18 : kLock;
    held.class_index = 3;
    leak.snapshot.tasks[0].held_locks = {held};
    EXPECT_THAT(leak.found(), SizeIs(1)) << by_map;
    leak.snapshot.tasks[0].held_locks[0].address = kLock + 0x800;
    EXPECT_THAT(leak.found(), SizeIs(2)) << by_map;
  }
}

TEST(LockLeakNot, OnlyWhatAnInterruptFoundInUserMode) {
  Leak leak;
  leak.snapshot.tasks[0].state = 'R';
  leak.snapshot.tasks[0].kernel_thread = false;
  leak.snapshot.tasks[0].stack = {frame("__schedule"), frame("asm_sysvec_reschedule_ipi")};
  EXPECT_THAT(leak.found(), SizeIs(1));
  leak.snapshot.tasks[0].kernel_thread = true;
  EXPECT_THAT(leak.found(), IsEmpty());
  leak.snapshot.tasks[0].kernel_thread = false;
  leak.snapshot.tasks[0].stack.push_back(frame("do_syscall_64"));
  EXPECT_THAT(leak.found(), IsEmpty());
  leak.snapshot.tasks[0].stack.clear();
  EXPECT_THAT(leak.found(), IsEmpty());
}

TEST(LockLeakNot, TheOutermostFramesOfInterruptsOfManyReleases) {
  for (const char* outermost :
       {"asm_common_interrupt", "common_interrupt", "apic_timer_interrupt"}) {
    Leak leak;
    leak.snapshot.tasks[0].state = 'R';
    leak.snapshot.tasks[0].kernel_thread = false;
    leak.snapshot.tasks[0].stack = {frame("__schedule"), frame(outermost)};
    EXPECT_THAT(leak.found(), SizeIs(1)) << outermost;
  }
}

TEST(LockLeakNot, AKernelThreadDoesNotReturnToUserMode) {
  Leak leak;
  leak.snapshot.tasks[0].state = 'R';
  leak.snapshot.tasks[0].stack = {frame("schedule"), frame("exit_to_user_mode_prepare"),
                                  frame("ret_from_fork")};
  EXPECT_THAT(leak.found(), IsEmpty());
  leak.snapshot.tasks[0].kernel_thread = false;
  EXPECT_THAT(leak.found(), SizeIs(1));
}

/// A user's task whose stack that is, innermost frame first, and the owner of a mutex.
std::vector<model::Finding> found_in(std::vector<std::string> functions, bool on_cpu = false) {
  Leak leak;
  model::Task& task = leak.snapshot.tasks[0];
  task.state = 'R';
  task.kernel_thread = false;
  task.on_cpu = on_cpu;
  for (const std::string& each : functions) task.stack.push_back(frame(each));
  return leak.found();
}

TEST(LockLeakNot, AllWaysOfTheSwitchAreSeenThrough) {
  for (const char* innermost : {"__schedule", "context_switch", "__switch_to_asm", "schedule_user",
                                "__schedule.isra.0", "exit_to_user_mode_loop"}) {
    const auto findings = found_in({innermost, "exit_to_user_mode_prepare", "do_syscall_64"});
    ASSERT_THAT(findings, SizeIs(1)) << innermost;
    EXPECT_THAT(findings[0].title, HasSubstr("is on its way to user mode"));
  }
  EXPECT_THAT(found_in({"schedule_timeout", "exit_to_user_mode_prepare"}), IsEmpty());
  EXPECT_THAT(found_in({"__schedule", "schedule"}), IsEmpty());
}

// close() of the last descriptor: the file is released in task work, and the file system's locks
// are held in there.
TEST(LockLeakNot, WhatTaskWorkHoldsOnTheWay) {
  EXPECT_THAT(found_in({"__schedule", "schedule", "io_schedule", "jbd2_log_wait_commit",
                        "ext4_sync_file", "__fput", "task_work_run", "exit_to_user_mode_loop",
                        "exit_to_user_mode_prepare", "syscall_exit_to_user_mode", "do_syscall_64"}),
              IsEmpty());
}

// A timer tick queues the NUMA scan, which reads mmap_lock and may be preempted in there.
TEST(LockLeakNot, WhatTaskWorkHoldsAfterAnInterruptInUserMode) {
  EXPECT_THAT(found_in({"__schedule", "preempt_schedule_irq", "change_prot_numa", "task_numa_work",
                        "task_work_run", "exit_to_user_mode_loop", "irqentry_exit_to_user_mode",
                        "asm_sysvec_apic_timer_interrupt"}),
              IsEmpty());
}

// A core dump holds what it reads of the process.
TEST(LockLeakNot, WhatASignalHolds) {
  EXPECT_THAT(found_in({"__schedule", "schedule", "rwsem_down_write_slowpath", "do_coredump",
                        "get_signal", "arch_do_signal_or_restart", "exit_to_user_mode_prepare",
                        "irqentry_exit_to_user_mode", "asm_exc_page_fault"}),
              IsEmpty());
}

TEST(LockLeakNot, WhatASwitchOrAnInterruptHoldsOfItsOwn) {
  const std::vector<std::string> leaving = {"__schedule", "schedule", "exit_to_user_mode_prepare",
                                            "irqentry_exit_to_user_mode",
                                            "asm_sysvec_apic_timer_interrupt"};
  ASSERT_THAT(found_in(leaving, false), SizeIs(1));
  EXPECT_THAT(found_in(leaving, false)[0].title, HasSubstr("is in user mode"));
  EXPECT_THAT(found_in(leaving, true), IsEmpty());
  const std::vector<std::string> inside = {"hrtimer_interrupt", "asm_sysvec_apic_timer_interrupt"};
  EXPECT_THAT(found_in(inside, true), SizeIs(1));
  EXPECT_THAT(found_in(inside, false), IsEmpty());
}

/// A task of which a timer interrupt has come in user mode, and runs.
struct Interrupted {
  model::Snapshot snapshot = machine();

  Interrupted() {
    snapshot.lockdep = lockdep_snapshot().lockdep;
    add_class(snapshot, 3, "m", 0xffffffffc0001000);
    model::Task& task = add_running(snapshot, 30, "writer", 1,
                                    {frame("tick"), frame("asm_sysvec_apic_timer_interrupt")});
    task.kernel_thread = false;
  }
  model::Task& task() { return snapshot.tasks[0]; }
  void hold(unsigned irq_context) {
    model::HeldLock held;
    held.address = kLock + 0x18;
    held.class_index = 3;
    held.irq_context = irq_context;
    task().held_locks.push_back(held);
  }
  std::vector<model::Finding> found() const { return check_lock_leak(snapshot); }
};

TEST(LockLeakNot, TheLocksOfAnInterruptThatCameInUserMode) {
  Interrupted interrupted;
  interrupted.hold(2);
  interrupted.hold(1);
  EXPECT_THAT(interrupted.found(), IsEmpty());
  interrupted.task().held_locks.clear();
  interrupted.hold(0);
  interrupted.hold(2);
  ASSERT_THAT(interrupted.found(), SizeIs(1));
  EXPECT_THAT(interrupted.found()[0].locks, SizeIs(1));
  Interrupted old = interrupted;
  old.task().stack_state.from_saved_frame = true;
  EXPECT_THAT(old.found(), IsEmpty());
  Interrupted thread = interrupted;
  thread.task().kernel_thread = true;
  EXPECT_THAT(thread.found(), IsEmpty());
}

TEST(LockLeakNot, NoInterruptIsLeftOfATaskThatIsDead) {
  Interrupted dead;
  dead.hold(2);
  dead.task().on_cpu = false;
  exited(dead.task());
  EXPECT_THAT(dead.found(), SizeIs(1));
}

TEST(LockLeakNot, ASpinlockOfARunningOwnerMayBeTheInterrupts) {
  Interrupted interrupted;
  model::LockState& lock = add_lock(interrupted.snapshot, kLock, LockType::mutex, "m");
  lock.owners = {party(interrupted.task())};
  EXPECT_THAT(interrupted.found(), SizeIs(1));
  interrupted.snapshot.locks[0].type = LockType::raw_spinlock;
  EXPECT_THAT(interrupted.found(), IsEmpty());
  interrupted.task().stack.clear();
  interrupted.task().stack_state.in_user_mode = true;
  EXPECT_THAT(interrupted.found(), SizeIs(1));
}

struct Gone {
  model::Snapshot snapshot = machine();
  model::Task waiter = add_sleeper(snapshot, 20, "waiter", 300);

  Gone() {
    model::LockState& lock = add_lock(snapshot, kLock, LockType::mutex, "m");
    lock.gone_owner = kTaskBase + 0x999000;
    lock.waiters = {party(waiter, -1, LockSource::wait_list)};
  }
  std::vector<model::Finding> found() const { return check_lock_leak(snapshot); }
};

TEST(LockLeakNot, AnOwnerThatIsGoneFromALockThatNobodyWants) {
  EXPECT_THAT(Gone().found(), SizeIs(1));
  Gone unwanted;
  unwanted.snapshot.locks[0].waiters.clear();
  EXPECT_THAT(unwanted.found(), IsEmpty());
  Gone unlocked;
  unlocked.snapshot.locks[0].locked = false;
  EXPECT_THAT(unlocked.found(), IsEmpty());
  unlocked.snapshot.locks[0].locked = std::nullopt;
  EXPECT_THAT(unlocked.found(), IsEmpty());
}

TEST(LockLeakNot, WithoutTasksEveryOwnerLooksGone) {
  Gone gone;
  gone.snapshot.tasks.clear();
  EXPECT_THAT(gone.found(), IsEmpty());
}

TEST(LockLeakNot, OnceLockdepHasStoppedTheLogMustSaySo) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 3, "&dev->lock", 0xffffffffc0001000);
  model::Task& task = add_task(snapshot, 30, "writer");
  exited(task);
  model::HeldLock held;
  held.address = kLock;
  held.class_index = 3;
  task.held_locks = {held};
  snapshot.lockdep.enabled = false;
  log_line(snapshot, 9, "WARNING: inconsistent lock state");
  EXPECT_THAT(check_lock_leak(snapshot), IsEmpty());
  log_line(snapshot, 9, "WARNING: writer/30 still has locks held!");
  EXPECT_EQ(check_lock_leak(snapshot).at(0).grade, Grade::stale);
  snapshot.tasks[0].state = 'S';
  EXPECT_THAT(check_lock_leak(snapshot), IsEmpty());
}

TEST(LockLeakNot, WhatTheOwnerFieldProvesIsNotToldAgainAsStale) {
  Leak leak;
  leak.snapshot.lockdep = lockdep_snapshot().lockdep;
  leak.snapshot.lockdep.enabled = false;
  add_class(leak.snapshot, 3, "m", 0xffffffffc0001000);
  model::HeldLock held;
  held.address = kLock + 0x18;
  held.class_index = 3;
  leak.snapshot.tasks[0].held_locks = {held};
  log_line(leak.snapshot, 9, "WARNING: writer/30 still has locks held!");
  auto findings = leak.found();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::proven);
  EXPECT_THAT(all_text(findings[0]), HasSubstr("still has locks held!"));
  // Another task's locks are told of all the same.
  model::Task& other = add_task(leak.snapshot, 31, "other");
  exited(other);
  other.held_locks = {held};
  findings = leak.found();
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[1].grade, Grade::stale);
}

}  // namespace
}  // namespace kmortem::checks
