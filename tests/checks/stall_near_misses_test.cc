// SPDX-License-Identifier: GPL-3.0-or-later
// What makes no progress: each condition of the rules about it denied once, in what is else a
// finding.
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
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint64_t kLock = 0xffffffffc0000100;
constexpr uint64_t kOther = 0xffffffffc0000200;

/// A mutex's owner sleeps, a waiter waits for it, both for 300 s.
struct Queue {
  model::Snapshot snapshot = machine();
  model::Task owner = add_sleeper(snapshot, 10, "owner", 300);
  model::Task waiter = add_sleeper(snapshot, 11, "waiter", 300);

  Queue() {
    model::LockState& lock = add_lock(snapshot, kLock, LockType::mutex, "m");
    lock.owners = {party(owner)};
    lock.waiters = {party(waiter, -1, LockSource::wait_list)};
  }
  model::LockState& lock() { return snapshot.locks[0]; }
  std::vector<model::Finding> stalls() const { return check_lock_stall(snapshot); }
};

TEST(LockStallNot, AsItStandsItIsOne) {
  const auto findings = Queue().stalls();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("waiter [11] waits for m, held by owner [10]"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("there is no cycle"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("The longest wait so far is 300 s"));
}

TEST(LockStallNot, FreedAndLeakedLocksAreOfOtherRules) {
  Queue freed;
  freed.lock().in_freed_memory = true;
  EXPECT_THAT(freed.stalls(), IsEmpty());
  Queue left;
  exited(left.snapshot.tasks[0]);
  EXPECT_THAT(left.stalls(), IsEmpty());
  Queue gone;
  gone.lock().gone_owner = kTaskBase + 0x999000;
  EXPECT_THAT(gone.stalls(), IsEmpty());
}

TEST(LockStallNot, AnOwnerThatWaitsInTurnIsNotTheRoot) {
  Queue queue;
  const model::Task far = add_sleeper(queue.snapshot, 12, "far", 300);
  model::LockState& other = add_lock(queue.snapshot, kOther, LockType::mutex, "n");
  other.owners = {party(far)};
  other.waiters = {party(queue.owner, -1, LockSource::wait_list)};
  const auto findings = queue.stalls();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("2 tasks queue for n, held by far [12]"));
}

TEST(LockStallNot, TheWaitBehindMayBeLongWhereTheFirstIsShort) {
  Queue queue;
  queue.snapshot.tasks[1].last_ran_ns = queue.snapshot.stalls.now_ns - 5 * kSeconds;
  EXPECT_THAT(queue.stalls(), IsEmpty());
  const model::Task third = add_sleeper(queue.snapshot, 12, "third", 300);
  model::LockState& other = add_lock(queue.snapshot, kOther, LockType::mutex, "n");
  other.owners = {party(queue.waiter)};
  other.waiters = {party(third, -1, LockSource::wait_list)};
  EXPECT_THAT(queue.stalls(), SizeIs(1));
}

TEST(LockStallNot, ASleepingOwnerAloneStallsNobody) {
  Queue queue;
  queue.lock().waiters.clear();
  EXPECT_THAT(queue.stalls(), IsEmpty());
}

TEST(LockStallNot, TheGradeIsOfTheWeakerSideAndOnlyProofExcludesACycle) {
  Queue queue;
  queue.lock().owners[0].grade = Grade::inferred;
  const auto findings = queue.stalls();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::inferred);
  EXPECT_THAT(findings[0].explanation, HasSubstr("no cycle is known"));
}

TEST(LockStallNot, ReadersBehindAReaderWaitForSomebodyElse) {
  Queue queue;
  queue.lock().type = LockType::rw_semaphore;
  queue.lock().owners[0].shared = queue.lock().waiters[0].shared = true;
  EXPECT_THAT(queue.stalls(), IsEmpty());
}

