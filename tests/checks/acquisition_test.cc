// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/acquisition.h"

#include <gtest/gtest.h>

#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;

std::string taker(const std::vector<std::string>& functions) {
  model::Snapshot snapshot = lockdep_snapshot();
  const Acquisition taken = acquisition(snapshot, add_trace(snapshot, functions));
  if (!taken.taker_known) return "unknown";
  return taken.frame().function + " " + taken.call + (taken.enabled_while_held ? " on" : "");
}

TEST(Acquisition, FirstFunctionBeyondTheLockingOnes) {
  EXPECT_EQ(taker({"lock_acquire", "_raw_spin_lock", "f", "g"}), "f spin_lock");
  EXPECT_EQ(taker({"__lock_acquire", "lock_acquire", "_raw_spin_lock_irqsave", "f"}),
            "f spin_lock_irqsave");
  EXPECT_EQ(taker({"lock_acquire", "_raw_spin_lock_nested", "f"}), "f spin_lock");
  EXPECT_EQ(taker({"lock_acquire", "_raw_read_lock_bh", "f"}), "f read_lock_bh");
  EXPECT_EQ(taker({"lock_acquire", "__mutex_lock", "mutex_lock_nested", "f"}), "f mutex_lock");
  EXPECT_EQ(taker({"lock_acquire", "down_read", "f"}), "f down_read");
  EXPECT_EQ(taker({"lock_acquire.part.0", "_raw_spin_trylock", "f"}), "f spin_trylock");
}

TEST(Acquisition, LockdepMapsWithoutALockHaveNoCall) {
  EXPECT_EQ(taker({"lock_acquire", "call_timer_fn", "run_timers"}), "call_timer_fn ");
}

TEST(Acquisition, EnablingUnderTheLock) {
  EXPECT_EQ(taker({"mark_held_locks", "lockdep_hardirqs_on_prepare", "_raw_spin_unlock_irq", "f"}),
            "f spin_unlock_irq on");
  EXPECT_EQ(taker({"__local_bh_enable_ip", "_raw_spin_unlock_bh", "f"}), "f spin_unlock_bh on");
  // A softirq that runs on local_bh_enable() far out in the stack is not it.
  EXPECT_EQ(taker({"lock_acquire", "_raw_spin_lock", "f", "__do_softirq", "__local_bh_enable_ip"}),
            "f spin_lock");
}

TEST(Acquisition, NothingIsInventedWithoutATrace) {
  const model::Snapshot snapshot = lockdep_snapshot();
  EXPECT_TRUE(acquisition(snapshot, -1).stack.empty());
  EXPECT_TRUE(acquisition(snapshot, 5).stack.empty());
  EXPECT_EQ(taker({"lock_acquire", "_raw_spin_lock"}), "unknown");
  EXPECT_EQ(taker({}), "unknown");
}

TEST(Acquisition, ContextsFollowTheEntryFunctions) {
  model::Snapshot snapshot = lockdep_snapshot();
  const int trace = add_trace(
      snapshot, {"f", "run_timer_softirq", "handle_softirqs", "irq_exit_rcu",
                 "sysvec_apic_timer_interrupt", "asm_sysvec_apic_timer_interrupt", "do_idle"});
  const model::Stack stack = acquisition(snapshot, trace).stack;
  ASSERT_EQ(stack.size(), 7U);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(stack[i].context, model::Context::softirq) << i;
  for (size_t i = 3; i < 6; ++i) EXPECT_EQ(stack[i].context, model::Context::hardirq) << i;
  EXPECT_EQ(stack[6].context, model::Context::task);

  snapshot.softirqs = {{1, "TIMER", 0xffffffff81000000, "run_timer_softirq", true}};
  EXPECT_EQ(softirq_vector(snapshot, stack), "TIMER");
}

TEST(Acquisition, FramesWithoutSymbolStay) {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.traces.push_back({0xffffffffc01a1071, 0xffffffffc01a2000});
  const Acquisition taken = acquisition(snapshot, 0);
  ASSERT_EQ(taken.stack.size(), 2U);
  EXPECT_EQ(taken.stack[0].pc, 0xffffffffc01a1071U);
  EXPECT_TRUE(taken.taker_known);
}

}  // namespace
}  // namespace kmortem::checks
