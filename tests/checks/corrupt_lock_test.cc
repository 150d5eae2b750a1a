// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/rules.h"
#include "snapshots.h"

namespace kmortem::checks {
namespace {

using namespace testing;
using ::testing::HasSubstr;

constexpr uint64_t kTask = 0xffff888100200000;

model::Snapshot with_spinlock(uint64_t value, int owner_cpu, uint64_t owner,
                              const std::string& symbol = "my_lock") {
  model::Snapshot snapshot = lockdep_snapshot();
  model::SpinlockInstance lock;
  lock.address = 0xffffffff82345600;
  lock.value = value;
  lock.owner_cpu = owner_cpu;
  lock.owner = owner;
  lock.map = lock.address + 0x18;
  lock.name = "my_lock";
  lock.symbol = symbol;
  snapshot.scan.spinlocks.push_back(lock);
  return snapshot;
}

size_t found(const model::Snapshot& snapshot) {
  return check_corrupt_lock(snapshot).size();
}

TEST(CorruptLock, FreeAndHeldLocksAreHealthy) {
  EXPECT_EQ(found(with_spinlock(0, -1, 0)), 0U);
  EXPECT_EQ(found(with_spinlock(1, 1, kTask)), 0U);
  EXPECT_EQ(found(with_spinlock(0x40101, 0, kTask)), 0U);
}

// A CPU can be stopped between the stores of spin_lock() and spin_unlock().
TEST(CorruptLock, HalfTakenAndHalfReleasedLocksAreHealthy) {
  EXPECT_EQ(found(with_spinlock(1, -1, 0)), 0U);
  EXPECT_EQ(found(with_spinlock(1, 0, 0)), 0U);
}

TEST(CorruptLock, AFreeLockWithAnOwner) {
  const auto findings = check_corrupt_lock(with_spinlock(0, 1, kTask));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::error);
  EXPECT_THAT(findings[0].title, HasSubstr("its owner is still 0xffff888100200000"));
  EXPECT_EQ(findings[0].signature, "corrupt-lock:owner:my_lock");
  EXPECT_EQ(found(with_spinlock(0, 1, 0)), 1U);
}

TEST(CorruptLock, OwnersThatCannotBe) {
  EXPECT_EQ(found(with_spinlock(1, 7, kTask)), 1U);
  EXPECT_EQ(found(with_spinlock(1, -5, kTask)), 1U);
  EXPECT_EQ(found(with_spinlock(1, 0, 0x1234)), 1U);
  EXPECT_EQ(found(with_spinlock(1, 0, kTask + 1)), 1U);
}

// A slab's free list writes into freed objects.
TEST(CorruptLock, FreedMemoryIsNotJudgedUnlessALockThereIsHeld) {
  model::Snapshot snapshot = with_spinlock(0, 1, kTask, "");
  EXPECT_EQ(found(snapshot), 0U);
  add_class(snapshot, 1, "my_lock", 0xffffffff82000000);
  model::Task task;
  task.lockdep_known = true;
  task.held_locks.emplace_back();
  task.held_locks[0].address = snapshot.scan.spinlocks[0].map;
  task.held_locks[0].class_index = 1;
  snapshot.tasks.push_back(task);
  EXPECT_EQ(found(snapshot), 1U);
}

model::Snapshot with_held_class(int class_index) {
  model::Snapshot snapshot = lockdep_snapshot();
  add_class(snapshot, 1, "a", 0xffffffff82000000);
  model::Task task;
  task.pid = 84;
  task.comm = "worker";
  task.lockdep_known = true;
  task.held_locks.emplace_back();
  task.held_locks[0].class_index = class_index;
  task.held_locks[0].acquired_at.function = "f";
  snapshot.tasks.push_back(task);
  return snapshot;
}

TEST(CorruptLock, HeldLockWithoutAClass) {
  EXPECT_EQ(found(with_held_class(1)), 0U);
  const auto findings = check_corrupt_lock(with_held_class(-1));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, model::Severity::warning);
  EXPECT_THAT(findings[0].title, HasSubstr("worker [84]"));
  EXPECT_EQ(findings[0].signature, "corrupt-lock:held-class:f");
  EXPECT_EQ(found(with_held_class(3000)), 1U);
}

TEST(CorruptLock, HeldLocksBeingWrittenOrClassesUnreadDoNotFire) {
  model::Snapshot inside = with_held_class(-1);
  inside.tasks[0].on_cpu = true;
  inside.tasks[0].lockdep_recursion = 1;
  EXPECT_EQ(found(inside), 0U);

  model::Snapshot unread = with_held_class(-1);
  unread.lockdep.read_completely = false;
  unread.lockdep.inconsistencies = {"class 1 is not in the hash"};
  EXPECT_EQ(found(unread), 0U);
}

TEST(CorruptLock, ContradictoryTablesAreOneFinding) {
  model::Snapshot snapshot = lockdep_snapshot();
  for (int i = 0; i < 30; ++i) snapshot.lockdep.inconsistencies.push_back("line");
  const auto findings = check_corrupt_lock(snapshot);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].title, HasSubstr("30 places"));
  EXPECT_THAT(all_text(findings[0]), HasSubstr("and 18 more"));
}

}  // namespace
}  // namespace kmortem::checks
