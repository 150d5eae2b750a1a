// SPDX-License-Identifier: GPL-3.0-or-later
// The rules about what makes no progress: lock-stall, held-while-sleeping, soft-lockup,
// hard-lockup, rcu-stall, hung-task.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "checks/stall_log.h"
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

/// Two tasks that wait for a mutex, since `seconds`; its owner sleeps elsewhere.
model::Snapshot queue(uint64_t seconds) {
  model::Snapshot snapshot = machine();
  model::Task& owner = add_sleeper(snapshot, 10, "owner", seconds);
  owner.stack = {frame("__schedule"), frame("schedule"), frame("io_schedule"),
                 frame("read_block [disk]")};
  const model::Task holder = owner;
  const model::Task first = add_sleeper(snapshot, 11, "first", seconds);
  const model::Task second = add_sleeper(snapshot, 12, "second", seconds / 2);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::mutex, "inode_lock");
  lock.owners = {party(holder, 3)};
  lock.waiters = {party(first, -1, LockSource::wait_list),
                  party(second, -1, LockSource::wait_list)};
  return snapshot;
}

TEST(LockStall, AQueueBehindASleepingOwner) {
  const auto findings = check_lock_stall(queue(300));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("2 tasks queue for inode_lock, held by owner [10]"));
  EXPECT_THAT(findings[0].title, HasSubstr("sleeps (D) in read_block() [disk]"));
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
}

TEST(LockStall, AShortWaitIsOrdinary) {
  EXPECT_THAT(check_lock_stall(queue(5)), IsEmpty());
}

