// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;

model::Snapshot stopped() {
  model::Snapshot snapshot = lockdep_snapshot();
  snapshot.lockdep.enabled = false;
  log_line(snapshot, 0.1, "Linux version 6.1.192");
  return snapshot;
}

model::Finding only_finding(const model::Snapshot& snapshot) {
  const auto findings = check_lockdep_off(snapshot);
  EXPECT_EQ(findings.size(), 1U);
  return findings.empty() ? model::Finding{} : findings[0];
}

TEST(LockdepOff, RunningOrAbsentLockdepIsNoFinding) {
  EXPECT_TRUE(check_lockdep_off(lockdep_snapshot()).empty());
  EXPECT_TRUE(check_lockdep_off(model::Snapshot{}).empty());
}

TEST(LockdepOff, AReportExplainsIt) {
  model::Snapshot snapshot = stopped();
  log_line(snapshot, 65.63, "WARNING: inconsistent lock state");
  log_line(snapshot, 65.63, "ffff88810d520018 (&x->lock){+.?.}-{2:2}, at: f+0x1/0x2");
  log_line(snapshot, 70.0, "BUG: unable to handle page fault for address: 0000");
  const model::Finding finding = only_finding(snapshot);
  EXPECT_EQ(finding.severity, model::Severity::note);
  EXPECT_THAT(finding.title, HasSubstr("65.63 s"));
  EXPECT_THAT(finding.title, HasSubstr("inconsistent lock state"));
  EXPECT_THAT(finding.explanation, HasSubstr("held locks"));
  ASSERT_EQ(finding.locks.size(), 1U);
  EXPECT_EQ(finding.locks[0].name, "&x->lock");
  EXPECT_EQ(finding.signature, "lockdep-off:inconsistent lock state:&x->lock");
}

TEST(LockdepOff, FullTableNamesItsOption) {
  model::Snapshot snapshot = stopped();
  snapshot.lockdep.tables = {{"lock_classes", 1200, 8192}, {"lock_chains", 65536, 65536}};
  log_line(snapshot, 300.0, "BUG: MAX_LOCKDEP_CHAINS too low!");
  log_line(snapshot, 300.0, "turning off the locking correctness validator.");
  const model::Finding finding = only_finding(snapshot);
  EXPECT_EQ(finding.severity, model::Severity::warning);
  EXPECT_THAT(finding.remedy, HasSubstr("CONFIG_LOCKDEP_CHAINS_BITS"));
  EXPECT_THAT(all_text(finding), HasSubstr("lock_chains: 65536 of 65536"));
  EXPECT_EQ(finding.signature, "lockdep-off:full:lock_chains");
}

TEST(LockdepOff, TaintIsAWarningAnOopsANote) {
  model::Snapshot taint = stopped();
  log_line(taint, 8.0, "Disabling lock debugging due to kernel taint");
  EXPECT_EQ(only_finding(taint).severity, model::Severity::warning);

  model::Snapshot oops = stopped();
  log_line(oops, 8.0, "BUG: kernel NULL pointer dereference, address: 0000000000000010");
  EXPECT_EQ(only_finding(oops).severity, model::Severity::note);
  EXPECT_EQ(only_finding(oops).signature, "lockdep-off:oops");
}

TEST(LockdepOff, WhatDoesNotStopLockdepIsNotBlamed) {
  model::Snapshot snapshot = stopped();
  log_line(snapshot, 1.0, "traps: a.out[12] general protection fault ip:401136 sp:7ffe error:0");
  log_line(snapshot, 2.0, "BUG: spinlock lockup suspected on CPU#0, a/1");
  log_line(snapshot, 3.0, "lk: loading out-of-tree module taints kernel.");
  log_line(snapshot, 4.0, "WARNING: CPU: 0 PID: 1 at f.c:1");
  const model::Finding finding = only_finding(snapshot);
  EXPECT_EQ(finding.severity, model::Severity::warning);
  EXPECT_THAT(finding.title, HasSubstr("the log does not say why"));
}

TEST(LockdepOff, AnOverwrittenLogIsSaid) {
  model::Snapshot snapshot = stopped();
  snapshot.log[0].sequence = 4711;
  EXPECT_THAT(all_text(only_finding(snapshot)), HasSubstr("4711 records were overwritten"));
}

TEST(LockdepOff, SilenceIsSaid) {
  model::Snapshot snapshot = stopped();
  snapshot.lockdep.silent = true;
  EXPECT_THAT(only_finding(snapshot).explanation, HasSubstr("debug_locks_silent"));
}

TEST(LockdepOff, SignaturesDoNotCarryNumbers) {
  model::Snapshot snapshot = stopped();
  log_line(snapshot, 8.0, "BUG: spinlock bad magic on CPU#3, modprobe/1234");
  EXPECT_EQ(only_finding(snapshot).signature, "lockdep-off:BUG: spinlock bad magic on CPU#N");
}

}  // namespace
}  // namespace kmortem::checks
