// SPDX-License-Identifier: GPL-3.0-or-later
// The forms that reports had before they had today's.
#include "splats/logs.h"

namespace kmortem::splats::testing {
namespace {

using Names = std::vector<std::string>;

TEST(OldKernels, BracketedTitlesAndAddressesInBrackets) {
  const model::Splat splat = only_splat(R"(=======================================================
[ INFO: possible circular locking dependency detected ]
2.6.39-1-default #1
-------------------------------------------------------
insmod/2182 is trying to acquire lock:
 (M2){+.+...}, at: [<ffffffffa012f054>] init1+0x54/0x70 [lab]

but task is already holding lock:
 (M1){+.+...}, at: [<ffffffffa012f046>] init1+0x46/0x70 [lab]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (M1){+.+...}:
       [<ffffffff8109387f>] lock_acquire+0x9f/0x120
       [<ffffffffa012f020>] init1+0x20/0x70 [lab]

-> #0 (M2){+.+...}:
       [<ffffffff8109387f>] lock_acquire+0x9f/0x120
       [<00007fd6d37761ea>] 0x7fd6d37761ea

other info that might help us debug this:

1 lock held by insmod/2182:
 #0:  (M1){+.+...}, at: [<ffffffffa012f046>] init1+0x46/0x70 [lab]

stack backtrace:
Pid: 2182, comm: insmod Not tainted 2.6.39-1-default #1
Call Trace:
 [<ffffffff81005c31>] try_stack_unwind+0x1a1/0x1c0
)");
  EXPECT_EQ(splat.kernel, "2.6.39-1-default");
  EXPECT_EQ(splat.names, (Names{"M2", "M1"}));
  EXPECT_EQ(splat.chain()[1]->stack[1].pc, 0x7fd6d37761eaU);
  EXPECT_EQ(splat.locks[0].at.module, "lab");
  EXPECT_EQ(splat.first_line, 1U);
  EXPECT_TRUE(splat.complete);
}

TEST(OldKernels, LowerCaseUsageAndArmStacks) {
  const model::Splat splat = only_splat(R"([ INFO: inconsistent lock state ]
2.6.20-rc2 #211
---------------------------------
inconsistent {hardirq-on-W} -> {in-hardirq-W} usage.
swapper/0 [HC1[1]:SC0[0]:HE0:SE1] takes:
 (init_task.alloc_lock){+-..}, at: [<c007d950>] get_task_comm+0x24/0x40
{hardirq-on-W} state was registered at:
  [<c00493d0>] lock_acquire+0x80/0x94
other info that might help us debug this:
1 lock held by swapper/0:
 #0:  (&lp->lock){+...}, at: [<c0146b9c>] interrupt+0x28/0x784
stack backtrace:
[<c0018cf4>] (dump_stack+0x0/0x14) from [<c00471b4>]
(print_usage_bug+0x11c/0x154)
[<c0047098>] (print_usage_bug+0x0/0x154) from [<c0047b60>] (mark_lock+0xe0/0x4c8)
 r8 = 00000001  r7 = C02A4348
)");
  EXPECT_EQ(splat.usage(), "hardirq-on-W -> in-hardirq-W");
  EXPECT_EQ(splat.names, (Names{"init_task.alloc_lock", "&lp->lock"}));
  EXPECT_EQ(functions(splat.stacks[1].stack),
            (Names{"dump_stack", "print_usage_bug", "mark_lock"}));
  EXPECT_TRUE(splat.complete);
}

TEST(OldKernels, EveryContinuationOnALineOfItsOwn) {
  const model::Splat splat = only_splat(stamped(R"(
======================================================
[ INFO: possible circular locking dependency detected ]
4.9.99 #1 Not tainted
-------------------------------------------------------
sh/33 is trying to acquire lock:
 (
beta
){+.+.+.}
, at: 
[<ffffffff81000010>] f+0x10/0x20

but task is already holding lock:
 (
&alpha/1
){+.+.+.}
, at: 
[<ffffffff81000030>] g+0x10/0x20

the existing dependency chain (in reverse order) is:

-> #1
 (
&alpha/1
){+.+.+.}
:
       [<ffffffff81000010>] g+0x10/0x20
-> #0
 (
beta
){+.+.+.}
:
       [<ffffffff81000010>] f+0x10/0x20

       CPU0
  lock(
&alpha/1
);

1 lock held by sh/33:
 #0: 
 (
&alpha/1
){+.+.+.}
, at: 
[<ffffffff81000030>] g+0x10/0x20

stack backtrace:
CPU: 0 PID: 33 Comm: sh Not tainted 4.9.99 #1
Call Trace:
 [<ffffffff81000010>] f+0x10/0x20
)"));
  EXPECT_EQ(splat.names, (Names{"beta", "&alpha/1"}));
  EXPECT_EQ(splat.locks[0].at.function, "f");
  ASSERT_EQ(splat.chain().size(), 2U);
  EXPECT_EQ(splat.chain()[0]->stack.size(), 1U);
  EXPECT_TRUE(splat.complete);
}

TEST(OldKernels, SpinlockLockupNamesItsAddressInTheTitle) {
  const model::Splat splat = only_splat(R"(BUG: spinlock lockup on CPU#0, a/2, c3358724
Pid: 2, comm: a Not tainted 2.6.32 #1
Call Trace:
 [<c0014990>] do_raw_spin_lock+0x1/0x20
)");
  EXPECT_EQ(splat.names, Names{"c3358724"});
  EXPECT_EQ(splat.locks[0].address, 0xc3358724U);
  EXPECT_EQ(task_names(splat), Names{"a/2"});
  EXPECT_TRUE(splat.complete);
}

TEST(OldKernels, StalledCpusTaskIsThatOfItsNmiBacktrace) {
  const model::Splat splat = only_splat(stamped(
      R"(INFO: rcu_sched detected stalls on CPUs/tasks: { 1} (detected by 0, t=21002 jiffies)
sending NMI to all CPUs:
NMI backtrace for cpu 0
CPU 0
Pid: 9, comm: bystander Not tainted 3.5.0 #1
Call Trace:
 [<ffffffff81000010>] f+0x10/0x20
NMI backtrace for cpu 1
CPU 1
Pid: 345, comm: looper Not tainted 3.5.0 #1
Call Trace:
 [<ffffffff81000010>] g+0x10/0x20)"));
  EXPECT_EQ(task_names(splat), Names{"looper/345"});
  EXPECT_EQ(splat.stacks.size(), 2U);
}

TEST(OldKernels, RcuStallsOfTheTreeInBraces) {
  const model::Splat splat = only_splat(stamped(
      R"(INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 1, t=21002 jiffies)
Task dump for CPU 3:
looper          R  running task        0   345      2 0x00000008
Call Trace:
 [<ffffffff81000010>] ? f+0x10/0x20)"));
  EXPECT_EQ(task_names(splat), Names{"looper/345"});
  EXPECT_TRUE(splat.complete);
}

}  // namespace
}  // namespace kmortem::splats::testing
