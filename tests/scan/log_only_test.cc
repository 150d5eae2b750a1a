// SPDX-License-Identifier: GPL-3.0-or-later
// What the log alone makes of a dump: scan/log_only.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/splat_rules.h"
#include "scan/dmesg_file.h"
#include "splats/splats.h"

namespace kmortem::scan {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::vector<model::Finding> findings_in(std::string_view text) {
  return checks::splat_findings(splats::read_splats(parse_dmesg(text)));
}

// What a guest of the fixtures printed (inconsistent-6.1).
constexpr std::string_view kInconsistent =
    "[    2.288211] WARNING: inconsistent lock state\n"
    "[    2.288394] 6.1.192-lockdep #1 Tainted: G           O      \n"
    "[    2.288610] inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.\n"
    "[    2.288719] swapper/0/0 [HC0[0]:SC1[1]:HE1:SE0] takes:\n"
    "[    2.288854] ffff89590017ee58 (&stats->lock#2){+.?.}-{2:2}, at: "
    "stats_event_callback.isra.0+0xc/0x1d [lk_inconsistent]\n"
    "[    2.289547] {SOFTIRQ-ON-W} state was registered at:\n"
    "[    2.289647]   lock_acquire+0xc7/0x290\n"
    "[    2.289897]   _raw_spin_lock+0x2b/0x70\n"
    "[    2.289900]   ? maybe+0x2b/0x70\n"
    "[    2.289961]   stats_rcv_proc+0x9/0xfe3 [lk_inconsistent]\n";

TEST(LogOnlyTest, AReportHasTheSignatureOfAFullAnalysis) {
  const auto findings = findings_in(kInconsistent);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "irq-inconsistent");
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
  EXPECT_EQ(findings[0].signature,
            "irq-inconsistent:&stats->lock:softirq:stats_event_callback [lk_inconsistent]:"
            "stats_rcv_proc [lk_inconsistent]");
}

TEST(LogOnlyTest, TheInterruptMayHaveComeFirst) {
  const auto findings = findings_in(
      "[ 1.0] WARNING: inconsistent lock state\n"
      "[ 1.0] inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage.\n"
      "[ 1.0] ffff89590017ee58 (q_lock){?.+.}-{2:2}, at: q_drain+0xc/0x1d\n"
      "[ 1.0] {IN-HARDIRQ-W} state was registered at:\n"
      "[ 1.0]   q_kick+0xc7/0x290\n");
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].signature, "irq-inconsistent:q_lock:hardirq:q_kick:q_drain");
}

TEST(LogOnlyTest, ALockupIsNamedByWhoWantedTheLock) {
  const auto findings = findings_in(
      "[   48.5] watchdog: BUG: soft lockup - CPU#1 stuck for 45s! [kflow_gcd:39]\n"
      "[   48.6] RIP: 0010:native_queued_spin_lock_slowpath+0x1f/0x1d0\n"
      "[   48.6] Call Trace:\n"
      "[   48.6]  <IRQ>\n"
      "[   48.6]  _raw_spin_lock+0x19/0x20\n"
      "[   48.6]  flow_inode_replace+0x10/0x30 [lk_rcu]\n"
      "[   72.5] watchdog: BUG: soft lockup - CPU#1 stuck for 67s! [kflow_gcd:39]\n"
      "[   72.6]  flow_inode_replace+0x10/0x30 [lk_rcu]\n");
  ASSERT_THAT(findings, SizeIs(1)) << "the same again is the same finding";
  EXPECT_EQ(findings[0].signature, "soft-lockup:flow_inode_replace [lk_rcu]");
}

TEST(LogOnlyTest, TasksInTwoPlacesAreTwoFindings) {
  const auto findings = findings_in(
      "[ 10.8] INFO: task rename_forth:39 blocked for more than 5 seconds.\n"
      "[ 10.8]  __schedule+0x1ce/0x590\n"
      "[ 10.8]  __mutex_lock.constprop.0+0x303/0x500\n"
      "[ 10.8]  rename_between+0x28/0x50 [lk_mutexabba]\n"
      "[ 10.9] INFO: task reader:41 blocked for more than 5 seconds.\n"
      "[ 10.9]  read_directory.isra.0+0x28/0x50 [lk_mutexabba]\n");
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].signature, "hung-task:rename_between [lk_mutexabba]");
  EXPECT_EQ(findings[1].signature, "hung-task:read_directory [lk_mutexabba]");
}

TEST(LogOnlyTest, AHealthyLogSaysNothing) {
  EXPECT_THAT(findings_in("[ 1.0] Linux version 6.1.0\n[ 2.0] rcu: Hierarchical RCU\n"), IsEmpty());
}

}  // namespace
}  // namespace kmortem::scan
