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
    snapshot.tasks[0].state = 'Z';
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
  task.state = 'Z';
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
  const auto findings = leak.found();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::proven);
  EXPECT_THAT(all_text(findings[0]), HasSubstr("still has locks held!"));
}

}  // namespace
}  // namespace kmortem::checks
