// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/lock_reports.h"

#include <gtest/gtest.h>

#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;

std::vector<LockReport> reports_of(const model::Snapshot& snapshot) {
  return lock_reports(snapshot.splats, log_lines(snapshot.log));
}

TEST(LockReports, CurrentForm) {
  model::Snapshot snapshot;
  log_line(snapshot, 1.0, "unrelated");
  log_line(snapshot, 2.0, "\n================================\nWARNING: inconsistent lock state");
  log_line(snapshot, 2.1, "6.1 #4 Tainted: G           O      ");
  log_line(snapshot, 2.2, "inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.");
  log_line(snapshot, 2.3, "swapper/1/0 [HC0[0]:SC1[1]:HE1:SE0] takes:");
  log_line(snapshot, 2.4, "ffff88810d520018 (&(&x)->lock){+.?.}-{2:2}, at: callback+0x373/0x490");
  const auto reports = reports_of(snapshot);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].rule, "irq-inconsistent");
  EXPECT_EQ(reports[0].lock_name, "&(&x)->lock");
  EXPECT_EQ(reports[0].lock_address, 0xffff88810d520018U);
  EXPECT_EQ(reports[0].taken_by, "swapper/1/0");
  EXPECT_EQ(reports[0].taken_at, "callback+0x373/0x490");
  EXPECT_EQ(reports[0].usage.text, "inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.");
}

TEST(LockReports, OldFormHasNoAddress) {
  model::Snapshot snapshot;
  log_line(snapshot, 447.6, "[ INFO: inconsistent lock state ]");
  log_line(snapshot, 447.6, "swapper/0/0 [HC0[0]:SC1[1]:HE1:SE0] takes:");
  log_line(snapshot, 447.6,
           " (&(&ah->block)->rlock){+.?...}, at: [<f7fdd2d1>] ath5k_tasklet_beacon+0x91/0xa7");
  const auto reports = reports_of(snapshot);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].lock_name, "&(&ah->block)->rlock");
  EXPECT_EQ(reports[0].lock_address, 0U);
}

TEST(LockReports, HashedAddressIsNone) {
  model::Snapshot snapshot;
  log_line(snapshot, 1.0, "WARNING: possible circular locking dependency detected");
  log_line(snapshot, 1.0, "a/1 is trying to acquire lock:");
  log_line(snapshot, 1.0, "00000000e1f2a3b4 (&m){+.+.}, at: f+0x1/0x2");
  const auto reports = reports_of(snapshot);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].rule, "lock-order-cycle");
  EXPECT_EQ(reports[0].lock_address, 0U);
  EXPECT_EQ(reports[0].taken_by, "a/1");
}

TEST(LockReports, AddressOnALineOfItsOwn) {
  model::Snapshot snapshot;
  log_line(snapshot, 187.0, "[ BUG: Invalid wait context ]");
  log_line(snapshot, 187.0, "CPU 0/KVM/4263 is trying to lock:");
  log_line(snapshot, 187.0, "ffff00c7448982a0 ");
  log_line(snapshot, 187.0, "(&vcpu->arch.local_int.lock){+.+.}-{3:3}, at: ");
  const auto reports = reports_of(snapshot);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].rule, "wait-context");
  EXPECT_EQ(reports[0].lock_address, 0xffff00c7448982a0U);
  EXPECT_EQ(reports[0].taken_by, "CPU 0/KVM/4263");
}

TEST(LockReports, ACutReportGivesWhatItHas) {
  model::Snapshot snapshot;
  log_line(snapshot, 1.0, "WARNING: possible recursive locking detected");
  const auto reports = reports_of(snapshot);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_TRUE(reports[0].lock_name.empty());
}

TEST(LockReports, WhatIsHeldWhereItMustNotIs) {
  model::Snapshot snapshot;
  log_line(snapshot, 1.0, "WARNING: lock held when returning to user space!");
  log_line(snapshot, 1.0, "sh/44 is leaving the kernel with locks still held!");
  log_line(snapshot, 1.0, "1 lock held by sh/44:");
  log_line(snapshot, 1.0, " #0: ffffffffc0029040 (config_mutex){+.+.}-{3:3}, at: write+0x1/0x2");
  const auto reports = reports_of(snapshot);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].rule, "lock-leak");
  EXPECT_EQ(reports[0].lock_name, "config_mutex");
  EXPECT_EQ(reports[0].lock_address, 0xffffffffc0029040U);
}

TEST(LockReports, TheLocksOwnDebuggingIsNone) {
  model::Snapshot snapshot;
  log_line(snapshot, 1.0, "BUG: spinlock bad magic on CPU#3, modprobe/1234");
  log_line(snapshot, 2.0, "BUG: MAX_LOCKDEP_CHAINS too low!");
  log_line(snapshot, 3.0, "INFO: trying to register non-static key.");
  EXPECT_TRUE(reports_of(snapshot).empty());
}

TEST(LockReports, OtherWarningsAreNone) {
  model::Snapshot snapshot;
  log_line(snapshot, 0.1, "Lock dependency validator: Copyright (c) 2006 Red Hat, Inc.");
  log_line(snapshot, 0.2, "WARNING: CPU: 0 PID: 1 at kernel/foo.c:1 f+0x1/0x2");
  log_line(snapshot, 0.3, "WARNING: suspicious RCU usage");
  log_line(snapshot, 0.4, "a driver says: inconsistent lock state");
  EXPECT_TRUE(reports_of(snapshot).empty());
}

}  // namespace
}  // namespace kmortem::checks
