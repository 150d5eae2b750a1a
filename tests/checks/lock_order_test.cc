// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/order_graph.h"
#include "checks/order_search.h"
#include "checks/rules.h"
#include "order_scenarios.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kKeys = 0xffffffff82000000;

model::Snapshot classes(unsigned count) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.features.strong_paths = true;
  snapshot.lockdep.enabled = false;
  for (unsigned i = 0; i < count; ++i) {
    add_class(snapshot, i, "lock_" + std::to_string(i), kKeys + i * 16);
  }
  return snapshot;
}

// The order of two locks, contradicted by a longer way round.
TEST(LockOrderCycle, ShortestCycleOnceWithBothPlaces) {
  model::Snapshot snapshot = classes(4);
  add_order(snapshot, 0, 1, model::kExclusiveWaiting,
            add_trace(snapshot, {"mutex_lock", "forward [fs]"}));
  add_order(snapshot, 1, 0, model::kExclusiveWaiting,
            add_trace(snapshot, {"mutex_lock", "backward [fs]"}));
  add_order(snapshot, 1, 2);
  add_order(snapshot, 2, 3);
  const auto findings = check_lock_order_cycle(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  const model::Finding& finding = findings[0];
  EXPECT_EQ(finding.severity, model::Severity::error);
  EXPECT_EQ(finding.grade, model::Grade::proven);
  EXPECT_THAT(finding.explanation, HasSubstr("forward() [fs] with mutex_lock()"));
  EXPECT_THAT(finding.explanation, HasSubstr("backward() [fs]"));
  EXPECT_THAT(finding.explanation, HasSubstr("mutex_lock(lock_1)   waits for CPU 1"));
  EXPECT_EQ(finding.signature, "lock-order-cycle:lock_0:lock_1");
  EXPECT_EQ(finding.locks.size(), 2U);
}

TEST(LockOrderCycle, TwoCyclesThroughOneLockAreTwo) {
  model::Snapshot snapshot = classes(3);
  add_order(snapshot, 0, 1);
  add_order(snapshot, 1, 0);
  add_order(snapshot, 1, 2);
  add_order(snapshot, 2, 1);
  EXPECT_EQ(check_lock_order_cycle(snapshot).size(), 2U);
}

TEST(LockOrderCycle, OneListAloneMakesItAGuess) {
  model::Snapshot snapshot = classes(2);
  add_order(snapshot, 0, 1);
  add_order(snapshot, 1, 0);
  snapshot.lockdep.classes[0].locks_before.clear();
  const auto findings = check_lock_order_cycle(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(LockOrderCycle, ManyWaysOfOneOrderAreHealthy) {
  model::Snapshot snapshot = classes(30);
  for (unsigned i = 0; i < 30; ++i) {
    for (unsigned j = i + 1; j < 30; ++j) add_order(snapshot, i, j);
  }
  EXPECT_TRUE(check_lock_order_cycle(snapshot).empty());
}

// The kernel's search reaches lock_1 by the recursive reader first, marks it and passes over the
// stronger way.
TEST(LockOrderCycle, TheStrongerWayIsFoundBehindTheWeaker) {
  model::Snapshot snapshot = classes(4);
  add_order(snapshot, 0, 1, model::kExclusiveRecursive);
  add_order(snapshot, 0, 2);
  add_order(snapshot, 2, 1);
  add_order(snapshot, 1, 3, model::kSharedWaiting);
  add_order(snapshot, 3, 0);
  const auto findings = check_lock_order_cycle(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].signature, "lock-order-cycle:lock_0:lock_2:lock_1:lock_3");
}

TEST(LockOrderCycle, OldKernelsKnowNoReaders) {
  model::Snapshot snapshot = classes(2);
  snapshot.lockdep.features.strong_paths = false;
  add_order(snapshot, 0, 1, 0);
  add_order(snapshot, 1, 0, 0);
  EXPECT_EQ(check_lock_order_cycle(snapshot).size(), 1U);
}

TEST(LockOrderCycle, SubclassesOfOneKeyAreNamed) {
  model::Snapshot snapshot = classes(0);
  add_class(snapshot, 0, "&dir->lock", kKeys);
  add_class(snapshot, 1, "&dir->lock", kKeys, 2, 1);
  add_order(snapshot, 0, 1);
  add_order(snapshot, 1, 0);
  const auto findings = check_lock_order_cycle(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("_nested()"));
  EXPECT_EQ(findings[0].signature, "lock-order-cycle:&dir->lock:&dir->lock/1");
}

TEST(IrqInversion, PathAndBothUsesAreNamed) {
  const model::Snapshot snapshot =
      LockEvents().run("irq( A -A )irq  cli A B -B -A sti  cli B C -C -B sti  C -C");
  const auto findings = check_irq_inversion(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::error);
  EXPECT_EQ(findings[0].signature, "irq-inversion:A:C:hardirq:worker_fn");
  EXPECT_THAT(findings[0].title, HasSubstr("A, taken in a hard interrupt, leads to C"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("take C with spin_lock_irqsave()"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("<interrupt>"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("spin_lock(C)   waits for CPU 0"));
}

TEST(IrqInversion, SoftirqAsksForBh) {
  const model::Snapshot snapshot = LockEvents().run("soft( A -A )soft  bh- A B -B -A bh+  B -B");
  const auto findings = check_irq_inversion(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("spin_lock_bh()"));
}

TEST(IrqInversion, ALockThatSleepsCannotBeTakenWithInterruptsOff) {
  model::Snapshot snapshot = LockEvents().run("irq( A -A )irq  cli A B -B -A sti  B -B");
  for (model::LockClass& each : snapshot.lockdep.classes) {
    if (each.name == "B") each.wait_type_inner = 3;
  }
  const auto findings = check_irq_inversion(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].remedy, HasSubstr("B may sleep"));
  EXPECT_THAT(findings[0].remedy, Not(HasSubstr("irqsave")));
}

TEST(IrqInversion, ManyPairsOfOneUseAreOneFinding) {
  const model::Snapshot snapshot =
      LockEvents().run("irq( A -A )irq irq( B -B )irq  cli A X -X -A sti  cli B X -X -B sti  X -X");
  const auto findings = check_irq_inversion(snapshot);
  EXPECT_EQ(findings.size(), 1U);
}

TEST(IrqInversion, OldKernelsStripReadersWithInterruptsOn) {
  EXPECT_TRUE(check_irq_inversion(LockEvents(false).run("irq( A -A )irq  cli A B -B -A sti  rB -B"))
                  .empty());
  EXPECT_EQ(
      check_irq_inversion(LockEvents(false).run("irq( rA -A )irq  cli A B -B -A sti  B -B")).size(),
      1U);
}

TEST(OrderGraph, NothingOfAKernelWithoutLockdep) {
  model::Snapshot snapshot;
  EXPECT_TRUE(check_lock_order_cycle(snapshot).empty());
  EXPECT_TRUE(check_irq_inversion(snapshot).empty());
}

// A lock that somebody holds and another waits for, by task address.
model::LockState lock_state(const std::string& name, uint64_t owner, uint64_t waiter) {
  model::LockState lock;
  lock.address = 0xffff888100300000 + name.back() * 64U;
  lock.type = model::LockType::mutex;
  lock.name = name;
  lock.lock_class = name;
  for (const uint64_t task : {owner, waiter}) {
    if (task == 0) continue;
    model::LockParty party;
    party.task = task;
    party.grade = model::Grade::proven;
    (task == owner ? lock.owners : lock.waiters).push_back(party);
  }
  return lock;
}

model::Snapshot crossing_tasks() {
  model::Snapshot snapshot = classes(2);
  for (const uint64_t address : {0xffff888100400000U, 0xffff888100500000U}) {
    model::Task task;
    task.address = address;
    task.pid = static_cast<int>(address >> 20 & 0xff);
    task.comm = "worker";
    snapshot.tasks.push_back(task);
  }
  const uint64_t one = snapshot.tasks[0].address;
  const uint64_t two = snapshot.tasks[1].address;
  snapshot.locks = {lock_state("lock_0", one, two), lock_state("lock_1", two, one)};
  return snapshot;
}

TEST(LiveOrder, TasksThatCrossAreACycleAfterLockdepStopped) {
  const auto findings = check_lock_order_cycle(crossing_tasks());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].explanation, HasSubstr("at the time of the dump"));
  EXPECT_EQ(findings[0].tasks.size(), 2U);
}

TEST(LiveOrder, OneTaskAgainstTheRecordedOrder) {
  model::Snapshot snapshot = crossing_tasks();
  snapshot.locks[1].waiters.clear();  // task two holds lock_1 and waits for lock_0
  add_order(snapshot, 0, 1);
  const auto findings = check_lock_order_cycle(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].explanation, HasSubstr("recorded by lockdep"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("at the time of the dump"));
}

TEST(LiveOrder, WhatIsRecordedAlreadyIsConfirmed) {
  model::Snapshot snapshot = crossing_tasks();
  snapshot.locks[1].waiters.clear();
  add_order(snapshot, 1, 0);
  const model::OrderGraph graph = order_graph(snapshot);
  ASSERT_EQ(graph.edges.size(), 1U);
  EXPECT_THAT(graph.edges[0].evidence, ElementsAre(HasSubstr("holds lock_1 and waits for lock_0")));
}

TEST(LiveOrder, NothingWhileLockdepIsOn) {
  model::Snapshot snapshot = crossing_tasks();
  snapshot.lockdep.enabled = true;
  EXPECT_TRUE(check_lock_order_cycle(snapshot).empty());
}

TEST(LiveOrder, SubclassesAreNotGuessed) {
  model::Snapshot snapshot = crossing_tasks();
  add_class(snapshot, 7, "lock_0", kKeys, 2, 1);
  EXPECT_TRUE(check_lock_order_cycle(snapshot).empty());
}

TEST(LiveOrder, HintsAreNoOrder) {
  model::Snapshot snapshot = crossing_tasks();
  snapshot.locks[0].owners[0].hint = true;
  EXPECT_TRUE(check_lock_order_cycle(snapshot).empty());
}

TEST(LiveOrder, AnInterruptsLockIsNotTakenUnderTheInterruptedCodes) {
  model::Snapshot snapshot = crossing_tasks();
  for (model::Task& task : snapshot.tasks) {
    task.stack.resize(2);
    task.stack[0].context = model::Context::hardirq;
  }
  for (model::LockState& lock : snapshot.locks) {
    lock.owners[0].frame = 1;
    lock.waiters[0].frame = 0;
  }
  EXPECT_TRUE(check_lock_order_cycle(snapshot).empty());
  for (model::Task& task : snapshot.tasks) task.stack[0].context = model::Context::task;
  EXPECT_EQ(check_lock_order_cycle(snapshot).size(), 1U);
}

}  // namespace
}  // namespace kmortem::checks
