// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "checks/strong_components.h"
#include "checks/wait_for_graph.h"
#include "waiting.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using model::LockSource;
using model::LockType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kA = 0xffffffffc0000100;
constexpr uint64_t kB = 0xffffffffc0000200;
constexpr uint64_t kC = 0xffffffffc0000300;

model::LockParty waits(const model::Task& task) {
  return party(task, -1, LockSource::wait_list);
}

/// P holds A and waits for B, Q holds B and waits for A.
model::Snapshot abba() {
  model::Snapshot snapshot = machine();
  const model::Task p = add_sleeper(snapshot, 71, "abba_p", 200);
  const model::Task q = add_sleeper(snapshot, 72, "abba_q", 200);
  model::LockState& a = add_lock(snapshot, kA, LockType::mutex, "lock_a [lk]");
  a.owners = {party(p)};
  a.waiters = {waits(q)};
  model::LockState& b = add_lock(snapshot, kB, LockType::mutex, "lock_b [lk]");
  b.owners = {party(q)};
  b.waiters = {waits(p)};
  return snapshot;
}

TEST(DeadlockCycle, TwoMutexes) {
  const auto findings = check_deadlock_cycle(abba());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, model::Grade::proven);
  EXPECT_THAT(findings[0].locks, SizeIs(2));
  EXPECT_THAT(findings[0].tasks, SizeIs(2));
  EXPECT_THAT(findings[0].explanation, HasSubstr("abba_p [71] holds lock_a [lk] (mutex)"));
  EXPECT_THAT(findings[0].title, HasSubstr("wait for each other"));
}

TEST(DeadlockCycle, ASemaphoreMayBeReleasedByAnybody) {
  model::Snapshot snapshot = abba();
  snapshot.locks[1].type = LockType::semaphore;
  const auto findings = check_deadlock_cycle(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].grade, model::Grade::inferred);
}

TEST(DeadlockCycle, ThoseBehindAreNotInIt) {
  model::Snapshot snapshot = abba();
  const model::Task third = add_sleeper(snapshot, 73, "third", 200);
  snapshot.locks[0].waiters.push_back(waits(third));
  const auto findings = check_deadlock_cycle(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].locks, SizeIs(2));
  EXPECT_THAT(findings[0].explanation, HasSubstr("Behind them: waits third [73]."));
  EXPECT_THAT(check_hung_task(snapshot), IsEmpty());
  EXPECT_THAT(check_lock_stall(snapshot), IsEmpty());
}

TEST(DeadlockCycle, ThreePartiesOfThreeTypes) {
  model::Snapshot snapshot = machine();
  const model::Task a = add_sleeper(snapshot, 1, "a", 200);
  const model::Task b = add_running(snapshot, 2, "b", 1);
  const model::Task c = add_running(snapshot, 3, "c", 2);
  model::LockState& m = add_lock(snapshot, kA, LockType::mutex, "m");
  m.owners = {party(a)};
  m.waiters = {waits(c)};
  model::LockState& r = add_lock(snapshot, kB, LockType::rw_semaphore, "r");
  r.owners = {party(b)};
  r.waiters = {waits(a)};
  model::LockState& s = add_lock(snapshot, kC, LockType::raw_spinlock, "s");
  s.owners = {party(c)};
  s.waiters = {waits(b)};
  const auto findings = check_deadlock_cycle(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].locks, SizeIs(3));
}

TEST(DeadlockCycle, AStaleSideMakesTheWholeStale) {
  model::Snapshot snapshot = abba();
  snapshot.locks[1].owners[0].grade = model::Grade::stale;
  snapshot.locks[1].owners[0].hint = true;
  EXPECT_EQ(check_deadlock_cycle(snapshot).at(0).grade, model::Grade::stale);
}

TEST(DeadlockCycle, OneQueueIsNoCycle) {
  model::Snapshot snapshot = abba();
  snapshot.locks.pop_back();
  EXPECT_THAT(check_deadlock_cycle(snapshot), IsEmpty());
  EXPECT_THAT(check_deadlock_cycle(model::Snapshot{}), IsEmpty());
}

