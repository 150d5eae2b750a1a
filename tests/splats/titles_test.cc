// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/titles.h"

#include <gtest/gtest.h>

namespace kmortem::splats {
namespace {

struct Case {
  const char* line;
  const char* type;
  const char* task = "";
  int cpu = -1;
};

// One for each place in the kernel that prints a title, in the words of the releases.
TEST(Titles, OfTwentyYears) {
  const Case cases[] = {
      {"[ INFO: possible circular locking dependency detected ]", "circular"},
      {"WARNING: possible circular locking dependency detected", "circular"},
      {"[ INFO: possible recursive locking detected ]", "recursive"},
      {"WARNING: possible recursive locking detected", "recursive"},
      {"[ INFO: inconsistent lock state ]", "inconsistent-state"},
      {"WARNING: inconsistent lock state", "inconsistent-state"},
      {"[ INFO: possible irq lock inversion dependency detected ]", "irq-inversion"},
      {"[ INFO: hard-safe -> hard-unsafe lock order detected ]", "irq-safe-unsafe"},
      {"WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected", "irq-safe-unsafe"},
      {"[ BUG: Invalid wait context ]", "invalid-wait-context"},
      {"[ BUG: held lock freed! ]", "lock-held-freed"},
      {"WARNING: held lock freed!", "lock-held-freed"},
      {"[ BUG: lock held when returning to user space! ]", "lock-held-returning-user"},
      {"[ BUG: lock held at task exit time! ]", "lock-held-exit"},
      {"[ BUG: make/77 still has locks held! ]", "lock-held-exit", "make/77"},
      {"WARNING: make/77 still has locks held!", "lock-held-exit", "make/77"},
      {"[ BUG: bad unlock balance detected! ]", "bad-unlock-balance"},
      {"WARNING: bad unlock balance detected!", "bad-unlock-balance"},
      {"[ BUG: bad contention detected! ]", "bad-contention"},
      {"[ INFO: suspicious RCU usage. ]", "suspicious-rcu"},
      {"[ INFO: suspicious rcu_dereference_check() usage. ]", "suspicious-rcu"},
      {"WARNING: suspicious RCU usage", "suspicious-rcu"},
      {"WARNING: chain_key collision", "lockdep-internal"},
      {"[ INFO: chain_key collision ]", "lockdep-internal"},
      {"WARNING: Nested lock was not taken", "deadlock-other"},
      {"[ BUG: Nested lock was not taken ]", "deadlock-other"},
      {"[ BUG: circular locking deadlock detected! ]", "deadlock-other"},
      {"INFO: trying to register non-static key.", "non-static-key"},
      {"BUG: key ffff888012345678 has not been registered!", "non-static-key"},
      {"BUG: key ffff880012345678 not in .data!", "non-static-key"},
      {"BUG: MAX_LOCKDEP_ENTRIES too low!", "max-lockdep"},
      {"BUG: MAX_LOCKDEP_CHAIN_HLOCKS too low!", "max-lockdep"},
      {"BUG: MAX_LOCK_DEPTH too low!", "max-lockdep"},
      {"BUG: MAX_STACK_TRACE_ENTRIES too low!", "max-lockdep"},
      {"BUG: looking up invalid subclass: 9", "max-lockdep"},
      {"lockdep bfs error:-1", "max-lockdep"},
      {"BUG: spinlock bad magic on CPU#0, ^odd * comm/20513", "spinlock-bad-magic",
       "^odd * comm/20513", 0},
      {"BUG: rwlock bad magic on CPU#1, a/2, ffff880012345678", "spinlock-bad-magic", "a/2", 1},
      {"BUG: spinlock recursion on CPU#3, a/2", "deadlock-other", "a/2", 3},
      {"BUG: spinlock lockup suspected on CPU#0, ksdioirqd/mmc0/73", "spinlock-lockup",
       "ksdioirqd/mmc0/73", 0},
      {"BUG: spinlock lockup on CPU#0, a/2, c3358724", "spinlock-lockup", "a/2", 0},
      {"BUG: write-lock lockup on CPU#0, a/2, c3358724", "spinlock-lockup", "a/2", 0},
      {"BUG: spinlock already unlocked on CPU#0, a/2", "spinlock-wrong-owner", "a/2", 0},
      {"BUG: spinlock wrong owner on CPU#0, a/2", "spinlock-wrong-owner", "a/2", 0},
      {"BUG: spinlock wrong CPU on CPU#0, a/2", "spinlock-wrong-owner", "a/2", 0},
      {"BUG: sleeping function called from invalid context at mm/x.c:12", "sleeping-atomic"},
      {"BUG: scheduling while atomic: swapper/4/0/0x00000005", "scheduling-atomic", "swapper/4/0"},
      {"BUG: scheduling while atomic: bash/0x00000002/345", "scheduling-atomic", "bash/345"},
      {"BUG: soft lockup - CPU#1 stuck for 22s! [X:5189]", "soft-lockup", "X:5189", 1},
      {"watchdog: BUG: soft lockup - CPU#11 stuck for 27s! [kworker/u8:2:77]", "soft-lockup",
       "kworker/u8:2:77", 11},
      {"NMI watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a b:1]", "soft-lockup", "a b:1", 0},
      {"BUG: soft lockup detected on CPU#0!", "soft-lockup", "", 0},
      {"NMI watchdog: Watchdog detected hard LOCKUP on cpu 3", "hard-lockup", "", 3},
      {"watchdog: CPU6: Watchdog detected hard LOCKUP on cpu 6", "hard-lockup", "", 6},
      {"Watchdog detected hard LOCKUP on cpu 5", "hard-lockup", "", 5},
      {"NMI Watchdog detected LOCKUP on CPU 0", "hard-lockup", "", 0},
      {"BUG: NMI Watchdog detected LOCKUP on CPU1, ip c0100, registers:", "hard-lockup", "", 1},
      {"watchdog: CPU 4 self-detected hard LOCKUP @ f+0x1/0x2", "hard-lockup", "", 4},
      {"rcu: INFO: rcu_sched self-detected stall on CPU", "rcu-stall"},
      {"INFO: rcu_preempt detected stalls on CPUs/tasks: { 1 3} (detected by 0, t=6 jiffies)",
       "rcu-stall"},
      {"rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-... }", "rcu-stall"},
      {"INFO: rcu_tasks detected stalls on tasks:", "rcu-stall"},
      {"INFO: task kworker/0:1:12 blocked for more than 120 seconds.", "hung-task",
       "kworker/0:1:12"},
      {"INFO: task a:12 blocked in I/O wait for more than 120 seconds.", "hung-task", "a:12"},
  };
  for (const Case& each : cases) {
    const auto title = find_title(each.line);
    ASSERT_TRUE(title) << each.line;
    EXPECT_EQ(model::splat_type_name(title->type), each.type) << each.line;
    EXPECT_EQ(title->task ? title->task->printed : "", each.task) << each.line;
    EXPECT_EQ(title->cpu, each.cpu) << each.line;
  }
}

TEST(Titles, OtherLinesAreNone) {
  for (const char* line : {
           "Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
           "... MAX_LOCKDEP_KEYS:        8192",
           "BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 32s!",
           "BUG: KASAN: use-after-free in lock_acquire+0x1/0x2",
           "BUG: unable to handle page fault for address: ffff",
           "Kernel panic - not syncing: softlockup: hung tasks",
           "Kernel panic - not syncing: Hard LOCKUP",
           "INFO: lockdep is turned off.",
           "turning off the locking correctness validator.",
           "WARNING: CPU: 1 PID: 2 at kernel/locking/lockdep.c:1234 check+0x1/0x2",
           "rcu: INFO: Stall ended before state dump start",
           "possible circular locking dependency detected",
           "Watchdog CPU:0 is fine",
           "INFO: task list has more than ten entries",
           "lockup_detector: hard LOCKUP on cpu 1 is what it looks for",
           "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
       }) {
    EXPECT_FALSE(find_title(line)) << line;
  }
}

TEST(Titles, NameTheUsageAndTheLock) {
  const auto order = find_title("WARNING: HARDIRQ-READ-safe -> HARDIRQ-unsafe lock order detected");
  EXPECT_EQ(order->usage_from, "HARDIRQ-READ-safe");
  EXPECT_EQ(order->usage_to, "HARDIRQ-unsafe");
  EXPECT_EQ(find_title("BUG: spinlock lockup on CPU#0, a/2, c3358724")->lock, "c3358724");
  const auto stall = find_title("INFO: rcu_sched detected stalls on CPUs/tasks: { 1 3 P9}");
  EXPECT_EQ(stall->cpus, (std::vector<int>{1, 3}));
}

}  // namespace
}  // namespace kmortem::splats
