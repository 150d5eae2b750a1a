// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/logs.h"

namespace kmortem::splats::testing {
namespace {

TEST(NoSplats, InLogsThatOnlyLookLikeIt) {
  EXPECT_TRUE(read_splats("").empty());
  EXPECT_TRUE(read_splats("\n\n\n").empty());
  EXPECT_TRUE(read_splats(stamped(R"(Linux version 5.10.234-rc1 (a@b) #1 SMP
Kernel command line: softlockup_panic=1 nmi_watchdog=1 lockdep.x=1
Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
... MAX_LOCKDEP_SUBCLASSES:  8
... MAX_LOCK_DEPTH:          48
... MAX_LOCKDEP_KEYS:        8192
 memory used by lock dependency info: 6365 kB
 per task-struct memory footprint: 1920 bytes
rcu: Hierarchical RCU implementation.
rcu: RCU restricting CPUs from NR_CPUS=64 to nr_cpu_ids=4.
NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.)"))
                  .empty());
}

TEST(NoSplats, InOtherReportsOfTheKernel) {
  EXPECT_TRUE(read_splats(stamped(R"(BUG: KASAN: use-after-free in __lock_acquire+0x3a/0x1e70
Read of size 8 at addr ffff888004a31068 by task worker/412
CPU: 1 PID: 412 Comm: worker Not tainted 6.1.0 #7
Call Trace:
 kasan_report+0x10/0x20
==================================================================
BUG: unable to handle page fault for address: ffffffffc0000000
Oops: 0000 [#1] PREEMPT SMP
CPU: 1 PID: 412 Comm: worker Not tainted 6.1.0 #7
RIP: 0010:f+0x1/0x20
INFO: lockdep is turned off.
BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 32s!
Showing busy workqueues and worker pools:
workqueue events: flags=0x0
Kernel panic - not syncing: hung_task: blocked tasks
Kernel panic - not syncing: Hard LOCKUP)"))
                  .empty());
}

TEST(NoSplats, AnOopsBehindAReportIsNotItsStack) {
  const model::Splat splat =
      only_splat(stamped(R"(NMI watchdog: Watchdog detected hard LOCKUP on cpu 0
BUG: unable to handle page fault for address: ffffffffc0000000
Call Trace:
 f+0x1/0x20)"));
  EXPECT_TRUE(splat.stacks.empty());
}

}  // namespace
}  // namespace kmortem::splats::testing
