// SPDX-License-Identifier: GPL-3.0-or-later
// One report of each kind that lockdep prints, in the words of kernel/locking/lockdep.c.
#include "splats/logs.h"

namespace kmortem::splats::testing {
namespace {

using Names = std::vector<std::string>;

TEST(LockdepSplats, Circular) {
  for (const std::string& log : {std::string(kCircular), stamped(kCircular)}) {
    const model::Splat splat = only_splat(log);
    EXPECT_EQ(splat.type, model::SplatType::circular);
    EXPECT_EQ(splat.title, "WARNING: possible circular locking dependency detected");
    EXPECT_EQ(splat.kernel, "6.1.0-lab");
    EXPECT_EQ(splat.tainted, "G O");
    EXPECT_EQ(splat.cpu, 1);
    EXPECT_EQ(task_names(splat), Names{"worker thread/412"});
    EXPECT_EQ(splat.names, (Names{"&dev->beta", "&dev->alpha/1"}));
    EXPECT_TRUE(splat.complete);
    EXPECT_EQ(splat.first_line, 2U);
    EXPECT_EQ(splat.lock(model::SplatRole::acquiring)->name, "&dev->beta");
    EXPECT_EQ(splat.lock(model::SplatRole::acquiring)->address, 0xffff888004a31068U);
    EXPECT_EQ(splat.lock(model::SplatRole::holding)->name, "&dev->alpha/1");
    EXPECT_EQ(splat.lock(model::SplatRole::held)->held_by, "worker thread/412");
    const auto chain = splat.chain();
    ASSERT_EQ(chain.size(), 2U);
    EXPECT_EQ(chain[0]->depth, 1);
    EXPECT_EQ(functions(chain[0]->stack),
              (Names{"lock_acquire", "__mutex_lock", "other_way", "kthread"}));
    EXPECT_EQ(chain[0]->stack[2].module, "lab");
    EXPECT_EQ(chain[1]->name, "&dev->beta");
    EXPECT_EQ(chain[1]->stack.size(), 4U);
    EXPECT_EQ(splat.scenario.size(), 6U);
    ASSERT_EQ(splat.stacks.size(), 1U);
    EXPECT_EQ(splat.stacks[0].about, "stack backtrace:");
    EXPECT_EQ(splat.stacks[0].stack.size(), 6U);
  }
}

TEST(LockdepSplats, RecursiveWithoutStackIsIncomplete) {
  const model::Splat splat = only_splat(R"(
============================================
WARNING: possible recursive locking detected
6.12.1 #1 Not tainted
--------------------------------------------
a/1 is trying to acquire lock:
ffff888000000010 (&p->lock){+.+.}-{2:2}, at: f+0x1/0x20

but task is already holding lock:
ffff888000000090 (&p->lock){+.+.}-{2:2}, at: g+0x1/0x20

other info that might help us debug this:
 Possible unsafe locking scenario:

       CPU0
       ----
  lock(&p->lock);
  lock(&p->lock);

 *** DEADLOCK ***
)");
  EXPECT_EQ(splat.type, model::SplatType::recursive);
  EXPECT_EQ(splat.names, Names{"&p->lock"});
  EXPECT_EQ(splat.lock(model::SplatRole::holding)->address, 0xffff888000000090U);
  EXPECT_FALSE(splat.complete);
}

TEST(LockdepSplats, InconsistentState) {
  const model::Splat splat = only_splat(stamped(R"(
================================
WARNING: inconsistent lock state
5.10.0 #3 Not tainted
--------------------------------
inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.
swapper/1/0 [HC0[0]:SC1[1]:HE1:SE0] takes:
ffff88810d520018 (&n->stat_lock){+.?.}-{2:2}, at: on_rx+0x37/0x490
{SOFTIRQ-ON-W} state was registered at:
  lock_acquire+0xc2/0x290
  read_stats+0x5b8/0x790
irq event stamp: 747160
hardirqs last  enabled at (747160): [<ffffffff80c3f954>] poll+0x84/0xa0
softirqs last disabled at (747137): [<ffffffff802836aa>] __irq_exit_rcu+0x6a/0xa0

other info that might help us debug this:
 Possible unsafe locking scenario:

       CPU0
       ----
  lock(&n->stat_lock);
  <Interrupt>
    lock(&n->stat_lock);

 *** DEADLOCK ***

no locks held by swapper/1/0.

stack backtrace:
CPU: 1 PID: 0 Comm: swapper/1 Not tainted 5.10.0 #3
Call Trace:
 <IRQ>
 on_rx+0x37/0x490
 __do_softirq+0xd1/0x3ff
 </IRQ>
 <TASK>
 cpu_idle+0x1/0x20
 </TASK>
usb 1-1: new device
)"));
  EXPECT_EQ(splat.type, model::SplatType::inconsistent_state);
  EXPECT_EQ(splat.usage(), "SOFTIRQ-ON-W -> IN-SOFTIRQ-W");
  EXPECT_EQ(splat.context, "HC0[0]:SC1[1]:HE1:SE0");
  EXPECT_EQ(splat.names, Names{"&n->stat_lock"});
  EXPECT_EQ(task_names(splat), Names{"swapper/1/0"});
  EXPECT_TRUE(splat.complete);
  ASSERT_EQ(splat.stacks.size(), 2U);
  EXPECT_EQ(splat.stacks[0].about, "{SOFTIRQ-ON-W} state was registered at:");
  EXPECT_EQ(functions(splat.stacks[0].stack), (Names{"lock_acquire", "read_stats"}));
  EXPECT_EQ(functions(splat.stacks[1].stack), (Names{"on_rx", "__do_softirq", "cpu_idle"}));
  EXPECT_EQ(splat.stacks[1].stack[1].context, model::Context::hardirq);
  EXPECT_EQ(splat.stacks[1].stack[2].context, model::Context::task);
  EXPECT_EQ(splat.last_line, 38U);  // "</TASK>"
}

constexpr std::string_view kSafeUnsafe = R"(
=====================================================
WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected
6.1.0 #1 Not tainted
-----------------------------------------------------
q/5 [HC0[0]:SC0[0]:HE0:SE1] is trying to acquire:
ffff888000000100 (unsafe_lock){+.+.}-{2:2}, at: f+0x1/0x20

and this task is already holding:
ffff888000000200 (safe_lock){-...}-{2:2}, at: g+0x1/0x20
which would create a new lock dependency:
 (safe_lock){-...}-{2:2} -> (unsafe_lock){+.+.}-{2:2}

but this new dependency connects a HARDIRQ-irq-safe lock:
 (safe_lock){-...}-{2:2}

... which became HARDIRQ-irq-safe at:
  lock_acquire+0x1/0x20
  handler+0x1/0x20

to a HARDIRQ-irq-unsafe lock:
 (unsafe_lock){+.+.}-{2:2}

... which became HARDIRQ-irq-unsafe at:
...
  lock_acquire+0x1/0x20
  opener+0x1/0x20

other info that might help us debug this:

 Possible interrupt unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(unsafe_lock);
                               local_irq_disable();
                               lock(safe_lock);
                               lock(unsafe_lock);
  <Interrupt>
    lock(safe_lock);

 *** DEADLOCK ***

1 lock held by q/5:
 #0: ffff888000000200 (safe_lock){-...}-{2:2}, at: g+0x1/0x20

the dependencies between HARDIRQ-irq-safe lock and the holding lock:
-> (safe_lock){-...}-{2:2} {
   IN-HARDIRQ-W at:
                    lock_acquire+0x1/0x20
                    handler+0x1/0x20
   INITIAL USE at:
                   lock_acquire+0x1/0x20
                   setup+0x1/0x20
 }
 ... key      at: [<ffffffff8ef91a60>] safe_key+0x0/0x40

the dependencies between the lock to be acquired
 and HARDIRQ-irq-unsafe lock:
-> (unsafe_lock){+.+.}-{2:2} {
   HARDIRQ-ON-W at:
                    lock_acquire+0x1/0x20
                    opener+0x1/0x20
 }
 ... key      at: [<ffffffff8ef8d980>] unsafe_key+0x0/0x40
 ... acquired at:
   lock_acquire+0x1/0x20
   f+0x1/0x20

stack backtrace:
CPU: 0 PID: 5 Comm: q Not tainted 6.1.0 #1
Call Trace:
 check_irq_usage+0x1/0x20
 f+0x1/0x20
)";

TEST(LockdepSplats, SafeToUnsafe) {
  const model::Splat splat = only_splat(stamped(kSafeUnsafe, "[    T5]"));
  EXPECT_EQ(splat.type, model::SplatType::irq_safe_unsafe);
  EXPECT_EQ(splat.usage(), "HARDIRQ-safe -> HARDIRQ-unsafe");
  EXPECT_EQ(splat.names, (Names{"unsafe_lock", "safe_lock"}));
  EXPECT_TRUE(splat.complete);
  const auto chain = splat.chain();
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_EQ(functions(chain[1]->stack), (Names{"lock_acquire", "f"}));
  ASSERT_EQ(splat.stacks.size(), 6U);
  EXPECT_EQ(splat.stacks[0].about, "... which became HARDIRQ-irq-safe at:");
  EXPECT_EQ(functions(splat.stacks[1].stack), (Names{"lock_acquire", "opener"}));
  EXPECT_EQ(splat.stacks.back().about, "stack backtrace:");
}

TEST(LockdepSplats, SafeToUnsafeWithoutTheHeldLockIsIncomplete) {
  std::string log(kSafeUnsafe);
  const size_t begin = log.find("and this task");
  log.erase(begin, log.find("... which became HARDIRQ-irq-safe") - begin);
  EXPECT_FALSE(only_splat(log).complete);
}

TEST(LockdepSplats, Inversion) {
  const model::Splat splat = only_splat(stamped(R"(
========================================================
WARNING: possible irq lock inversion dependency detected
5.11.0 #187 Not tainted
--------------------------------------------------------
kworker/0:0/5 just changed the state of lock:
ffff8be5c721c218 (&host->lock){-...}-{2:2}, at: interrupt+0x24/0x200
but this lock took another, HARDIRQ-READ-unsafe lock in the past:
 (&led->list_lock){.+.?}-{2:2}


and interrupts could create inverse lock ordering between them.


other info that might help us debug this:
Chain exists of:
  &host->lock --> &mid->lock --> &led->list_lock

 Possible interrupt unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(&led->list_lock);
                               local_irq_disable();
                               lock(&host->lock);
                               lock(&mid->lock);
  <Interrupt>
    lock(&host->lock);

 *** DEADLOCK ***

no locks held by kworker/0:0/5.

the shortest dependencies between 2nd lock and 1st lock:
 -> (&led->list_lock){.+.?}-{2:2} {
    HARDIRQ-ON-R at:
                      blink+0x1/0x20
  }
  ... key      at: [<ffffffff8b09e530>] __key.0+0x0/0x10
  ... acquired at:
   oneshot+0x30/0x80

-> (&host->lock){-...}-{2:2} {
   IN-HARDIRQ-W at:
                    interrupt+0x24/0x200
 }
 ... acquired at:
   interrupt+0x24/0x200

stack backtrace:
CPU: 0 PID: 5 Comm: kworker/0:0 Not tainted 5.11.0 #187
Call Trace:
 interrupt+0x24/0x200
)"));
  EXPECT_EQ(splat.type, model::SplatType::irq_inversion);
  EXPECT_EQ(splat.usage(), "HARDIRQ-READ-unsafe");
  EXPECT_EQ(splat.names, (Names{"&host->lock", "&led->list_lock", "&mid->lock"}));
  EXPECT_EQ(splat.lock(model::SplatRole::other)->name, "&led->list_lock");
  EXPECT_EQ(functions(splat.chain()[0]->stack), Names{"oneshot"});
  EXPECT_TRUE(splat.complete);
}

TEST(LockdepSplats, WaitContext) {
  const model::Splat splat = only_splat(stamped(R"(
=============================
[ BUG: Invalid wait context ]
6.16.0 #862 Not tainted
-----------------------------
tx phy0/943 is trying to lock:
ffffffff9055a678 (driver_lock){....}-{3:3}, at: get+0x1e/0x80
other info that might help us debug this:
context-{5:5}
1 lock held by tx phy0/943:
 #0: ffff8a245e66ac58 (&rq->__lock){-.-.}-{2:2}, at: nested+0x23/0x80
stack backtrace:
CPU: 1 UID: 0 PID: 943 Comm: tx phy0 Not tainted 6.16.0 #862 PREEMPT(full)
Call Trace:
 get+0x1e/0x80
)"));
  EXPECT_EQ(splat.type, model::SplatType::invalid_wait_context);
  EXPECT_EQ(splat.context, "5:5");
  EXPECT_EQ(splat.lock(model::SplatRole::acquiring)->wait, "3:3");
  EXPECT_EQ(splat.names, (Names{"driver_lock", "&rq->__lock"}));
  EXPECT_TRUE(splat.complete);
}

TEST(LockdepSplats, HeldWhenFreed) {
  const model::Splat splat = only_splat(R"(
=========================
WARNING: held lock freed!
4.19.0 #9 Not tainted
-------------------------
z/3744 is freeing memory ffff8800b8db4940-ffff8800b8db5107, with a lock still held there!
00000000deadbeef (sk_lock-AF_INET6){+.+.}, at: send+0x231/0x2e20
1 lock held by z/3744:
 #0: 00000000deadbeef (sk_lock-AF_INET6){+.+.}, at: send+0x231/0x2e20

stack backtrace:
CPU: 1 PID: 3744 Comm: z Not tainted 4.19.0 #9
Call Trace:
 kmem_cache_free+0xcd/0x2d0
)");
  EXPECT_EQ(splat.type, model::SplatType::lock_held_freed);
  EXPECT_EQ(splat.lock(model::SplatRole::holding)->name, "sk_lock-AF_INET6");
  EXPECT_EQ(task_names(splat), Names{"z/3744"});
  EXPECT_TRUE(splat.complete);
}

TEST(LockdepSplats, HeldAtTheEndOfASystemCallOrATask) {
  const model::Splat user = only_splat(R"(
================================================
WARNING: lock held when returning to user space!
6.1.0 #1 Not tainted
------------------------------------------------
t/8384 is leaving the kernel with locks still held!
2 locks held by t/8384:
 #0: ffff888000000100 (a){+.+.}-{3:3}, at: f+0x2f/0x550
 #1: ffff888000000200 (b){+.+.}-{3:3}, at: f+0x3f/0x550
)");
  EXPECT_EQ(user.type, model::SplatType::lock_held_returning_user);
  EXPECT_EQ(user.names, (Names{"a", "b"}));
  EXPECT_TRUE(user.complete);
  const model::Splat exit = only_splat(R"(
====================================
WARNING: make/77 still has locks held!
6.1.0 #1 Not tainted
------------------------------------
1 lock held by make/77:
 #0: ffff888000000100 (a){+.+.}-{3:3}, at: f+0x2f/0x550

stack backtrace:
CPU: 0 PID: 77 Comm: make Not tainted 6.1.0 #1
Call Trace:
 do_exit+0x1/0x20
)");
  EXPECT_EQ(exit.type, model::SplatType::lock_held_exit);
  EXPECT_EQ(task_names(exit), Names{"make/77"});
  EXPECT_TRUE(exit.complete);
}

TEST(LockdepSplats, BadUnlockAndContention) {
  const model::Splat unlock = only_splat(stamped(R"(
=====================================
WARNING: bad unlock balance detected!
6.1.0 #1 Not tainted
-------------------------------------
u/12 is trying to release lock (&x->(odd) lock) at:
[<ffffffffc0000123>] wrong_unlock+0x23/0x40 [lab]
but there are no more locks to release!

other info that might help us debug this:
no locks held by u/12.

stack backtrace:
CPU: 0 PID: 12 Comm: u Not tainted 6.1.0 #1
Call Trace:
 wrong_unlock+0x23/0x40 [lab]
)"));
  EXPECT_EQ(unlock.type, model::SplatType::bad_unlock_balance);
  EXPECT_EQ(unlock.lock(model::SplatRole::acquiring)->name, "&x->(odd) lock");
  EXPECT_EQ(task_names(unlock), Names{"u/12"});
  EXPECT_TRUE(unlock.complete);
  ASSERT_EQ(unlock.stacks.size(), 2U);
  EXPECT_EQ(functions(unlock.stacks[0].stack), Names{"wrong_unlock"});
}

TEST(LockdepSplats, NestedLockNotTaken) {
  const model::Splat splat = only_splat(stamped(R"(
==================================
WARNING: Nested lock was not taken
5.4.0 #1 Not tainted
----------------------------------
n/12 is trying to lock:
ffff888000000100 (&inner){+.+.}, at: f+0x2f/0x550

but this task is not holding:
outer_mutex

stack backtrace:
CPU: 0 PID: 12 Comm: n Not tainted 5.4.0 #1
Call Trace:
 f+0x2f/0x550

other info that might help us debug this:
no locks held by n/12.

stack backtrace:
CPU: 0 PID: 12 Comm: n Not tainted 5.4.0 #1
Call Trace:
 f+0x2f/0x550
)"));
  EXPECT_EQ(splat.type, model::SplatType::deadlock_other);
  EXPECT_EQ(splat.names, (Names{"&inner", "outer_mutex"}));
  EXPECT_TRUE(splat.complete);
}

TEST(LockdepSplats, SuspiciousRcu) {
  const model::Splat splat = only_splat(stamped(R"(
=============================
WARNING: suspicious RCU usage
6.1.0 #4 Not tainted
-----------------------------
net/core/x.c:543 suspicious rcu_dereference_check() usage!

other info that might help us debug this:


rcu_scheduler_active = 2, debug_locks = 1
1 lock held by r/9912:
 #0: ffff888000000100 (rtnl_mutex){+.+.}-{3:3}, at: f+0x2f/0x550

stack backtrace:
CPU: 1 PID: 9912 Comm: r Not tainted 6.1.0 #4
Call Trace:
 lockdep_rcu_suspicious+0x1/0x20
)"));
  EXPECT_EQ(splat.type, model::SplatType::suspicious_rcu);
  EXPECT_EQ(splat.names, Names{"rtnl_mutex"});
  EXPECT_EQ(task_names(splat), Names{"r/9912"});
  EXPECT_TRUE(splat.complete);
}

}  // namespace
}  // namespace kmortem::splats::testing