TEST(LockStallNot, ExactlyTheKernelsMeasureIsNotTooLong) {
  Queue queue;
  queue.snapshot.stalls.hung_task_timeout_ns = 300 * kSeconds;
  EXPECT_THAT(queue.stalls(), IsEmpty());
  queue.snapshot.stalls.hung_task_timeout_ns -= 1;
  EXPECT_THAT(queue.stalls(), SizeIs(1));
}

/// A spinlock's owner does not run, a CPU spins for the lock.
struct Sleeper {
  model::Snapshot snapshot = machine();
  model::Task owner = add_task(snapshot, 10, "sleeper");
  model::Task spinner = add_running(snapshot, 11, "spinner", 1);

  Sleeper() {
    model::LockState& lock = add_lock(snapshot, kLock, LockType::raw_spinlock, "s");
    lock.owners = {party(owner)};
    lock.waiters = {party(spinner, 0, LockSource::registers)};
  }
  model::LockState& lock() { return snapshot.locks[0]; }
  std::vector<model::Finding> found() const { return check_held_while_sleeping(snapshot); }
};

TEST(HeldWhileSleepingNot, AsItStandsItIsOne) {
  const auto findings = Sleeper().found();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::proven);
}

TEST(HeldWhileSleepingNot, AFreeLockOrAnUncertainOwner) {
  Sleeper free;
  free.lock().locked = false;
  EXPECT_THAT(free.found(), IsEmpty());
  Sleeper unread;  // the word could not be read: the owner stands
  unread.lock().locked = std::nullopt;
  EXPECT_THAT(unread.found(), SizeIs(1));
  Sleeper hint;
  hint.lock().owners[0].hint = true;
  EXPECT_THAT(hint.found(), IsEmpty());
  Sleeper unknown;
  unknown.lock().owners[0].grade = Grade::unknown;
  EXPECT_THAT(unknown.found(), IsEmpty());
  Sleeper inferred;
  inferred.lock().owners[0].grade = Grade::inferred;
  EXPECT_EQ(inferred.found().at(0).grade, Grade::inferred);
}

TEST(HeldWhileSleepingNot, ATaskThatIsNotKnownMayRun) {
  Sleeper nobody;
  nobody.lock().owners[0].task = 0;
  nobody.lock().owners[0].cpu = 2;
  EXPECT_THAT(nobody.found(), IsEmpty());
  Sleeper stranger;
  stranger.lock().owners[0].task = kTaskBase + 0x999000;
  EXPECT_THAT(stranger.found(), IsEmpty());
}

TEST(HeldWhileSleepingNot, AnIdleTaskOrAUnknownCurrentOne) {
  Sleeper idle;
  idle.snapshot.tasks[0].idle = true;
  EXPECT_THAT(idle.found(), IsEmpty());
  Sleeper unknown;
  unknown.snapshot.cpus[3].current_task = 0;
  EXPECT_THAT(unknown.found(), IsEmpty());
  unknown.snapshot.cpus[3].online = false;
  EXPECT_THAT(unknown.found(), SizeIs(1));
}

TEST(HeldWhileSleepingNot, ARunQueueByWhateverNames) {
  Sleeper by_class;
  by_class.lock().lock_class = "&rq->__lock";
  EXPECT_THAT(by_class.found(), IsEmpty());
  Sleeper by_symbol;
  by_symbol.lock().symbol = "runqueues+0x18";
  EXPECT_THAT(by_symbol.found(), IsEmpty());
}

TEST(HeldWhileSleepingNot, ACycleIsToldByItself) {
  Sleeper sleeper;
  model::LockState& other = add_lock(sleeper.snapshot, kOther, LockType::mutex, "m");
  other.owners = {party(sleeper.spinner)};
  other.waiters = {party(sleeper.owner, -1, LockSource::wait_list)};
  EXPECT_THAT(sleeper.found(), IsEmpty());
  EXPECT_THAT(check_deadlock_cycle(sleeper.snapshot), SizeIs(1));
}

