// SPDX-License-Identifier: GPL-3.0-or-later
// Reports whose lines came out between those of others.
#include <sstream>

#include "splats/logs.h"

namespace kmortem::splats::testing {
namespace {

using Names = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// One line of each in turn.
std::string shuffled(const std::string& a, const std::string& b) {
  const auto first = lines_of(a);
  const auto second = lines_of(b);
  std::string text;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) text += first[i] + "\n";
    if (i < second.size()) text += second[i] + "\n";
  }
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
  return text;
}

TEST(SeveralCpus, CallersKeepTwoReportsApart) {
  std::string other = replaced(std::string(kCircular), "worker thread", "other");
  other = replaced(replaced(other, "beta", "delta"), "412", "7");
  const auto splats =
      read_splats(shuffled(stamped(kCircular, "[  T412]"), stamped(other, "[    T7]")));
  ASSERT_EQ(splats.size(), 2U);
  EXPECT_EQ(task_names(splats[0]), Names{"worker thread/412"});
  EXPECT_EQ(splats[0].names, (Names{"&dev->beta", "&dev->alpha/1"}));
  EXPECT_TRUE(splats[0].complete);
  EXPECT_EQ(task_names(splats[1]), Names{"other/7"});
  EXPECT_EQ(splats[1].names, (Names{"&dev->delta", "&dev->alpha/1"}));
  EXPECT_TRUE(splats[1].complete);
  EXPECT_EQ(splats[1].chain()[0]->stack.size(), 4U);
}

TEST(SeveralCpus, TheLineOfTheCpuTellsSpinlockReportsApart) {
  const auto splats = read_splats(stamped(R"(BUG: spinlock lockup suspected on CPU#7, (x)/2348
BUG: spinlock lockup suspected on CPU#5, (x)/2349
 lock: 0xffffffc07bed2e00, .magic: dead4ead, .owner: n/2270, .owner_cpu: 0
CPU: 5 PID: 2349 Comm: (x) Not tainted 4.4.89 #1
Call trace:
[<ffffff80081447c4>] spin_dump+0x84/0xa8
[<ffffff8008127ff8>] five+0xc8/0x1f0
 lock: 0xffffffc07bed2e80, .magic: dead4ead, .owner: n/2270, .owner_cpu: 0
CPU: 7 PID: 2348 Comm: (x) Not tainted 4.4.89 #1
Call trace:
[<ffffff80081447c4>] spin_dump+0x84/0xa8
[<ffffff8008127ff8>] seven+0xc8/0x1f0
)"));
  ASSERT_EQ(splats.size(), 2U);
  EXPECT_EQ(splats[0].names, Names{"0xffffffc07bed2e80"});
  EXPECT_EQ(functions(splats[0].stacks.at(0).stack), (Names{"spin_dump", "seven"}));
  EXPECT_EQ(splats[1].names, Names{"0xffffffc07bed2e00"});
  EXPECT_EQ(functions(splats[1].stacks.at(0).stack), (Names{"spin_dump", "five"}));
  EXPECT_TRUE(splats[0].complete && splats[1].complete);
}

TEST(SeveralCpus, AStackGoesOnBehindAnotherCpusTitle) {
  const auto splats = read_splats(stamped(R"(BUG: spinlock lockup suspected on CPU#2, a/1
 lock: 0xffffffc07bed2e00, .magic: dead4ead, .owner: n/2270, .owner_cpu: 0
CPU: 2 PID: 1 Comm: a Not tainted 4.4.89 #1
Call trace:
[<ffffff80081447c4>] spin_dump+0x84/0xa8
BUG: spinlock lockup suspected on CPU#1, b/2
 lock: 0xffffffc07bed2e00, .magic: dead4ead, .owner: n/2270, .owner_cpu: 0
[<ffffff8008127ff8>] of_a+0xc8/0x1f0
CPU: 1 PID: 2 Comm: b Not tainted 4.4.89 #1
Call trace:
[<ffffff80081447c4>] of_b+0x84/0xa8
)"));
  ASSERT_EQ(splats.size(), 2U);
  EXPECT_EQ(functions(splats[0].stacks.at(0).stack), (Names{"spin_dump", "of_a"}));
  EXPECT_EQ(functions(splats[1].stacks.at(0).stack), (Names{"of_b"}));
}

TEST(SeveralCpus, AnAskedCpuPrintsForTheStall) {
  const auto splats = read_splats(
      "[   12.000001][   C10] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
      "[   12.000002][   C10] rcu: \t6-...!: (1 GPs behind) idle=01fc/1/0x40 softirq=0/0 fqs=112\n"
      "[   12.000003][   C10] rcu: \t(detected by 10, t=21002 jiffies, g=104869, q=258868)\n"
      "[   12.000004][   C10] Sending NMI from CPU 10 to CPUs 6:\n"
      "[   12.000005][    C6] NMI backtrace for cpu 6\n"
      "[   12.000006][  T313] Emergency Sync complete\n"
      "[   12.000007][    C6] CPU: 6 PID: 640 Comm: napi Not tainted 6.15.0 #901\n"
      "[   12.000008][    C6] Call Trace:\n"
      "[   12.000009][    C6]  of_six+0x57/0x60\n");
  ASSERT_EQ(splats.size(), 1U);
  EXPECT_EQ(task_names(splats[0]), Names{"napi/640"});
  EXPECT_EQ(splats[0].kernel, "6.15.0");
  EXPECT_EQ(functions(splats[0].stacks.at(0).stack), Names{"of_six"});
}

TEST(SeveralCpus, ACpuLineOfAnOopsIsNotTheReports) {
  const auto splats = read_splats(stamped(R"(CPU: 1 PID: 27905 Comm: oopsed Not tainted 5.16.5 #1
Call Trace:
 f+0x1/0x20
NMI watchdog: Watchdog detected hard LOCKUP on cpu 0)"));
  ASSERT_EQ(splats.size(), 1U);
  EXPECT_TRUE(splats[0].tasks.empty());
  EXPECT_EQ(splats[0].kernel, "5.16.5");
  EXPECT_FALSE(splats[0].complete);
}

}  // namespace
}  // namespace kmortem::splats::testing
