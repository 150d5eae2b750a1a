// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

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

TEST(LockdepOff, ATableIsFullAtItsCapacityAndNotBefore) {
  model::Snapshot snapshot = stopped();
  snapshot.lockdep.tables = {{"lock_chains", 65535, 65536}, {"stack_trace", 0, 0}};
  EXPECT_THAT(only_finding(snapshot).title, HasSubstr("the log does not say why"));
  snapshot.lockdep.tables[0].used = 65536;
  EXPECT_THAT(only_finding(snapshot).title, HasSubstr("one of its tables is full"));
  EXPECT_THAT(only_finding(snapshot).remedy, HasSubstr("CONFIG_LOCKDEP_CHAINS_BITS"));
  EXPECT_THAT(only_finding(snapshot).remedy, Not(HasSubstr("STACK_TRACE")));
}

TEST(LockdepOff, AFullTableIsWorthALookBesideAReportToo) {
  model::Snapshot snapshot = stopped();
  log_line(snapshot, 65.63, "WARNING: inconsistent lock state");
  EXPECT_EQ(only_finding(snapshot).severity, model::Severity::note);
  EXPECT_THAT(only_finding(snapshot).remedy, HasSubstr("repair what that report shows"));
  snapshot.lockdep.tables = {{"lock_chains", 65536, 65536}};
  EXPECT_EQ(only_finding(snapshot).severity, model::Severity::warning);
  EXPECT_THAT(only_finding(snapshot).remedy, HasSubstr("look for what fills the table"));
}

// held_locks[] is a table as well, and no option makes it larger.
TEST(LockdepOff, ATableOfATaskIsFullByTheLogAlone) {
  model::Snapshot snapshot = stopped();
  log_line(snapshot, 8.0, "BUG: MAX_LOCK_DEPTH too low!");
  EXPECT_EQ(only_finding(snapshot).severity, model::Severity::warning);
  EXPECT_THAT(only_finding(snapshot).remedy, HasSubstr("look for what fills the table"));
  EXPECT_THAT(only_finding(snapshot).remedy, Not(HasSubstr("raise")));
}

TEST(LockdepOff, OnlyACrashIsNoSignOfALockBug) {
  const auto says = [](const std::string& line) {
    model::Snapshot snapshot = stopped();
    if (!line.empty()) log_line(snapshot, 8.0, line);
    return only_finding(snapshot);
  };
  for (const char* crash : {"Oops: 0002 [#1] SMP", "Kernel panic - not syncing: sysrq"}) {
    EXPECT_THAT(says(crash).explanation, HasSubstr("no sign of a lock bug"));
    EXPECT_EQ(says(crash).severity, model::Severity::note);
    EXPECT_THAT(says(crash).remedy, HasSubstr("look into the crash itself"));
  }
  for (const char* other :
       {"", "WARNING: inconsistent lock state", "Disabling lock debugging due to kernel taint"}) {
    EXPECT_THAT(says(other).explanation, Not(HasSubstr("no sign of a lock bug"))) << other;
  }
  EXPECT_EQ(says("Oops: 0002 [#1] SMP").signature, "lockdep-off:oops");
  EXPECT_EQ(says("Kernel panic - not syncing: sysrq").signature, "lockdep-off:panic");
  EXPECT_EQ(says("").signature, "lockdep-off:unexplained");
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
