// SPDX-License-Identifier: GPL-3.0-or-later
// What is waited for as locks are, and locks whose owner nobody sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::LockSource;
using model::LockType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint64_t kLock = 0xffffffffc0000100;
constexpr uint64_t kEvent = 0xffffffffc0000200;

/// "stop" on CPU 1 holds link_lock and waits for a timer, whose function spins on it on CPU 2.
model::Snapshot timer_deadlock() {
  model::Snapshot snapshot = machine();
  const model::Task stop =
      add_running(snapshot, 51, "stop", 1, {frame("__timer_delete_sync"), frame("link_stop [m]")});
  const model::Task other =
      add_running(snapshot, 52, "other", 2,
                  {frame("native_queued_spin_lock_slowpath", model::Context::softirq),
                   frame("link_check [m]", model::Context::softirq),
                   frame("__run_timers", model::Context::softirq), frame("loop")});
  model::LockState& lock = add_lock(snapshot, kLock, LockType::raw_spinlock, "link_lock [m]");
  lock.owners = {party(stop, 1)};
  lock.waiters = {party(other, 1, LockSource::registers)};
  model::LockState& timer = add_lock(snapshot, kEvent, LockType::timer, "link_timer [m]");
  timer.owners = {party(other, 2, LockSource::event_data)};
  timer.waiters = {party(stop, 1, LockSource::event_data)};
  return snapshot;
}

TEST(Events, ATimersFunctionThatTakesTheLockOfWhoWaitsForIt) {
  const auto findings = check_deadlock_cycle(timer_deadlock());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("other [52] on CPU 2 runs link_timer [m] (timer)"));
  EXPECT_EQ(findings[0].remedy,
            "do not wait in link_stop() [m] for link_timer [m] with link_lock [m] held");
  EXPECT_THAT(check_lock_stall(timer_deadlock()), IsEmpty());
}

TEST(Events, HaveNoOrder) {
  const auto findings = check_lock_order_cycle(timer_deadlock());
  EXPECT_THAT(findings, IsEmpty());
}

TEST(Events, ATimerThatOnlyTakesLongIsAStall) {
  model::Snapshot snapshot = timer_deadlock();
  snapshot.locks.erase(snapshot.locks.begin());
  EXPECT_THAT(check_deadlock_cycle(snapshot), IsEmpty());
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
  stuck(snapshot, 1, 30);
  const auto findings = check_lock_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("stop [51] on CPU 1 waits for link_timer [m], which "
                                           "other [52] on CPU 2 runs"));
}

TEST(Events, ACallToACpuThatWaitsForTheCaller) {
  model::Snapshot snapshot = timer_deadlock();
  model::LockState& call = snapshot.locks[1];
  call.type = LockType::cpu_call;
  call.symbol.clear();
  call.name = "queue_sync() [m]";
  call.owners[0].frame = -1;
  const auto findings = check_deadlock_cycle(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("has yet to make the call of queue_sync() [m] (call to another CPU)"));
  EXPECT_THAT(findings[0].signature, Not(HasSubstr("CPU")));
}

TEST(Events, AWorkThatWaitsForItself) {
  model::Snapshot snapshot = machine();
  const model::Task worker = add_sleeper(snapshot, 9, "kworker/0:1", 200);
  model::LockState& work = add_lock(snapshot, kEvent, LockType::work, "scrub_work [m]");
  work.owners = {party(worker, -1, LockSource::event_data)};
  work.waiters = {party(worker, -1, LockSource::wait_list)};
  const auto findings = check_deadlock_cycle(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].title, "kworker/0:1 [9] waits for scrub_work [m], which it runs itself.");
  EXPECT_THAT(findings[0].explanation, HasSubstr("It waits for its own end."));
  EXPECT_THAT(check_irq_self_deadlock(snapshot), IsEmpty());
}

TEST(Events, AnExitingThreadLeaksNoEvent) {
  model::Snapshot snapshot = machine();
  const model::Task waiter = add_sleeper(snapshot, 8, "rmmod", 200);
  model::Task& pump = add_sleeper(snapshot, 9, "pump", 200);
  pump.exiting = true;
  model::LockState& end = add_lock(snapshot, kEvent, LockType::thread_end, "");
  end.name = "pump";
  end.owners = {party(pump, -1, LockSource::event_data)};
  end.waiters = {party(waiter, -1, LockSource::wait_list)};
  EXPECT_THAT(check_lock_leak(snapshot), IsEmpty());
  const auto findings = check_lock_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("rmmod [8] waits for the end of pump, which pump [9] "
                                           "has yet to bring about"));
}

