// SPDX-License-Identifier: GPL-3.0-or-later
// Who is told of when several wait: each rule about what makes no progress looks past what has
// nothing to do with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::LockSource;
using model::LockType;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kLock = 0xffffffffc0000100;

/// Waiters of a mutex, by how many seconds each has waited; its owner has slept for `owner`.
void add_queue(model::Snapshot& snapshot, int pid, uint64_t owner,
               const std::vector<uint64_t>& waiters) {
  const model::Task holder = add_sleeper(snapshot, pid, "owner", owner);
  std::vector<model::Task> tasks;
  for (const uint64_t seconds : waiters) {
    tasks.push_back(add_sleeper(snapshot, ++pid, "waiter", seconds));
  }
  model::LockState& lock =
      add_lock(snapshot, kLock + static_cast<uint64_t>(pid), LockType::mutex, "m");
  lock.owners = {party(holder)};
  for (const model::Task& task : tasks) {
    lock.waiters.push_back(party(task, -1, LockSource::wait_list));
  }
}

TEST(LockStallNot, ALongWaitElsewhereIsNotBehindThisOwner) {
  model::Snapshot snapshot = machine();
  add_queue(snapshot, 10, 300, {5});
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
  add_queue(snapshot, 20, 300, {300});
  const auto findings = check_lock_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("waiter [21] waits for m, held by owner [20]"));
}

TEST(LockStallNot, TheLongestWaitIsTheOneThatIsTold) {
  for (const std::vector<uint64_t>& waiters :
       {std::vector<uint64_t>{300, 250}, std::vector<uint64_t>{250, 300}}) {
    model::Snapshot snapshot = machine();
    add_queue(snapshot, 10, 300, waiters);
    const auto findings = check_lock_stall(snapshot);
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_THAT(findings[0].explanation, HasSubstr("The longest wait so far is 300 s"));
  }
}

TEST(LockStallNot, AWaiterOfWhichNoTimeIsKnownStandsBetween) {
  model::Snapshot snapshot = machine();
  add_queue(snapshot, 10, 300, {300});
  snapshot.tasks[1].last_ran_ns = 0;
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
  const model::Task middle = snapshot.tasks[1];
  const model::Task third = add_sleeper(snapshot, 12, "third", 300);
  model::LockState& other = add_lock(snapshot, kLock + 0x800, LockType::mutex, "n");
  other.owners = {party(middle)};
  other.waiters = {party(third, -1, LockSource::wait_list)};
  EXPECT_THAT(check_lock_stall(snapshot), SizeIs(1));
}

TEST(LockStallNot, TheHeadOfAQueueIsNoOwner) {
  model::Snapshot snapshot = machine();
  const model::Task head = add_sleeper(snapshot, 10, "head", 300);
  const model::Task next = add_sleeper(snapshot, 11, "next", 300);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::rw_semaphore, "r");
  lock.waiters = {party(head, -1, LockSource::wait_list), party(next, -1, LockSource::wait_list)};
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
}

TEST(LockStallNot, WhatWaitsForADeadlockIsToldByThat) {
  model::Snapshot snapshot = machine();
  const model::Task one = add_sleeper(snapshot, 10, "one", 300);
  const model::Task two = add_sleeper(snapshot, 11, "two", 300);
  for (const bool first : {true, false}) {
    model::LockState& lock = add_lock(snapshot, kLock + (first ? 0 : 64), LockType::mutex, "m");
    lock.owners = {party(first ? one : two)};
    lock.waiters = {party(first ? two : one, -1, LockSource::wait_list)};
  }
  EXPECT_THAT(check_deadlock_cycle(snapshot), SizeIs(1));
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
}

