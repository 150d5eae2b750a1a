// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/second_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/registry.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::Grade;
using model::LockSource;
using model::LockType;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kA = 0xffffffffc0000100;
constexpr uint64_t kB = 0xffffffffc0000200;

model::LockParty waits(const model::Task& task) {
  return party(task, -1, LockSource::wait_list);
}

/// P holds A and waits for B, Q the other way round.
model::Snapshot abba() {
  model::Snapshot snapshot = machine();
  const model::Task p = add_sleeper(snapshot, 71, "abba_p", 200);
  const model::Task q = add_sleeper(snapshot, 72, "abba_q", 200);
  model::LockState& a = add_lock(snapshot, kA, LockType::mutex, "lock_a");
  a.owners = {party(p)};
  a.waiters = {waits(q)};
  model::LockState& b = add_lock(snapshot, kB, LockType::mutex, "lock_b");
  b.owners = {party(q)};
  b.waiters = {waits(p)};
  return snapshot;
}

/// A spinlock whose owner spins on it.
model::Snapshot spinning() {
  model::Snapshot snapshot = machine();
  const model::Task task = add_running(snapshot, 5, "spinner", 1);
  model::LockState& lock = add_lock(snapshot, kA, LockType::raw_spinlock, "lock_a");
  lock.owners = {party(task)};
  lock.waiters = {waits(task)};
  return snapshot;
}

/// What is left of a finding that each reading has for itself.
std::vector<model::Finding> left(model::Snapshot first, const model::Snapshot& second) {
  EXPECT_THAT(run_checks(first), ::testing::Not(IsEmpty()));
  doubt_what_moved(first, second);
  return lasting_findings(first, second);
}

TEST(SecondReading, WhoStoodStillIsProven) {
  const auto findings = left(abba(), abba());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "deadlock-cycle");
  EXPECT_EQ(findings[0].grade, Grade::proven);
}

TEST(SecondReading, AWaiterThatWasSwitchedTo) {
  model::Snapshot second = abba();
  second.tasks[0].switches += 1;
  EXPECT_THAT(left(abba(), second), IsEmpty());
}

TEST(SecondReading, AWaiterThatRunsAndWasNotSwitchedFromYet) {
  model::Snapshot second = abba();
  second.tasks[1].last_ran_ns += 1;
  EXPECT_THAT(left(abba(), second), IsEmpty());
  second = abba();
  second.tasks[1].on_cpu = true;
  EXPECT_THAT(left(abba(), second), IsEmpty());
}

TEST(SecondReading, AnotherTaskAtTheSamePlace) {
  model::Snapshot second = abba();
  second.tasks[0].pid = 99;
  EXPECT_THAT(left(abba(), second), IsEmpty());
}

TEST(SecondReading, WhatIsNotThereAgain) {
  model::Snapshot second = abba();
  second.locks[0].owners.clear();
  EXPECT_THAT(left(abba(), second), IsEmpty());
  // The other one of two locks of the same name.
  second = abba();
  second.locks[0].address += 0x40;
  EXPECT_THAT(left(abba(), second), IsEmpty());
}

TEST(SecondReading, AQueueMayGrow) {
  model::Snapshot second = abba();
  const model::Task third = add_sleeper(second, 73, "third", 1);
  second.locks[0].waiters.push_back(waits(third));
  EXPECT_THAT(left(abba(), second), SizeIs(1));
}

TEST(SecondReading, WhoSpinsIsInferred) {
  const auto findings = left(spinning(), spinning());
  ASSERT_THAT(findings, ::testing::Not(IsEmpty()));
  for (const model::Finding& finding : findings) EXPECT_EQ(finding.grade, Grade::inferred);
  model::Snapshot second = spinning();
  second.tasks[0].switches += 1;
  EXPECT_THAT(left(spinning(), second), IsEmpty());
}