TEST(HeldWhileSleepingNot, WhoHeldARwlockForWriting) {
  Sleeper sleeper;
  sleeper.lock().type = LockType::rwlock;
  EXPECT_THAT(sleeper.found(), SizeIs(1));
  sleeper.lock().type = LockType::rt_rwlock;
  EXPECT_THAT(sleeper.found(), IsEmpty());
}

TEST(SoftLockupNot, ExactlyTwiceTheThresholdIsNotTooLong) {
  model::Snapshot snapshot = machine();
  stuck(snapshot, 2, 20);
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
  snapshot.stalls.watchdogs.cpus[2].silent_ns = 20 * kSeconds + 1;
  EXPECT_THAT(check_soft_lockup(snapshot), SizeIs(1));
  snapshot.stalls.watchdogs.cpus[2].silent_ns = std::nullopt;
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(SoftLockupNot, ACpuThatIsNotThereOrWaitsForALock) {
  model::Snapshot snapshot = machine();
  stuck(snapshot, 2, 45);
  snapshot.stalls.watchdogs.cpus[2].cpu = 9;
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(SoftLockupNot, WithItsTimerOverdueItIsAHardOneUnlessTheLogSaysSoft) {
  model::Snapshot snapshot = machine();
  stuck(snapshot, 2, 45);
  snapshot.stalls.watchdogs.cpus[2].timer_late_ns = 10 * kSeconds;
  EXPECT_THAT(check_soft_lockup(snapshot), SizeIs(1));
  snapshot.stalls.watchdogs.cpus[2].timer_late_ns = 10 * kSeconds + 1;
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
  log_line(snapshot, 970, "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [looper:10]");
  EXPECT_EQ(check_soft_lockup(snapshot).at(0).grade, Grade::proven);
}

TEST(SoftLockupNot, AnotherCpusLineProvesNothing) {
  model::Snapshot snapshot = machine();
  stuck(snapshot, 2, 45);
  log_line(snapshot, 970, "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [looper:10]");
  EXPECT_EQ(check_soft_lockup(snapshot).at(0).grade, Grade::inferred);
}

TEST(HardLockupNot, OneSignAloneMayBeOfThePast) {
  model::Snapshot late = machine();
  late.stalls.watchdogs.cpus[2].timer_late_ns = 41 * kSeconds;  // but its watchdog ran
  EXPECT_THAT(check_hard_lockup(late), IsEmpty());
  model::Snapshot silent = machine();
  stuck(silent, 2, 45);
  silent.stalls.watchdogs.cpus[2].timer_late_ns = std::nullopt;
  EXPECT_THAT(check_hard_lockup(silent), IsEmpty());
  silent.stalls.watchdogs.cpus[2].timer_late_ns = 10 * kSeconds;
  EXPECT_THAT(check_hard_lockup(silent), IsEmpty());
  silent.stalls.watchdogs.cpus[2].timer_late_ns = 10 * kSeconds + 1;
  EXPECT_EQ(check_hard_lockup(silent).at(0).grade, Grade::inferred);
  silent.stalls.watchdogs.cpus[2].silent_ns = 20 * kSeconds;
  EXPECT_THAT(check_hard_lockup(silent), IsEmpty());
}

TEST(HardLockupNot, TheLogIsTheSecondWitness) {
  model::Snapshot snapshot = machine();
  stuck(snapshot, 2, 45);
  snapshot.stalls.watchdogs.cpus[2].timer_late_ns = 41 * kSeconds;
  log_line(snapshot, 990, "NMI watchdog: Watchdog detected hard LOCKUP on cpu 1");
  EXPECT_EQ(check_hard_lockup(snapshot).at(0).grade, Grade::inferred);
  log_line(snapshot, 990, "NMI watchdog: Watchdog detected hard LOCKUP on cpu 2");
  EXPECT_EQ(check_hard_lockup(snapshot).at(0).grade, Grade::proven);
}

TEST(HardLockupNot, ACpuThatWaitsForALockOrIsNotThere) {
  model::Snapshot snapshot = machine();
  snapshot.stalls.watchdogs.cpus[1].hard_lockup_reported = true;
  EXPECT_THAT(check_hard_lockup(snapshot), SizeIs(1));
  const model::Task owner = add_running(snapshot, 10, "owner", 0);
  const model::Task spinner = add_running(snapshot, 11, "spinner", 1);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::raw_spinlock, "s");
  lock.owners = {party(owner)};
  lock.waiters = {party(spinner, 0, LockSource::registers)};
  EXPECT_THAT(check_hard_lockup(snapshot), IsEmpty());
  snapshot.locks.clear();
  snapshot.stalls.watchdogs.cpus[1].cpu = 9;
  EXPECT_THAT(check_hard_lockup(snapshot), IsEmpty());
}

model::Snapshot grace_period() {
  model::Snapshot snapshot = machine();
  add_running(snapshot, 10, "looper", 2);
  model::GracePeriod period;
  period.flavour = "rcu_state";
  period.in_progress = true;
  period.age_ns = 22 * kSeconds;
  period.stall_timeout_ns = 21 * kSeconds;
  period.waits_for_cpus = {2};
  snapshot.stalls.grace_periods = {period};
  return snapshot;
}

TEST(RcuStallNot, ExactlyTheTimeoutAndATimeoutThatIsNotKnown) {
  model::Snapshot snapshot = grace_period();
  EXPECT_EQ(check_rcu_stall(snapshot).at(0).grade, Grade::inferred);
  snapshot.stalls.grace_periods[0].age_ns = 21 * kSeconds;
  EXPECT_THAT(check_rcu_stall(snapshot), IsEmpty());
  snapshot.stalls.grace_periods[0].stall_timeout_ns = 0;
  EXPECT_THAT(check_rcu_stall(snapshot), IsEmpty());
}

TEST(RcuStallNot, TheLogsReportIsTheSecondWitness) {
  model::Snapshot snapshot = grace_period();
  log_line(snapshot, 990, "watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [looper:10]");
  EXPECT_EQ(check_rcu_stall(snapshot).at(0).grade, Grade::inferred);
  log_line(snapshot, 990, "rcu: INFO: rcu_preempt self-detected stall on CPU");
  EXPECT_EQ(check_rcu_stall(snapshot).at(0).grade, Grade::proven);
}

TEST(RcuStallNot, NobodyIsKnownToHoldItUp) {
  model::Snapshot snapshot = grace_period();
  snapshot.stalls.grace_periods[0].waits_for_cpus = {9};
  snapshot.stalls.grace_periods[0].waits_for_tasks = {kTaskBase + 0x999000};
  EXPECT_THAT(check_rcu_stall(snapshot), IsEmpty());
}

TEST(RcuStallNot, AReaderAloneIsEnough) {
  model::Snapshot snapshot = grace_period();
  const model::Task reader = add_task(snapshot, 20, "reader");
  snapshot.stalls.grace_periods[0].waits_for_cpus.clear();
  snapshot.stalls.grace_periods[0].waits_for_tasks = {reader.address};
  const auto findings = check_rcu_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("the reader reader [20]"));
  EXPECT_THAT(findings[0].signature, HasSubstr("rcu-stall:reader"));
}

