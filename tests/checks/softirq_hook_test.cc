// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using ::testing::HasSubstr;

model::Snapshot ten_vectors() {
  model::Snapshot snapshot;
  const char* names[] = {"HI",       "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
                         "IRQ_POLL", "TASKLET", "SCHED",  "HRTIMER", "RCU"};
  for (unsigned i = 0; i < 10; ++i) {
    const bool empty = i == 5 || i == 8;
    snapshot.softirqs.push_back(
        {i, names[i], empty ? 0 : 0xffffffff81000000 + i * 0x100, empty ? "" : "action", !empty});
  }
  for (int i = 0; i < 2; ++i) {
    model::Cpu cpu;
    cpu.number = i;
    cpu.softirq_pending_known = true;
    snapshot.cpus.push_back(cpu);
  }
  return snapshot;
}

TEST(SoftirqHook, EmptyVectorsAreHealthyWhileNobodyRaisesThem) {
  model::Snapshot snapshot = ten_vectors();
  snapshot.cpus[0].softirq_pending = 0x282;  // TIMER, SCHED, RCU
  EXPECT_TRUE(check_softirq_hook(snapshot).empty());
}

TEST(SoftirqHook, EmptyAndPending) {
  model::Snapshot snapshot = ten_vectors();
  snapshot.cpus[1].softirq_pending = 0x100;
  const auto findings = check_softirq_hook(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::error);
  EXPECT_THAT(findings[0].title, HasSubstr("HRTIMER (vector 8) is pending on CPU 1"));
  EXPECT_EQ(findings[0].signature, "softirq-hook:empty:HRTIMER");
}

TEST(SoftirqHook, WhatWasNotReadIsNotPending) {
  model::Snapshot snapshot = ten_vectors();
  snapshot.cpus[1].softirq_pending = 0x100;
  snapshot.cpus[1].softirq_pending_known = false;
  EXPECT_TRUE(check_softirq_hook(snapshot).empty());
  EXPECT_TRUE(check_softirq_hook(model::Snapshot{}).empty());
}

TEST(SoftirqHook, ActionOutsideKernelText) {
  model::Snapshot snapshot = ten_vectors();
  snapshot.softirqs[1].action = 0xffff888100123456;
  snapshot.softirqs[1].action_symbol.clear();
  snapshot.softirqs[1].action_in_text = false;
  const auto findings = check_softirq_hook(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].evidence[0].text, HasSubstr("0xffff888100123456: no symbol"));
  EXPECT_EQ(findings[0].signature, "softirq-hook:foreign:TIMER");
}

}  // namespace
}  // namespace kmortem::checks