TEST(SecondReading, AnOwnerThatRanBeforeWaitersThatDidNot) {
  model::Snapshot first = machine();
  const model::Task owner = add_sleeper(first, 1, "owner", 300);
  const model::Task waiter = add_sleeper(first, 2, "waiter", 200);
  model::LockState& lock = add_lock(first, kA, LockType::mutex, "lock_a");
  lock.owners = {party(owner)};
  lock.waiters = {waits(waiter)};
  const auto still = left(first, first);
  ASSERT_THAT(still, ::testing::Not(IsEmpty()));
  EXPECT_EQ(still[0].grade, Grade::proven);
  model::Snapshot second = first;
  second.tasks[0].switches += 1;
  for (const model::Finding& finding : left(first, second)) {
    EXPECT_EQ(finding.grade,
              finding.tasks.size() == 1 && finding.tasks[0].role == model::Role::waiter
                  ? Grade::proven
                  : Grade::inferred)
        << finding.rule;
  }
  second.tasks[1].switches += 1;
  EXPECT_THAT(left(first, second), IsEmpty());
}

TEST(SecondReading, TornFieldsDifferAndDamageStays) {
  model::Snapshot first = lockdep_snapshot();
  model::SpinlockInstance lock;
  lock.address = kA;
  lock.owner = kTaskBase;
  lock.owner_cpu = 1;
  lock.name = "my_lock";
  lock.symbol = "my_lock";
  first.scan.spinlocks.push_back(lock);
  EXPECT_THAT(left(first, first), SizeIs(1));
  model::Snapshot second = first;
  second.scan.spinlocks[0].owner += 0x1000;
  EXPECT_THAT(left(first, second), IsEmpty());
}

TEST(SecondReading, WhatIsOnRecordNeedsNobodyToStandStill) {
  model::Snapshot first = lockdep_snapshot();
  model::LockClass& both = add_class(first, 1, "stats_lock", 0xffffffffc0001000);
  mark(both, kInSoftirq, add_trace(first, {"stats_timer [lk]"}));
  mark(both, kSoftirqOn, add_trace(first, {"stats_read [lk]"}));
  const auto findings = left(first, first);
  ASSERT_THAT(findings, ::testing::Not(IsEmpty()));
  EXPECT_EQ(findings[0].rule, "irq-inconsistent");
  EXPECT_EQ(findings[0].grade, run_checks(first)[0].grade);
}

TEST(SecondReading, PartiesThatMovedAreInferred) {
  model::Snapshot first = abba();
  model::Snapshot second = abba();
  second.tasks[0].switches += 1;
  doubt_what_moved(first, second);
  EXPECT_EQ(first.locks[0].owners[0].grade, Grade::inferred);  // P's
  EXPECT_EQ(first.locks[0].waiters[0].grade, Grade::proven);   // Q's
  first = abba();
  second = abba();
  second.locks[0].waiters.clear();
  doubt_what_moved(first, second);
  EXPECT_EQ(first.locks[0].waiters[0].grade, Grade::inferred);
}

TEST(SecondReading, ACpuIsNoTaskThatStoodStill) {
  model::Snapshot first = abba();
  first.locks[0].owners[0].task = 0;
  doubt_what_moved(first, first);
  EXPECT_EQ(first.locks[0].owners[0].grade, Grade::inferred);
}

TEST(SecondReading, GradesNeverRise) {
  model::Snapshot first = abba();
  first.locks[0].owners[0].grade = Grade::stale;
  model::Snapshot second = abba();
  second.tasks[0].switches += 1;
  doubt_what_moved(first, second);
  EXPECT_EQ(first.locks[0].owners[0].grade, Grade::stale);
}

TEST(SecondReading, WithoutOneNothingOfTheMomentIsProven) {
  model::Snapshot snapshot = abba();
  doubt_all(snapshot);
  EXPECT_EQ(snapshot.locks[0].owners[0].grade, Grade::inferred);
  const auto findings = doubtful_findings(abba());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, Grade::inferred);
}

}  // namespace
}  // namespace kmortem::checks