TEST(Stall, AnOwnerThatWaitsForACompletionIsNotSaidToWaitForNothing) {
  model::Snapshot snapshot = machine();
  const model::Task owner = add_sleeper(snapshot, 8, "probe_wait", 200);
  const model::Task waiter = add_sleeper(snapshot, 9, "probe_done", 200);
  model::LockState& mutex = add_lock(snapshot, kLock, LockType::mutex, "probe_mutex [m]");
  mutex.owners = {party(owner)};
  mutex.waiters = {party(waiter, -1, LockSource::wait_list)};
  EXPECT_THAT(check_lock_stall(snapshot).at(0).explanation, HasSubstr("there is no cycle"));
  model::LockState& done = add_lock(snapshot, kEvent, LockType::completion, "probed [m]");
  done.waiters = {party(owner, -1, LockSource::wait_list)};
  const auto findings = check_lock_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation, Not(HasSubstr("there is no cycle")));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("probe_wait [8] waits for probed [m] (completion) in turn"));
}

/// CPU 2 spins on a taken lock for `seconds`; nobody is known to hold it.
model::Snapshot ownerless(uint64_t seconds) {
  model::Snapshot snapshot = machine();
  const model::Task reader =
      add_running(snapshot, 52, "stats_read", 2,
                  {frame("native_queued_spin_lock_slowpath"), frame("stats_read [m]")});
  model::LockState& lock = add_lock(snapshot, kLock, LockType::raw_spinlock, "stats_lock [m]");
  lock.waiters = {party(reader, 1, LockSource::registers)};
  stuck(snapshot, 2, seconds);
  return snapshot;
}

TEST(LockWithoutOwner, IsTaken) {
  const model::Snapshot snapshot = ownerless(30);
  const auto findings = check_lock_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_EQ(findings[0].title,
            "stats_read [52] on CPU 2 waits for stats_lock [m], which is taken, and nobody is seen "
            "to hold it.");
  EXPECT_THAT(findings[0].tasks, SizeIs(1));
  EXPECT_EQ(findings[0].tasks[0].role, model::Role::waiter);
  EXPECT_THAT(check_soft_lockup(snapshot), IsEmpty());
}

TEST(LockWithoutOwner, AShortWaitIsOrdinary) {
  EXPECT_THAT(check_lock_stall(ownerless(3)), IsEmpty());
}

TEST(LockWithoutOwner, NotWhereTheOwnerMayBeATaskThatTheDumpLacks) {
  model::Snapshot snapshot = ownerless(30);
  snapshot.locks[0].unlisted_owner = 0xffff888005550000;
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
}

TEST(LockWithoutOwner, OneThatIsFreeByItsWordIsNotMeant) {
  model::Snapshot snapshot = ownerless(30);
  snapshot.locks[0].locked = false;
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
  EXPECT_THAT(check_soft_lockup(snapshot), SizeIs(1));
  snapshot.locks[0].locked.reset();
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
}

TEST(LockWithoutOwner, AFreedOneAndOneOfAGoneOwnerAreOtherRules) {
  model::Snapshot snapshot = ownerless(30);
  snapshot.locks[0].in_freed_memory = true;
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
  snapshot.locks[0].in_freed_memory = false;
  snapshot.locks[0].gone_owner = kTaskBase;
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
}

TEST(LockWithoutOwner, AMutexWithoutOneIsHungTasks) {
  model::Snapshot snapshot = ownerless(30);
  snapshot.locks[0].type = LockType::mutex;
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
}

TEST(LockWithoutOwner, AStaleOwnerIsOne) {
  model::Snapshot snapshot = ownerless(30);
  const model::Task owner = add_sleeper(snapshot, 60, "owner", 40);
  snapshot.locks[0].owners = {party(owner)};
  snapshot.locks[0].owners[0].grade = model::Grade::stale;
  for (const auto& finding : check_lock_stall(snapshot)) {
    EXPECT_THAT(finding.title, Not(HasSubstr("nobody is seen")));
  }
}

// As after a dump that lacks the page with the second mutex: the owner's stack says that it waits
// for one, and nothing says for which.
TEST(Stall, AnOwnerInALocksSlowPathIsNotSaidToWaitForNobody) {
  model::Snapshot snapshot = machine();
  const model::Task owner = add_sleeper(snapshot, 8, "owner", 200);
  const model::Task waiter = add_sleeper(snapshot, 9, "waiter", 200);
  model::LockState& mutex = add_lock(snapshot, kLock, LockType::mutex, "m");
  mutex.owners = {party(owner)};
  mutex.waiters = {party(waiter, -1, LockSource::wait_list)};
  model::Stack& stack = snapshot.tasks[0].stack;
  stack = {frame("context_switch"), frame("__schedule"), frame("schedule_preempt_disabled"),
           frame("__mutex_lock.constprop.0"), frame("rename_between")};
  const auto findings = check_lock_stall(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation, HasSubstr("owner [8] waits in __mutex_lock() for "
                                                 "a lock that could not be told"));
  EXPECT_THAT(findings[0].explanation, Not(HasSubstr("no cycle")));
  // Further out it is where the task came from, not what it waits for.
  stack = {frame("__schedule"), frame("io_schedule"), frame("folio_wait_bit"),
           frame("mutex_lock_io")};
  EXPECT_THAT(check_lock_stall(snapshot).at(0).explanation, HasSubstr("there is no cycle"));
}

}  // namespace
}  // namespace kmortem::checks