TEST(LockStall, SpinnersBehindARunningOwner) {
  model::Snapshot snapshot = machine();
  const model::Task owner =
      add_running(snapshot, 10, "owner", 0, {frame("loop_for_ever [lk]"), frame("kthread")});
  const model::Task a = add_running(snapshot, 11, "a", 1);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::raw_spinlock, "s");
  lock.owners = {party(owner, 0)};
  lock.waiters = {party(a, 0, LockSource::mcs_queue)};
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
  stuck(snapshot, 0, 30);
  stuck(snapshot, 1, 30);
  const auto findings = check_lock_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("runs in loop_for_ever() [lk] on CPU 0"));
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(HeldWhileSleeping, ASpinlocksOwnerSleeps) {
  model::Snapshot snapshot = machine();
  model::Task& task = add_task(snapshot, 10, "sleeper");
  task.stack = {frame("__schedule"), frame("schedule"), frame("nap [lk]")};
  const model::Task owner = task;
  const model::Task spinner = add_running(snapshot, 11, "spinner", 1);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::raw_spinlock, "s [lk]");
  lock.owners = {party(owner, 2)};
  lock.waiters = {party(spinner, 0, LockSource::registers)};
  stuck(snapshot, 1, 40);
  const auto findings = check_held_while_sleeping(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("sleeper [10] holds the spinlock s [lk]"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("spinner [11] on CPU 1 spins for it"));
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(HeldWhileSleeping, NotOfMutexesRtLocksAndRunQueues) {
  model::Snapshot snapshot = machine();
  const model::Task owner = add_task(snapshot, 10, "sleeper");
  for (const LockType type : {LockType::mutex, LockType::rt_spinlock, LockType::raw_spinlock}) {
    add_lock(snapshot, kLock, type, "").owners = {party(owner)};
  }
  snapshot.locks.back().name = "&rq->__lock";
  EXPECT_THAT(check_held_while_sleeping(snapshot), IsEmpty());
}

TEST(HeldWhileSleeping, ARunningOwnerIsInOrder) {
  model::Snapshot snapshot = machine();
  const model::Task owner = add_running(snapshot, 10, "runs", 1);
  add_lock(snapshot, kLock, LockType::raw_spinlock, "s").owners = {party(owner)};
  EXPECT_THAT(check_held_while_sleeping(snapshot), IsEmpty());
}

TEST(SoftLockup, ALoopWithoutALock) {
  model::Snapshot snapshot = machine();
  add_running(snapshot, 10, "looper", 2, {frame("loop_for_ever [lk]"), frame("kthread")});
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
  stuck(snapshot, 2, 45);
  auto findings = check_soft_lockup(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_THAT(findings[0].title, HasSubstr("CPU 2 has run nothing but looper [10] for 45 s"));
  log_line(snapshot, 990, "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [looper:10]");
  findings = check_soft_lockup(snapshot);
  EXPECT_EQ(findings.at(0).grade, model::Grade::proven);
}

TEST(SoftLockup, ADetectorThatIsOffSaysNothing) {
  model::Snapshot snapshot = machine();
  stuck(snapshot, 2, 45);
  snapshot.stalls.watchdogs.enabled = false;
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(SoftLockup, AnOldComplaintIsHistory) {
  model::Snapshot snapshot = machine();
  log_line(snapshot, 500, "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [looper:10]");
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(HardLockup, TheWatchdogsTimerIsOverdue) {
  model::Snapshot snapshot = machine();
  add_running(snapshot, 10, "looper", 2, {frame("loop_for_ever [lk]"), frame("kthread")});
  stuck(snapshot, 2, 45);
  EXPECT_THAT(check_hard_lockup(snapshot), IsEmpty());
  snapshot.stalls.watchdogs.cpus[2].timer_late_ns = 41 * kSeconds;
  const auto findings = check_hard_lockup(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("CPU 2 takes no interrupts"));
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(HardLockup, TheNmiWatchdogsWordIsProof) {
  model::Snapshot snapshot = machine();
  add_running(snapshot, 10, "looper", 2);
  snapshot.stalls.watchdogs.cpus[2].hard_lockup_reported = true;
  EXPECT_EQ(check_hard_lockup(snapshot).at(0).grade, model::Grade::proven);
}

TEST(RcuStall, ACpuThatHoldsUpAGracePeriod) {
  model::Snapshot snapshot = machine();
  add_running(snapshot, 10, "looper", 2, {frame("loop_for_ever [lk]"), frame("kthread")});
  model::GracePeriod period;
  period.flavour = "rcu_state";
  period.in_progress = true;
  period.age_ns = 30 * kSeconds;
  period.stall_timeout_ns = 21 * kSeconds;
  period.waits_for_cpus = {2};
  snapshot.stalls.grace_periods = {period};
  const auto findings = check_rcu_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("waiting for CPU 2 for 30 s"));

  snapshot.stalls.grace_periods[0].age_ns = 20 * kSeconds;
  EXPECT_THAT(check_rcu_stall(snapshot), IsEmpty());
  snapshot.stalls.grace_periods[0].age_ns = 30 * kSeconds;
  snapshot.stalls.grace_periods[0].in_progress = false;
  EXPECT_THAT(check_rcu_stall(snapshot), IsEmpty());
}

TEST(HungTask, LongInUninterruptibleSleep) {
  model::Snapshot snapshot = machine();
  for (int pid = 20; pid < 25; ++pid) {
    add_sleeper(snapshot, pid, "waiter", 300).stack = {frame("__schedule"), frame("schedule"),
                                                       frame("await_card [lk]")};
  }
  const auto findings = check_hung_task(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("5 tasks hang"));
  EXPECT_THAT(findings[0].title, HasSubstr("in await_card() [lk]"));
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(HungTask, WhoMaySleepForLong) {
  model::Snapshot snapshot = machine();
  add_sleeper(snapshot, 20, "brief", 60);
  add_sleeper(snapshot, 21, "killable", 300).state_bits = 0x102;
  add_sleeper(snapshot, 22, "idle", 300).state_bits = 0x402;
  add_sleeper(snapshot, 23, "interruptible", 300).state = 'S';
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
}

TEST(HungTask, TheLogCountsWhileTheTaskHasNotRunSince) {
  model::Snapshot snapshot = machine();
  snapshot.stalls.now_ns = 0;
  model::Task& task = add_sleeper(snapshot, 20, "kworker/1:2", 0);
  task.last_ran_ns = 0;
  task.switches = 7;
  log_line(snapshot, 900, "INFO: task kworker/1:2:20 blocked for more than 120 seconds.");
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
  snapshot.tasks.back().switches_seen = 7;
  ASSERT_THAT(check_hung_task(snapshot), SizeIs(1));
  EXPECT_EQ(check_hung_task(snapshot)[0].grade, model::Grade::proven);
}

TEST(HungTask, ALockWithoutAnOwnerIsNamed) {
  model::Snapshot snapshot = machine();
  const model::Task task = add_sleeper(snapshot, 20, "waiter", 300);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::semaphore, "gate");
  lock.no_owner_kept = true;
  lock.waiters = {party(task, -1, LockSource::wait_list)};
  const auto findings = check_hung_task(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation, HasSubstr("gate (semaphore), which keeps no record"));
}

TEST(StallLog, TitlesOfManyReleases) {
  std::vector<LogLine> log = {
      {1, "BUG: soft lockup - CPU#1 stuck for 22s! [kflow_gcd:110]"},
      {2, "NMI watchdog: Watchdog detected hard LOCKUP on cpu 3"},
      {3, "INFO: task kworker/u8:3:84 blocked for more than 120 seconds."},
      {4, "rcu: INFO: rcu_sched self-detected stall on CPU"},
      {5, "INFO: task without an end"},
      {6, "INFO: rcu_preempt detected stalls on CPUs/tasks: { 1} (detected by 0, t=6502 jiffies)"}};
  const auto lines = stall_lines(log);
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_EQ(lines[0].cpu, 1);
  EXPECT_EQ(lines[0].pid, 110);
  EXPECT_EQ(lines[1].cpu, 3);
  EXPECT_EQ(lines[2].comm, "kworker/u8:3");
  EXPECT_EQ(lines[2].pid, 84);
  EXPECT_EQ(lines[3].kind, StallLine::Kind::rcu_stall);
}

}  // namespace
}  // namespace kmortem::checks
