// SPDX-License-Identifier: GPL-3.0-or-later
// freed-lock and lock-leak.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::LockType;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(FreedLock, AWaiterOnAFreedObject) {
  model::Snapshot snapshot = machine();
  const model::Task task = add_sleeper(snapshot, 20, "waiter", 300);
  model::LockState& lock = add_lock(snapshot, 0xffff888004000010, LockType::mutex, "");
  lock.waiters = {party(task, -1, model::LockSource::wait_list)};
  EXPECT_THAT(check_freed_lock(snapshot), IsEmpty());
  snapshot.locks[0].in_freed_memory = true;
  snapshot.locks[0].freed_because = "the slab object is free";
  const auto findings = check_freed_lock(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("waiter [20] waits for"));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("the slab object is free"));
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
}

TEST(FreedLock, NoSurerThanThatTheMemoryIsFree) {
  model::Snapshot snapshot = machine();
  const model::Task task = add_sleeper(snapshot, 20, "waiter", 300);
  model::LockState& lock = add_lock(snapshot, 0xffff888004000010, LockType::mutex, "");
  lock.waiters = {party(task, -1, model::LockSource::wait_list)};
  lock.in_freed_memory = true;
  EXPECT_EQ(check_freed_lock(snapshot)[0].grade, model::Grade::proven);
  snapshot.locks[0].freed_grade = model::Grade::inferred;
  EXPECT_EQ(check_freed_lock(snapshot)[0].grade, model::Grade::inferred);
}

TEST(FreedLock, WhatLockdepRecordedBeforeItStoppedMayBeGone) {
  model::Snapshot snapshot = machine();
  const model::Task task = add_sleeper(snapshot, 20, "waiter", 300);
  model::LockState& lock = add_lock(snapshot, 0xffff888004000010, LockType::mutex, "");
  lock.owners = {party(task, -1, model::LockSource::held_locks)};
  lock.owners[0].grade = model::Grade::stale;
  lock.in_freed_memory = true;
  EXPECT_THAT(check_freed_lock(snapshot), IsEmpty());
}

TEST(FreedLock, NobodyUsesIt) {
  model::Snapshot snapshot = machine();
  add_lock(snapshot, 0xffff888004000010, LockType::mutex, "").in_freed_memory = true;
  EXPECT_THAT(check_freed_lock(snapshot), IsEmpty());
}

model::HeldLock held(int class_index) {
  model::HeldLock lock;
  lock.address = 0xffff888004000010;
  lock.class_index = class_index;
  lock.acquired_at = frame("leaky_write [lk]");
  return lock;
}

model::Snapshot leak() {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 3, "&dev->lock", 0xffffffffc0001000);
  model::Task& task = add_task(snapshot, 30, "writer");
  task.kernel_thread = false;
  task.held_locks.push_back(held(3));
  return snapshot;
}

TEST(LockLeak, HeldInUserMode) {
  model::Snapshot snapshot = leak();
  EXPECT_THAT(check_lock_leak(snapshot), IsEmpty());
  snapshot.tasks[0].stack_state.in_user_mode = true;
  const auto findings = check_lock_leak(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
  EXPECT_THAT(findings[0].title,
              HasSubstr("writer [30] is in user mode and still holds &dev->lock"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("leaky_write() [lk]"));
}

TEST(LockLeak, ADeadTask) {
  model::Snapshot snapshot = leak();
  exited(snapshot.tasks[0]);
  EXPECT_THAT(check_lock_leak(snapshot), SizeIs(1));
}

TEST(LockLeak, OnTheWayOut) {
  model::Snapshot snapshot = leak();
  snapshot.tasks[0].stack = {frame("__schedule"), frame("schedule"),
                             frame("exit_to_user_mode_prepare"), frame("do_syscall_64")};
  EXPECT_THAT(check_lock_leak(snapshot), SizeIs(1));
}

TEST(LockLeak, WhatWasHeldWhenLockdepStoppedIsNoLeak) {
  model::Snapshot snapshot = leak();
  snapshot.tasks[0].stack_state.in_user_mode = true;
  snapshot.lockdep.enabled = false;
  EXPECT_THAT(check_lock_leak(snapshot), IsEmpty());
  log_line(snapshot, 9, "WARNING: lock held when returning to user space!");
  EXPECT_EQ(check_lock_leak(snapshot).at(0).grade, model::Grade::stale);
}

TEST(LockLeak, AMutexWhoseOwnerIsGone) {
  model::Snapshot snapshot = machine();
  const model::Task waiter = add_sleeper(snapshot, 20, "waiter", 300);
  model::LockState& lock = add_lock(snapshot, 0xffffffffc0000100, LockType::mutex, "m [lk]");
  lock.gone_owner = kTaskBase + 0x999000;
  lock.waiters = {party(waiter, -1, model::LockSource::wait_list)};
  const auto findings = check_lock_leak(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_THAT(findings[0].title,
              HasSubstr("m [lk] is held by a task that does not exist any more"));
}

}  // namespace
}  // namespace kmortem::checks
