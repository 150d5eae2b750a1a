// SPDX-License-Identifier: GPL-3.0-or-later
// What is printed about locks by others than lockdep's graph: the spinlock debugger, the scheduler,
// the watchdogs, RCU, khungtaskd, and lockdep when it gives up.
#include "splats/logs.h"

namespace kmortem::splats::testing {
namespace {

using Names = std::vector<std::string>;

TEST(OtherSplats, SpinlockDebugger) {
  const model::Splat splat = only_splat(stamped(R"(BUG: spinlock bad magic on CPU#0, x/20513
 lock: 0xffff8800bb37e088, .magic: ffff8800, .owner: <none>/-1, .owner_cpu: 131071
CPU: 0 PID: 20513 Comm: x Not tainted 4.4.70+ #9
Call Trace:
 [<ffffffff811d2be2>] spin_dump+0x152/0x280)"));
  EXPECT_EQ(splat.type, model::SplatType::spinlock_bad_magic);
  EXPECT_EQ(splat.names, Names{"0xffff8800bb37e088"});
  EXPECT_EQ(splat.locks[0].address, 0xffff8800bb37e088U);
  EXPECT_EQ(splat.locks[0].held_by, "");
  EXPECT_EQ(splat.kernel, "4.4.70+");
  EXPECT_TRUE(splat.complete);
  const model::Splat named = only_splat(R"(BUG: spinlock recursion on CPU#1, y/5
 lock: lab_lock+0x0/0x40 [lab], .magic: dead4ead, .owner: y/5, .owner_cpu: 1
)");
  EXPECT_EQ(named.type, model::SplatType::deadlock_other);
  EXPECT_EQ(named.names, Names{"lab_lock+0x0/0x40 [lab]"});
  EXPECT_EQ(named.locks[0].held_by, "y/5");
  EXPECT_FALSE(named.complete);
}

TEST(OtherSplats, SleepingInAtomic) {
  const model::Splat splat = only_splat(
      stamped(R"(BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580
in_atomic(): 1, irqs_disabled(): 1, non_block: 0, pid: 1109, name: two words
preempt_count: 1, expected: 0
RCU nest depth: 0, expected: 0
1 lock held by two words/1109:
 #0: ffff888000000100 (&s->lock){+.+.}-{2:2}, at: f+0x2f/0x550
irq event stamp: 12
Preemption disabled at:
[<ffffffff81000123>] f+0x23/0x550
CPU: 1 PID: 1109 Comm: two words Not tainted 6.1.0 #1
Call Trace:
 <TASK>
 __might_resched+0x13c/0x200
 </TASK>
)"));
  EXPECT_EQ(splat.type, model::SplatType::sleeping_atomic);
  EXPECT_EQ(task_names(splat), Names{"two words/1109"});
  EXPECT_EQ(splat.names, Names{"&s->lock"});
  EXPECT_TRUE(splat.complete);
  ASSERT_EQ(splat.stacks.size(), 2U);
  EXPECT_EQ(splat.stacks[0].about, "Preemption disabled at:");
}

TEST(OtherSplats, SchedulingWhileAtomic) {
  const model::Splat splat =
      only_splat(stamped(R"(BUG: scheduling while atomic: swapper/4/0/0x00000005
Modules linked in: a b
CPU: 4 PID: 0 Comm: swapper/4 Not tainted 6.16.0 #856
Call Trace:
 __schedule_bug+0x73/0x80)"));
  EXPECT_EQ(splat.type, model::SplatType::scheduling_atomic);
  EXPECT_EQ(task_names(splat), Names{"swapper/4/0"});
  EXPECT_EQ(splat.cpu, 4);
  EXPECT_TRUE(splat.complete);
}

TEST(OtherSplats, SoftLockup) {
  const model::Splat splat =
      only_splat(stamped(R"(watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [gcd:2791]
Modules linked in: lab(O)
CPU: 1 PID: 2791 Comm: gcd Tainted: G           OEL    6.1.0 #1
RIP: 0010:native_queued_spin_lock_slowpath+0x1ce/0x200
Code: 00 01
RSP: 0018:ffff885fbdf43dd0  EFLAGS: 00000202
Call Trace:
 <IRQ>
 _raw_spin_lock+0x20/0x30
 </IRQ>
Kernel panic - not syncing: softlockup: hung tasks
CPU: 1 PID: 2791 Comm: gcd Tainted: G           OEL    6.1.0 #1
Call Trace:
 panic+0x1/0x20
)"));
  EXPECT_EQ(splat.type, model::SplatType::soft_lockup);
  EXPECT_EQ(task_names(splat), Names{"gcd:2791"});
  EXPECT_EQ(splat.tainted, "G O E L");
  ASSERT_EQ(splat.stacks.size(), 1U);
  EXPECT_EQ(functions(splat.stacks[0].stack),
            (Names{"native_queued_spin_lock_slowpath", "_raw_spin_lock"}));
  EXPECT_TRUE(splat.complete);
}

TEST(OtherSplats, HardLockup) {
  const model::Splat splat =
      only_splat(stamped(R"(NMI watchdog: Watchdog detected hard LOCKUP on cpu 3
Modules linked in: lab(O)
CPU: 3 PID: 640 Comm: napi/phy0-0 Not tainted 6.1.0 #1
RIP: 0010:queued_spin_lock_slowpath+0x134/0x1c0
Call Trace:
 _raw_spin_lock_irqsave+0x57/0x60)"));
  EXPECT_EQ(splat.type, model::SplatType::hard_lockup);
  EXPECT_EQ(task_names(splat), Names{"napi/phy0-0/640"});
  EXPECT_TRUE(splat.complete);
  // The buddy detector of another CPU: what it runs is not what is locked up.
  const model::Splat buddy = only_splat(stamped(R"(watchdog: Watchdog detected hard LOCKUP on cpu 3
CPU: 1 PID: 9 Comm: reporter Not tainted 6.6.0 #1
Call Trace:
 watchdog_buddy_check_hardlockup+0x57/0x60)"));
  EXPECT_TRUE(buddy.tasks.empty());
  EXPECT_EQ(buddy.kernel, "6.6.0");
  EXPECT_FALSE(buddy.complete);
}

TEST(OtherSplats, RcuStall) {
  const model::Splat splat =
      only_splat(stamped(R"(rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: 	2-....: (20997 ticks this GP) idle=61e/1/0x4000000000000000 softirq=6/6 fqs=2416
rcu: 	(detected by 0, t=5252 jiffies, g=55048417, q=9937 ncpus=4)
Sending NMI from CPU 0 to CPUs 2:
NMI backtrace for cpu 2
CPU: 2 PID: 354 Comm: ksoftirqd/2 Not tainted 6.1.0 #1
RIP: 0010:spin+0x15f/0x190
Call Trace:
 f+0x1/0x20
rcu: rcu_preempt kthread starved for 100 jiffies! g55048417 f0x0 RCU_GP_WAIT_FQS(5)
rcu: RCU grace-period kthread stack dump:
task:rcu_preempt     state:I stack:0     pid:15    ppid:2      flags:0x00004000
Call Trace:
 __schedule+0x1/0x20
)"));
  EXPECT_EQ(splat.type, model::SplatType::rcu_stall);
  EXPECT_EQ(task_names(splat), Names{"ksoftirqd/2/354"});
  EXPECT_TRUE(splat.complete);
  EXPECT_EQ(splat.stacks[0].about, "NMI backtrace for cpu 2");
  EXPECT_EQ(splat.stacks.size(), 2U);
}

TEST(OtherSplats, HungTask) {
  const model::Splat splat =
      only_splat(stamped(R"(INFO: task a b:132485 blocked for more than 122 seconds.
      Not tainted 6.6.0-lab #74
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:a b             state:D stack:0     pid:132485 ppid:132017 flags:0x00020006
Call Trace:
 <TASK>
 __schedule+0x388/0x13e0
 mutex_lock+0x1/0x20
 </TASK>

Showing all locks held in the system:
1 lock held by khungtaskd/35:
 #0: ffffffff8b363860 (rcu_read_lock){....}-{1:2}, at: show+0x53/0x260
2 locks held by a b/132485:
 #0: ffff888000000100 (outer){+.+.}-{3:3}, at: f+0x2f/0x550
 #1: ffff888000000200 (inner){+.+.}-{3:3}, at: f+0x3f/0x550

=============================================
)"));
  EXPECT_EQ(splat.type, model::SplatType::hung_task);
  EXPECT_EQ(splat.kernel, "6.6.0-lab");
  EXPECT_EQ(task_names(splat), Names{"a b:132485"});
  EXPECT_EQ(splat.names, (Names{"rcu_read_lock", "outer", "inner"}));
  EXPECT_EQ(splat.locks[1].held_by, "a b/132485");
  EXPECT_TRUE(splat.complete);
}

TEST(OtherSplats, LockdepGivesUp) {
  const model::Splat full = only_splat(stamped(R"(BUG: MAX_LOCKDEP_CHAINS too low!
turning off the locking correctness validator.
Please attach the output of /proc/lock_stat to the bug report
CPU: 1 PID: 809 Comm: x Not tainted 6.1.0 #44
Call Trace:
 lookup_chain_cache+0x1/0x20)"));
  EXPECT_EQ(full.type, model::SplatType::max_lockdep);
  EXPECT_EQ(task_names(full), Names{"x/809"});
  EXPECT_TRUE(full.complete);
  const model::Splat key = only_splat(stamped(R"(INFO: trying to register non-static key.
The code is fine but needs lockdep annotation, or maybe
you didn't initialize this object before use?
turning off the locking correctness validator.
CPU: 0 PID: 0 Comm: swapper Not tainted 6.5.0+ #1
Stack : 0000000000000000 9000000000223d6c
        9000000001df39a0 9000000001df39a8
Call Trace:
[<90000000002bc548>] register_lock_class+0x768/0x770)"));
  EXPECT_EQ(key.type, model::SplatType::non_static_key);
  EXPECT_TRUE(key.names.empty());
  EXPECT_TRUE(key.complete);
}

}  // namespace
}  // namespace kmortem::splats::testing
