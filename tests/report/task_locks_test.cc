// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/task_locks.h"

#include <gmock/gmock.h>

#include "report/classes.h"
#include "report/locks.h"
#include "report/wait_for.h"
#include "reports.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kHolder = 0xffff888100200000;  // small_report()'s task
constexpr uint64_t kWaiter = 0xffff888100300000;

/// small_report()'s task holds a mutex that another one waits for.
model::Snapshot two_tasks() {
  model::Snapshot snapshot = testing::small_report().snapshot;
  model::Task waiter;
  waiter.address = kWaiter;
  waiter.pid = 111;
  waiter.comm = "wait\x1b[1m";
  waiter.state = 'D';
  snapshot.tasks.push_back(waiter);
  model::LockState lock;
  lock.address = 0xffff888100400000;
  lock.type = model::LockType::mutex;
  lock.symbol = "conf_mutex";
  model::LockParty& owner = lock.owners.emplace_back();
  owner.task = kHolder;
  owner.cpu = 1;
  owner.grade = model::Grade::proven;
  model::LockParty& party = lock.waiters.emplace_back();
  party.task = kWaiter;
  party.source = model::LockSource::wait_list;
  party.grade = model::Grade::inferred;
  party.evidence = "on the list";
  party.waited_ns = 3'000'000'000;
  snapshot.locks.push_back(lock);
  return snapshot;
}

TEST(TaskLocks, WhatIsHeldAndByWhichEvidence) {
  const model::Snapshot snapshot = two_tasks();
  const std::string text = task_locks_text(snapshot, *snapshot.task_at(kHolder));
  EXPECT_THAT(text, HasSubstr("PID: 110"));
  EXPECT_THAT(text, HasSubstr("TASK: ffff888100200000"));
  EXPECT_THAT(text, HasSubstr("recorded   #0"));
  EXPECT_THAT(text, HasSubstr("holds      conf_mutex   mutex 0xffff888100400000   (owner_field, "
                              "proven)"));
  EXPECT_THAT(text, Not(HasSubstr("waits for")));
}

TEST(TaskLocks, WhatIsWaitedForAndSinceWhen) {
  const model::Snapshot snapshot = two_tasks();
  const model::Task& waiter = *snapshot.task_at(kWaiter);
  const std::string text = task_locks_text(snapshot, waiter);
  EXPECT_THAT(text, HasSubstr("waits for  conf_mutex"));
  EXPECT_THAT(text, HasSubstr("(wait_list, inferred)   3 s"));
  EXPECT_THAT(text, HasSubstr("wait\\x1b[1m"));
  EXPECT_THAT(text, Not(HasSubstr("on the list")));
  EXPECT_THAT(task_locks_text(snapshot, waiter, {.verbose = true}), HasSubstr("on the list"));
}

TEST(TaskLocks, WhoHasNone) {
  model::Snapshot snapshot = two_tasks();
  EXPECT_TRUE(has_locks(snapshot, *snapshot.task_at(kWaiter)));
  snapshot.locks.clear();
  const model::Task& waiter = *snapshot.task_at(kWaiter);
  EXPECT_FALSE(has_locks(snapshot, waiter));
  EXPECT_TRUE(has_locks(snapshot, *snapshot.task_at(kHolder)));  // by lockdep's record
  EXPECT_THAT(task_locks_text(snapshot, waiter), HasSubstr("no lock is known"));
}

TEST(WaitFor, ALineAWaiter) {
  model::Snapshot snapshot = two_tasks();
  const std::string text = wait_for_text(snapshot);
  EXPECT_THAT(text, HasSubstr("wait\\x1b[1m [111] (inferred)"));
  EXPECT_THAT(text, HasSubstr("kflow_gcd [110] on CPU 1 (proven)"));
  snapshot.locks[0].owners.clear();
  EXPECT_THAT(wait_for_text(snapshot), HasSubstr("mutex  ?"));
  snapshot.locks.clear();
  EXPECT_THAT(wait_for_text(snapshot), HasSubstr("nobody"));
}

TEST(LockStateText, OneLock) {
  const model::Snapshot snapshot = two_tasks();
  const std::string text = lock_state_text(snapshot, snapshot.locks[0]);
  EXPECT_THAT(text, HasSubstr("\nconf_mutex   mutex 0xffff888100400000"));
  EXPECT_THAT(text, HasSubstr("owner      kflow_gcd [110] on CPU 1"));
  EXPECT_THAT(text, HasSubstr("waiter 1   wait\\x1b[1m [111]"));
}

TEST(ClassText, NeighboursByName) {
  model::Lockdep lockdep;
  for (unsigned i = 0; i < 3; ++i) {
    model::LockClass lock_class;
    lock_class.index = i;
    lock_class.name = std::string(1, static_cast<char>('a' + i));
    lock_class.usage = "+.+.";
    lockdep.classes.push_back(lock_class);
    lockdep.position[i] = i;
  }
  lockdep.dependencies = {{.from = 1, .to = 2, .distance = 1},
                          {.from = 1, .to = 0, .distance = 1},
                          {.from = 1, .to = 0, .distance = 2}};
  lockdep.classes[1].locks_after = {0, 2, 99};
  lockdep.classes[1].locks_before = {1};
  const std::string text = class_text(lockdep, lockdep.classes[1]);
  EXPECT_THAT(text, HasSubstr("usage      {+.+.}"));
  EXPECT_THAT(text, HasSubstr("then       c\n"));
  EXPECT_THAT(text, HasSubstr("under      a\n"));
  EXPECT_THAT(text, Not(HasSubstr("then       a")));
}

}  // namespace
}  // namespace kmortem::report
