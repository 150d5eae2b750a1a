// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/task_text.h"

#include <gtest/gtest.h>

namespace kmortem::splats {
namespace {

TEST(TaskText, ThePidFollowsTheLastSeparator) {
  EXPECT_EQ(slash_task("swapper/1/0")->comm, "swapper/1");
  EXPECT_EQ(slash_task("CPU 0/KVM/4263")->pid, 4263);
  EXPECT_EQ(colon_task("kworker/0:1:12")->comm, "kworker/0:1");
  EXPECT_FALSE(slash_task("swapper"));
  EXPECT_FALSE(slash_task("x/12a"));
  EXPECT_FALSE(slash_task("x/99999999999"));
}

TEST(TaskText, CpuLinesOfAllReleases) {
  const auto now = read_cpu_line(
      "CPU: 1 UID: 0 PID: 943 Comm: mt76-tx phy0 Not tainted 6.16.0-lab #862 PREEMPT(full) ");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->cpu, 1);
  EXPECT_EQ(now->task->printed, "mt76-tx phy0/943");
  EXPECT_EQ(now->release, "6.16.0-lab");
  const auto rhel = read_cpu_line(
      "CPU: 45 PID: 2791 Comm: gcd Kdump: loaded Tainted: G        W  OEL ------------   "
      "3.10.0-693.el7.x86_64 #1");
  ASSERT_TRUE(rhel);
  EXPECT_EQ(rhel->task->comm, "gcd");
  EXPECT_EQ(rhel->release, "3.10.0-693.el7.x86_64");
  EXPECT_EQ(rhel->tainted, "G W O E L");
  const auto old = read_cpu_line("Pid: 2182, comm: insmod Not tainted 2.6.39-0.1-default #1");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->task->printed, "insmod/2182");
  EXPECT_EQ(old->release, "2.6.39-0.1-default");
  const auto older = read_cpu_line("Pid: 0, comm: swapper Not tainted (2.6.24 #1)");
  ASSERT_TRUE(older);
  EXPECT_EQ(older->release, "2.6.24");
  const auto cut = read_cpu_line("CPU: 1 PID: 5189 Comm: X Not tai");
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->release, "");
  EXPECT_FALSE(read_cpu_line("CPU: AArch64 Processor [511f2112] revision 2"));
  EXPECT_FALSE(read_cpu_line("CPU0: update cpu_capacity 1024"));
}

TEST(TaskText, HeldLines) {
  EXPECT_EQ(read_held_line("3 locks held by swapper/1/0:")->count, 3U);
  EXPECT_EQ(read_held_line("3 locks held by swapper/1/0:")->task.printed, "swapper/1/0");
  EXPECT_EQ(read_held_line("no locks held by kworker/0:0/5.")->task.pid, 5);
  EXPECT_FALSE(read_held_line("no locks here"));
  EXPECT_FALSE(read_held_line("4 files held by x/1:"));
}

TEST(TaskText, ActingTasks) {
  EXPECT_EQ(read_acting_task("a b/7 is trying to acquire lock:")->printed, "a b/7");
  EXPECT_EQ(read_acting_task("swapper/0 [HC1[1]:SC0[0]:HE0:SE1] takes:")->pid, 0);
  EXPECT_EQ(read_acting_task("x/9 is freeing memory ff-fe, with a lock still held there!")->pid, 9);
  EXPECT_FALSE(read_acting_task("udev is trying to help"));
}

TEST(TaskText, TaskDumps) {
  EXPECT_EQ(read_task_dump("task:postgres        state:D stack:0     pid:132485 ppid:1 flags:0x2")
                ->printed,
            "postgres/132485");
  EXPECT_EQ(read_task_dump("rcu_torture_rea R  running task        0   345      2 0x0000")->printed,
            "rcu_torture_rea/345");
  EXPECT_EQ(read_task_dump("syz-executor1   D21600 12659   3368 0x00000004")->pid, 12659);
  EXPECT_FALSE(read_task_dump("R13: 0000000000000001 R14: 0000000000000202"));
}

TEST(TaskText, Idents) {
  EXPECT_EQ(read_ident("4.3.5+ #9 Not tainted")->release, "4.3.5+");
  EXPECT_EQ(read_ident("3.18.22-eng #2 Tainted: G W")->tainted, "G W");
  EXPECT_EQ(read_ident("2.6.20-rc2 #211")->release, "2.6.20-rc2");
  EXPECT_FALSE(read_ident("3 locks held by x/1:"));
  EXPECT_FALSE(read_ident("12.5 percent of everything"));
}

}  // namespace
}  // namespace kmortem::splats
