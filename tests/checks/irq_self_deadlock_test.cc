// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::Context;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kLock = 0xffffffffc03ae3c8;
constexpr int kSpinner = 1;
constexpr int kHolder = 5;

/// The stack of the RCU callback that takes what the thread below it holds.
model::Stack rcu_stack(Context context = Context::softirq) {
  return {frame("native_queued_spin_lock_slowpath", context),
          frame("flow_inode_replace [lk_rcu]", context),
          frame("rcu_do_batch", context),
          frame("handle_softirqs", context),
          frame("asm_sysvec_apic_timer_interrupt", Context::hardirq),
          frame("prune_wait_free [lk_rcu]"),
          frame("kthread")};
}

model::Snapshot rcu_deadlock(Context context = Context::softirq) {
  model::Snapshot snapshot = machine();
  const model::Task task = add_running(snapshot, 110, "kflow_gcd", 1, rcu_stack(context));
  model::LockState& lock =
      add_lock(snapshot, kLock, model::LockType::raw_spinlock, "gc_lock [lk_rcu]");
  lock.owners.push_back(party(task, kHolder, model::LockSource::instructions));
  lock.owners.back().call = "_raw_spin_lock";
  lock.waiters.push_back(party(task, kSpinner, model::LockSource::registers));
  return snapshot;
}

TEST(IrqSelfDeadlock, SoftirqOnTopOfTheHolder) {
  const auto findings = check_irq_self_deadlock(rcu_deadlock());
  ASSERT_THAT(findings, SizeIs(1));
  const model::Finding& finding = findings[0];
  EXPECT_EQ(finding.grade, model::Grade::proven);
  EXPECT_EQ(finding.severity, model::Severity::error);
  EXPECT_THAT(finding.title, HasSubstr("CPU 1 spins in a softirq on gc_lock [lk_rcu]"));
  EXPECT_THAT(finding.remedy, HasSubstr("spin_lock_bh()"));
  EXPECT_THAT(finding.remedy, HasSubstr("prune_wait_free() [lk_rcu]"));
  EXPECT_THAT(finding.explanation, HasSubstr("which called flow_inode_replace() [lk_rcu]"));
  EXPECT_EQ(finding.signature,
            "irq-self-deadlock:gc_lock [lk_rcu]:prune_wait_free [lk_rcu]:flow_inode_replace "
            "[lk_rcu]");
  EXPECT_THAT(check_deadlock_cycle(rcu_deadlock()), IsEmpty());
}

TEST(IrqSelfDeadlock, HardInterruptWantsIrqsave) {
  const auto findings = check_irq_self_deadlock(rcu_deadlock(Context::hardirq));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].remedy, HasSubstr("spin_lock_irqsave()"));
}

TEST(IrqSelfDeadlock, TheGradeIsOfTheWeakerSide) {
  model::Snapshot snapshot = rcu_deadlock();
  snapshot.locks[0].owners[0].grade = model::Grade::inferred;
  EXPECT_EQ(check_irq_self_deadlock(snapshot).at(0).grade, model::Grade::inferred);
}

TEST(IrqSelfDeadlock, WhatTheInterruptTookItselfIsAnotherBug) {
  model::Snapshot snapshot = rcu_deadlock();
  snapshot.locks[0].owners[0].frame = 2;  // rcu_do_batch, in the same softirq
  EXPECT_THAT(check_irq_self_deadlock(snapshot), IsEmpty());
  EXPECT_THAT(check_deadlock_cycle(snapshot), SizeIs(1));
}

TEST(IrqSelfDeadlock, AnotherCpuMayStillRelease) {
  model::Snapshot snapshot = rcu_deadlock();
  const model::Task other = add_running(snapshot, 7, "other", 2);
  snapshot.locks[0].owners = {party(other)};
  EXPECT_THAT(check_irq_self_deadlock(snapshot), IsEmpty());
}

TEST(IrqSelfDeadlock, AHolderThatIsOnlyAHintIsNone) {
  model::Snapshot snapshot = rcu_deadlock();
  snapshot.locks[0].owners[0].grade = model::Grade::unknown;
  EXPECT_THAT(check_irq_self_deadlock(snapshot), IsEmpty());
}

TEST(IrqSelfDeadlock, TheLogAndThoseBehindAreNamed) {
  model::Snapshot snapshot = rcu_deadlock();
  log_line(snapshot, 52.7, "watchdog: BUG: soft lockup - CPU#1 stuck for 45s! [kflow_gcd:110]");
  const model::Task other = add_running(snapshot, 7, "other", 2);
  snapshot.locks[0].waiters.push_back(party(other, 0, model::LockSource::registers));
  const auto findings = check_irq_self_deadlock(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("log, 52.70 s: \"watchdog: BUG: soft lockup"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("Behind it: waits other [7] on CPU 2."));
}

}  // namespace
}  // namespace kmortem::checks