TEST(RcuStallNot, WhoWaitsForALockIsToldByThat) {
  model::Snapshot snapshot = grace_period();
  const model::Task owner = add_running(snapshot, 12, "owner", 0);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::raw_spinlock, "s");
  lock.owners = {party(owner)};
  lock.waiters = {party(snapshot.tasks[0], 0, LockSource::registers)};
  EXPECT_THAT(check_rcu_stall(snapshot), IsEmpty());
  const model::Task reader = add_sleeper(snapshot, 20, "reader", 30);
  snapshot.stalls.grace_periods[0].waits_for_tasks = {reader.address};
  EXPECT_THAT(check_rcu_stall(snapshot), SizeIs(1));
  model::LockState& mutex = add_lock(snapshot, kOther, LockType::mutex, "m");
  mutex.owners = {party(owner)};
  mutex.waiters = {party(reader, -1, LockSource::wait_list)};
  EXPECT_THAT(check_rcu_stall(snapshot), IsEmpty());
}

TEST(HungTaskNot, WhoMaySleepForAsLongAsItLikes) {
  for (const uint64_t bit : {0x80U, 0x100U, 0x400U, 0x8000U}) {
    model::Snapshot snapshot = machine();
    add_sleeper(snapshot, 20, "waiter", 300);
    EXPECT_THAT(check_hung_task(snapshot), SizeIs(1));
    snapshot.tasks[0].state_bits |= bit;
    EXPECT_THAT(check_hung_task(snapshot), IsEmpty()) << bit;
  }
  model::Snapshot idle = machine();
  add_sleeper(idle, 0, "swapper/0", 300).idle = true;
  EXPECT_THAT(check_hung_task(idle), IsEmpty());
  model::Snapshot stopped = machine();
  add_sleeper(stopped, 20, "traced", 300).state_bits = 8;
  EXPECT_THAT(check_hung_task(stopped), IsEmpty());
}

