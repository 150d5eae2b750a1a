// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/worker_pool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/sanitized.h"

namespace kmortem::scan {
namespace {

using How = Ending::How;
using std::chrono::milliseconds;

struct Pool {
  std::map<size_t, Ending> endings;
  volatile sig_atomic_t stop = 0;

  size_t run(size_t count, unsigned jobs, WorkerLimits limits, const WorkerPool::Work& work) {
    WorkerPool pool(jobs, limits);
    return pool.run(count, work, [&](size_t job, Ending ending) { endings[job] = ending; }, &stop);
  }
};

TEST(WorkerPoolTest, EveryJobIsDoneOnce) {
  Pool pool;
  const auto work = [](size_t job) { return "job " + std::to_string(job); };
  EXPECT_EQ(pool.run(20, 3, {}, work), 20U);
  ASSERT_EQ(pool.endings.size(), 20U);
  for (const auto& [job, ending] : pool.endings) {
    EXPECT_EQ(ending.how, How::finished);
    EXPECT_EQ(ending.message, "job " + std::to_string(job));
    EXPECT_GT(ending.memory_kb, 0U);
  }
}

TEST(WorkerPoolTest, AMessageLongerThanAPipeComesWhole) {
  Pool pool;
  pool.run(1, 1, {}, [](size_t) { return std::string(3 << 20, 'x'); });
  EXPECT_EQ(pool.endings[0].message.size(), size_t{3} << 20);
}

TEST(WorkerPoolTest, WhoeverDiesCostsOnlyItself) {
  Pool pool;
  pool.run(4, 2, {}, [](size_t job) -> std::string {
    if (job == 0) std::raise(SIGKILL);
    if (job == 1) throw std::runtime_error("no such luck");
    if (job == 2) _exit(7);
    return "well";
  });
  EXPECT_EQ(pool.endings[0].how, How::crashed);
  EXPECT_EQ(pool.endings[0].message.substr(0, 15), "died of SIGKILL");
  EXPECT_EQ(pool.endings[1].how, How::crashed);
  EXPECT_EQ(pool.endings[1].message, "no such luck");
  EXPECT_EQ(pool.endings[2].message, "exited with code 7");
  EXPECT_EQ(pool.endings[3].how, How::finished);
}

TEST(WorkerPoolTest, WhoeverHangsIsEnded) {
  Pool pool;
  WorkerLimits limits;
  limits.time = milliseconds(200);
  pool.run(2, 2, limits, [](size_t job) -> std::string {
    while (job == 0) pause();
    return "well";
  });
  EXPECT_EQ(pool.endings[0].how, How::timed_out);
  EXPECT_EQ(pool.endings[1].how, How::finished);
}

TEST(WorkerPoolTest, WhoeverClosesItsPipeAndHangsIsEndedToo) {
  Pool pool;
  WorkerLimits limits;
  limits.time = milliseconds(200);
  pool.run(1, 1, limits, [](size_t) -> std::string {
    for (int fd = 3; fd < 64; ++fd) close(fd);
    for (;;) pause();
  });
  EXPECT_EQ(pool.endings[0].how, How::timed_out);
}

TEST(WorkerPoolTest, WhoeverTakesTooMuchMemoryIsRefusedIt) {
  // A sanitizer's own memory would count, and so it has no limit.
  const bool limited = KMORTEM_SANITIZED == 0;
  Pool pool;
  WorkerLimits limits;
  limits.memory = uint64_t{128} << 20;
  pool.run(1, 1, limits, [](size_t) {
    const std::vector<char> much(size_t{256} << 20, 'x');
    return std::string(1, much.back());
  });
  EXPECT_EQ(pool.endings[0].how, limited ? How::out_of_memory : How::finished);
}

TEST(WorkerPoolTest, WhatAWorkerDoesToItsMemoryStaysThere) {
  Pool pool;
  int shared = 1;
  pool.run(1, 1, {}, [&shared](size_t) { return std::to_string(++shared); });
  EXPECT_EQ(pool.endings[0].message, "2");
  EXPECT_EQ(shared, 1);
}

TEST(WorkerPoolTest, StoppedItEndsWhoRunsAndCallsThemNeitherDoneNorCrashed) {
  Pool pool;
  WorkerPool workers(2, {});
  workers.on_tick = [&pool](size_t running) { pool.stop = running == 2 ? 1 : 0; };
  const size_t ended = workers.run(
      5,
      [](size_t) -> std::string {
        for (;;) pause();
      },
      [&](size_t job, Ending ending) { pool.endings[job] = std::move(ending); }, &pool.stop);
  EXPECT_EQ(ended, 0U);
  EXPECT_TRUE(pool.endings.empty());
}

}  // namespace
}  // namespace kmortem::scan
