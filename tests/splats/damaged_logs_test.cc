// SPDX-License-Identifier: GPL-3.0-or-later
// Logs as they come from dying machines: cut, with lines lost, with bytes that are something else.
#include <random>

#include "splats/logs.h"

namespace kmortem::splats::testing {
namespace {

TEST(DamagedLogs, ACutReportIsThereAndIncomplete) {
  const std::string log = stamped(kCircular);
  const size_t title = log.find("detected\n") + 8;
  const size_t stack = log.find("dump_stack_lvl+0x56/0x7") + 23;
  for (size_t length = title; length < log.size(); ++length) {
    const auto splats = read_splats(log.substr(0, length));
    ASSERT_EQ(splats.size(), 1U) << length;
    EXPECT_EQ(splats[0].type, model::SplatType::circular);
    // Behind the first frame of the last stack nothing says that more should come.
    if (length < stack) {
      EXPECT_FALSE(splats[0].complete) << length;
    }
  }
}

TEST(DamagedLogs, ALostLineNeverAddsALock) {
  const std::string log = stamped(kCircular);
  for (size_t begin = 0; begin < log.size();) {
    const size_t end = log.find('\n', begin) + 1;
    std::string without = log;
    without.erase(begin, end - begin);
    for (const model::Splat& splat : read_splats(without)) {
      for (const std::string& name : splat.names) {
        EXPECT_TRUE(name == "&dev->beta" || name == "&dev->alpha/1") << name;
      }
      EXPECT_LE(splat.tasks.size(), 1U);
    }
    begin = end;
  }
}

TEST(DamagedLogs, ALostElementOrHeldLockMakesItIncomplete) {
  for (const char* line : {"-> #0 (&dev->beta)", " #0: ffff888004a31000", "is trying to acquire"}) {
    std::string log(kCircular);
    const size_t at = log.rfind('\n', log.find(line)) + 1;
    log.erase(at, log.find('\n', at) + 1 - at);
    EXPECT_FALSE(only_splat(log).complete) << line;
  }
}

TEST(DamagedLogs, TheKernelSaysThatLinesAreMissing) {
  std::string log = stamped(kCircular);
  log.insert(log.find("[   12.000030]"), "[   12.000030] ** 12 printk messages dropped **\n");
  EXPECT_FALSE(only_splat(log).complete);
}

TEST(DamagedLogs, ACutFrameIsSeen) {
  const model::Splat splat =
      only_splat(stamped(R"(INFO: task a:12 blocked for more than 120 seconds.
      Not tainted 4.15.0 #152
Call Trace:
 __schedule+0x8eb/0x2060
 ? checkpa)"));
  EXPECT_FALSE(splat.complete);
}

TEST(DamagedLogs, NoiseOfTheConsoleIsPassedOver) {
  std::string log = stamped(kCircular);
  for (size_t at = log.find('\n'); at != std::string::npos; at = log.find('\n', at + 40)) {
    log.insert(at + 1, "[   12.500000] usb 1-1: new high-speed device\n");
    at += 46;
  }
  const model::Splat splat = only_splat(log);
  EXPECT_EQ(splat.names.size(), 2U);
  EXPECT_EQ(splat.chain().size(), 2U);
}

TEST(DamagedLogs, FlippedBitsAndBytesAreSurvived) {
  std::mt19937 random(7);
  const std::string log = stamped(kCircular, "[  T412]") + std::string(kCircular);
  for (int round = 0; round < 400; ++round) {
    std::string damaged = log;
    const int changes = 1 + round % 40;
    for (int change = 0; change < changes; ++change) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    for (const model::Splat& splat : read_splats(damaged)) {
      EXPECT_LE(splat.first_line, splat.last_line);
      EXPECT_LE(splat.names.size(), splat.locks.size() + splat.scenario.size() + 3);
    }
  }
}

TEST(DamagedLogs, HugeNumbersAndEndlessListsAreBounded) {
  std::string log = "INFO: rcu_sched detected stalls on CPUs/tasks: { 99999999999999 1}\n";
  log += "WARNING: possible circular locking dependency detected\n";
  log += "99999999999999999999 locks held by x/99999999999:\n";
  for (int i = 0; i < 20000; ++i) log += "-> #1 (l" + std::to_string(i) + "){+.+.}:\n f+0x1/0x2\n";
  for (const model::Splat& splat : read_splats(log)) EXPECT_LE(splat.locks.size(), 2000U);
  std::string titles;
  for (int i = 0; i < 10000; ++i) titles += "WARNING: inconsistent lock state\n";
  EXPECT_LE(read_splats(titles).size(), 4096U);
}

}  // namespace
}  // namespace kmortem::splats::testing