TEST(HungTaskNot, ExactlyTheTimeoutIsNotTooLong) {
  model::Snapshot snapshot = machine();
  add_sleeper(snapshot, 20, "waiter", 120);
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
  snapshot.tasks[0].last_ran_ns -= 1;
  EXPECT_THAT(check_hung_task(snapshot), SizeIs(1));
}

TEST(HungTaskNot, ATaskThatRanSinceTheLogsLine) {
  model::Snapshot snapshot = machine();
  model::Task& task = add_sleeper(snapshot, 20, "waiter", 10);
  task.switches = 8;
  task.switches_seen = 7;
  log_line(snapshot, 900, "INFO: task waiter:20 blocked for more than 120 seconds.");
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
}

TEST(HungTaskNot, OneUnconfirmedTaskOfAGroupMakesItAnInference) {
  model::Snapshot snapshot = machine();
  add_sleeper(snapshot, 20, "waiter", 300);
  add_sleeper(snapshot, 21, "waiter", 400);
  log_line(snapshot, 900, "INFO: task waiter:20 blocked for more than 120 seconds.");
  auto findings = check_hung_task(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::inferred);
  EXPECT_THAT(findings[0].title, HasSubstr("for 400 s"));
  log_line(snapshot, 900, "INFO: task waiter:21 blocked for more than 120 seconds.");
  EXPECT_EQ(check_hung_task(snapshot).at(0).grade, Grade::proven);
}

TEST(HungTaskNot, AnotherTasksLockIsNotWhatItWaitsFor) {
  model::Snapshot snapshot = machine();
  add_sleeper(snapshot, 20, "waiter", 300);
  const model::Task other = add_sleeper(snapshot, 21, "other", 3);
  model::LockState& lock = add_lock(snapshot, kLock, LockType::semaphore, "gate");
  lock.waiters = {party(other, -1, LockSource::wait_list)};
  const auto findings = check_hung_task(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation, Not(HasSubstr("gate")));
}

TEST(HungTaskNot, ALockWhoseOwnerIsKnownTellsByItself) {
  Queue queue;
  EXPECT_THAT(check_hung_task(queue.snapshot), IsEmpty());
  queue.lock().owners.clear();
  const auto findings = check_hung_task(queue.snapshot);
  EXPECT_THAT(findings, SizeIs(1));  // both in one place: nobody knows where
  EXPECT_EQ(findings.at(0).tasks.size(), 2U);
}

}  // namespace
}  // namespace kmortem::checks