TEST(HeldWhileSleepingNot, ADeadlockOfOthersTellsNothingOfIt) {
  model::Snapshot snapshot = machine();
  const model::Task sleeper = add_task(snapshot, 20, "sleeper");
  add_lock(snapshot, kLock + 0x800, LockType::raw_spinlock, "s").owners = {party(sleeper)};
  const model::Task one = add_sleeper(snapshot, 10, "one", 300);
  const model::Task two = add_sleeper(snapshot, 11, "two", 300);
  for (const bool first : {true, false}) {
    model::LockState& lock = add_lock(snapshot, kLock + (first ? 0 : 64), LockType::mutex, "m");
    lock.owners = {party(first ? one : two)};
    lock.waiters = {party(first ? two : one, -1, LockSource::wait_list)};
  }
  EXPECT_THAT(check_deadlock_cycle(snapshot), SizeIs(1));
  EXPECT_THAT(check_held_while_sleeping(snapshot), SizeIs(1));
}

/// A task that loops on CPU 2, with a mutex that another waits for since `seconds`.
model::Snapshot looper_with_mutex(uint64_t seconds) {
  model::Snapshot snapshot = machine();
  const model::Task looper = add_running(snapshot, 10, "looper", 2);
  const model::Task waiter = add_sleeper(snapshot, 11, "waiter", seconds);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::mutex, "m");
  lock.owners = {party(looper)};
  lock.waiters = {party(waiter, -1, LockSource::wait_list)};
  stuck(snapshot, 2, 45);
  return snapshot;
}

TEST(SoftLockupNot, AnOwnerThatNobodyWaitsForTooLongIsNotToldByAnotherRule) {
  EXPECT_THAT(check_soft_lockup(looper_with_mutex(45)), SizeIs(1));
  EXPECT_THAT(check_soft_lockup(looper_with_mutex(300)), IsEmpty());
}

TEST(HardLockupNot, AnOwnerThatNobodyWaitsForTooLongIsNotToldByAnotherRule) {
  for (const uint64_t seconds : {45U, 300U}) {
    model::Snapshot snapshot = looper_with_mutex(seconds);
    snapshot.stalls.watchdogs.cpus[2].timer_late_ns = 41 * kSeconds;
    EXPECT_THAT(check_hard_lockup(snapshot), SizeIs(seconds == 45 ? 1 : 0));
  }
}

TEST(RcuStallNot, AnOwnerThatNobodyWaitsForTooLongIsNotToldByAnotherRule) {
  for (const uint64_t seconds : {45U, 300U}) {
    model::Snapshot snapshot = looper_with_mutex(seconds);
    model::GracePeriod period;
    period.flavour = "rcu_state";
    period.in_progress = true;
    period.age_ns = 45 * kSeconds;
    period.stall_timeout_ns = 21 * kSeconds;
    period.waits_for_cpus = {2};
    snapshot.stalls.grace_periods = {period};
    EXPECT_THAT(check_rcu_stall(snapshot), SizeIs(seconds == 45 ? 1 : 0));
    snapshot.stalls.grace_periods[0].waits_for_cpus.clear();
    snapshot.stalls.grace_periods[0].waits_for_tasks = {snapshot.tasks[0].address};
    EXPECT_THAT(check_rcu_stall(snapshot), SizeIs(seconds == 45 ? 1 : 0));
  }
}

TEST(HungTaskNot, TheLogAndTheSameSleepTogether) {
  model::Snapshot snapshot = machine();
  model::Task& task = add_sleeper(snapshot, 20, "waiter", 10);
  task.switches = 0;
  task.switches_seen = 0;
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
  log_line(snapshot, 900, "INFO: task waiter:20 blocked for more than 120 seconds.");
  EXPECT_THAT(check_hung_task(snapshot), SizeIs(1));
  snapshot.tasks[0].switches_seen = std::nullopt;  // khungtaskd never came by
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
}

// A damaged record, and a lock of a kernel without lockdep's maps.
TEST(LockLeakNot, NoMapIsNotTheMapOfARecordWithoutALock) {
  model::Snapshot snapshot = machine();
  snapshot.lockdep.present = snapshot.lockdep.enabled = true;
  model::Task& task = add_task(snapshot, 30, "writer");
  exited(task);
  task.held_locks.emplace_back();
  add_lock(snapshot, kLock, LockType::mutex, "m").owners = {party(task)};
  EXPECT_THAT(check_lock_leak(snapshot), SizeIs(2));
}

}  // namespace
}  // namespace kmortem::checks
