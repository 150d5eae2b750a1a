// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/locks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kmortem::report {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kOwner = 0xffff888100200000;
constexpr uint64_t kWaiter = 0xffff888100300000;
constexpr uint64_t kLock = 0xffff888100400010;

model::LockParty party(uint64_t task, int cpu, model::Grade grade, const std::string& evidence) {
  model::LockParty result;
  result.task = task;
  result.cpu = cpu;
  result.grade = grade;
  result.evidence = evidence;
  return result;
}

/// A task on CPU 1 holds a mutex in a freed slab object, another sleeps on it.
model::Snapshot snapshot() {
  model::Snapshot result;
  for (int i = 0; i < 2; ++i) {
    result.cpus.emplace_back();
    result.cpus.back().number = i;
  }
  result.cpus[1].current_task = kOwner;
  for (const auto& [address, comm, state] :
       {std::tuple{kOwner, "session_close", 'R'}, std::tuple{kWaiter, "session_send", 'D'}}) {
    model::Task task;
    task.address = address;
    task.pid = address == kOwner ? 45 : 46;
    task.comm = comm;
    task.state = state;
    result.tasks.push_back(task);
  }
  model::LockState lock;
  lock.address = kLock;
  lock.type = model::LockType::mutex;
  lock.slab = "lk_session+0x8";
  lock.value = kOwner | 1;
  lock.value_text = "locked, waiters";
  lock.locked = true;
  lock.in_freed_memory = true;
  lock.freed_because = "its object is free";
  lock.owners = {party(kOwner, 1, model::Grade::proven, "mutex.owner")};
  lock.waiters = {party(kWaiter, -1, model::Grade::inferred, "a waiter on the stack")};
  lock.waiters[0].waited_ns = 37'000'000'000;
  lock.undecided = {"who else waits"};
  result.locks.push_back(lock);
  return result;
}

TEST(LocksText, EachLockWithOwnersAndWaiters) {
  const std::string text = locks_by_owner_text(snapshot());
  EXPECT_THAT(text, HasSubstr("1 lock with an owner that is known, 1 waited for\n"));
  EXPECT_THAT(text, HasSubstr("0xffff888100400010   mutex 0xffff888100400010   locked, waiters\n"));
  EXPECT_THAT(text, HasSubstr("  memory     slab lk_session+0x8\n"));
  EXPECT_THAT(text, HasSubstr("  freed      its object is free\n"));
  EXPECT_THAT(text, HasSubstr("  owner      session_close [45] on CPU 1   (proven)\n"));
  EXPECT_THAT(text, HasSubstr("  waiter 1   session_send [46]   (inferred)   37 s\n"));
  EXPECT_THAT(text, HasSubstr("  undecided  who else waits\n"));
  EXPECT_THAT(text, Not(HasSubstr("mutex.owner")));
}

TEST(LocksText, ByCpuAndByTask) {
  const std::string text = locks_by_owner_text(snapshot());
  EXPECT_THAT(text, HasSubstr("  1  session_close [45]  0xffff888100400010  -\n"));
  EXPECT_THAT(text,
              HasSubstr("session_send [46]   D      -                   0xffff888100400010\n"));
}

TEST(LocksText, VerboseShowsWhatItRestsOn) {
  TextOptions options;
  options.verbose = true;
  EXPECT_THAT(locks_by_owner_text(snapshot(), options), HasSubstr("             mutex.owner\n"));
}

TEST(LocksText, AnnotationsOfLockdepAreLeftOut) {
  model::Snapshot with = snapshot();
  with.locks[0].type = model::LockType::lockdep_only;
  EXPECT_THAT(locks_by_owner_text(with), Not(HasSubstr("  owner ")));
}

TEST(LocksText, NamesAreMadePrintable) {
  model::Snapshot with = snapshot();
  with.tasks[0].comm = "a\x1b[2J";
  EXPECT_THAT(locks_by_owner_text(with), Not(HasSubstr("\x1b")));
}

TEST(LocksJson, OneLock) {
  const json all = json::parse(locks_by_owner_json(snapshot()));
  EXPECT_EQ(all["schema"], "kmortem-locks/1");
  const json& lock = all["locks"][0];
  EXPECT_EQ(lock["address"], "0xffff888100400010");
  EXPECT_EQ(lock["type"], "mutex");
  EXPECT_EQ(lock["slab"], "lk_session+0x8");
  EXPECT_EQ(lock["value"], "0xffff888100200001");
  EXPECT_EQ(lock["in_freed_memory"], true);
  EXPECT_EQ(lock["owners"][0]["pid"], 45);
  EXPECT_EQ(lock["owners"][0]["cpu"], 1);
  EXPECT_EQ(lock["owners"][0]["grade"], "proven");
  EXPECT_EQ(lock["waiters"][0]["cpu"], nullptr);
  EXPECT_EQ(lock["waiters"][0]["waited_ns"], 37'000'000'000);
}

TEST(LocksJson, SpinlocksByCpu) {
  model::Snapshot with = snapshot();
  with.locks[0].type = model::LockType::raw_spinlock;
  with.locks[0].waiters[0].cpu = 0;
  const json all = json::parse(locks_by_owner_json(with));
  EXPECT_EQ(all["cpus"][1]["spinlocks_held"][0]["address"], "0xffff888100400010");
  EXPECT_EQ(all["cpus"][0]["spinning_on"]["type"], "spinlock");
  EXPECT_EQ(all["cpus"][1]["spinning_on"], nullptr);
}

}  // namespace
}  // namespace kmortem::report