TEST(DeadlockCycle, TheLastReaderIsNoOwner) {
  model::Snapshot snapshot = abba();
  model::LockState& a = snapshot.locks[0];
  a.type = LockType::rw_semaphore;
  a.owners[0].shared = a.owners[0].hint = true;
  EXPECT_THAT(check_deadlock_cycle(snapshot), IsEmpty());
}

TEST(DeadlockCycle, ReadersGoTogetherButNotPastAQueuedWriter) {
  // P reads A and waits to read B; Q reads B and waits to read A: nobody excludes anybody.
  model::Snapshot snapshot = abba();
  for (model::LockState& lock : snapshot.locks) {
    lock.type = LockType::rw_semaphore;
    lock.owners[0].shared = lock.waiters[0].shared = true;
  }
  EXPECT_THAT(check_deadlock_cycle(snapshot), IsEmpty());
  // Writers at the head of both queues, each waiting for the reader that is there.
  const model::Task w = add_sleeper(snapshot, 81, "writer_a", 200);
  const model::Task x = add_sleeper(snapshot, 82, "writer_b", 200);
  snapshot.locks[0].waiters.insert(snapshot.locks[0].waiters.begin(), waits(w));
  snapshot.locks[1].waiters.insert(snapshot.locks[1].waiters.begin(), waits(x));
  const auto findings = check_deadlock_cycle(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].tasks, SizeIs(4));
}

TEST(DeadlockCycle, OwnLockTwice) {
  model::Snapshot snapshot = machine();
  const model::Task task = add_sleeper(snapshot, 5, "twice", 10);
  model::LockState& lock = add_lock(snapshot, kA, LockType::mutex, "m");
  lock.owners = {party(task)};
  lock.waiters = {waits(task)};
  const auto findings = check_deadlock_cycle(snapshot);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].title, HasSubstr("twice [5] waits for m, which it holds itself"));
}

TEST(DeadlockCycle, TheSignatureDoesNotDependOnWhereTheCircleBegins) {
  model::Snapshot snapshot = abba();
  const std::string first = check_deadlock_cycle(snapshot).at(0).signature;
  std::swap(snapshot.locks[0], snapshot.locks[1]);
  std::swap(snapshot.tasks[0], snapshot.tasks[1]);
  EXPECT_EQ(check_deadlock_cycle(snapshot).at(0).signature, first);
}

TEST(StrongComponents, AChainOfManyDoesNotOverflow) {
  constexpr size_t kMany = 200000;
  std::vector<std::vector<size_t>> successors(kMany);
  for (size_t i = 0; i + 1 < kMany; ++i) successors[i].push_back(i + 1);
  successors[kMany - 1].push_back(kMany - 3);
  const auto component = strong_components(successors);
  EXPECT_EQ(component[kMany - 1], component[kMany - 3]);
  EXPECT_NE(component[0], component[1]);
}

TEST(WaitForGraph, QueueOrderIsAnEdge) {
  model::Snapshot snapshot = machine();
  const model::Task a = add_running(snapshot, 1, "a", 0);
  const model::Task b = add_running(snapshot, 2, "b", 1);
  const model::Task c = add_running(snapshot, 3, "c", 2);
  model::LockState& lock = add_lock(snapshot, kA, LockType::raw_spinlock, "s");
  lock.owners = {party(a)};
  lock.waiters = {party(b, -1, LockSource::mcs_queue), party(c, -1, LockSource::mcs_queue)};
  const WaitForGraph graph(snapshot);
  ASSERT_THAT(graph.edges(), SizeIs(3));
  EXPECT_EQ(graph.edges()[2].from, graph.node_of_task(c.address));
  EXPECT_EQ(graph.edges()[2].to, graph.node_of_task(b.address));
  EXPECT_THAT(graph.cycles(), IsEmpty());
}

}  // namespace
}  // namespace kmortem::checks
