// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "locks/lock_layouts.h"
#include "support/fake_kernel.h"

namespace kmortem::locks {
namespace {

using model::Grade;
using model::LockSource;
using model::LockState;
using model::LockType;
using test::FakeKernel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kData = 0xffff888001000000;
constexpr uint64_t kTasks = 0xffff888002000000;
constexpr uint64_t kStacks = 0xffffc90000000000;
constexpr uint64_t kMutexSlow = 0xffffffff81500000;

/// A kernel without lock debugging, whose tasks sleep in __mutex_lock().
class LockStates : public ::testing::Test {
 protected:
  LockStates() {
    auto& t = kernel_.types;
    test::mutex_6_1(t);
    test::rwsem_6_1(t);
    test::raw_spinlock(t, test::qspinlock(t));
    t.define("task_struct", 64,
             {t.at(0, "thread", t.structure("", 8, {t.at(0, "sp", t.u64)})),
              t.at(8, "blocked_on", t.pointer())});
    kernel_.symbols.add("__mutex_lock.constprop.0", kMutexSlow, 0x400);
    kernel_.symbols.add("schedule", 0xffffffff81600000, 0x100);
    kernel_.memory.map(kData, 4096);
    for (unsigned i = 0; i < 4; ++i) {
      model::Task task;
      task.address = task_at(i);
      task.pid = static_cast<int>(100 + i);
      task.comm = "t" + std::to_string(i);
      task.state = 'D';
      task.stack_base = stack_of(i);
      tasks_.push_back(task);
      kernel_.memory.map(task.address, 64);
      kernel_.memory.map(stack_of(i), 16384);
      kernel_.set(task.address, "task_struct.thread.sp", stack_of(i) + 0x3d00);
    }
  }

  static uint64_t task_at(unsigned i) { return kTasks + i * 0x1000; }
  static uint64_t stack_of(unsigned i) { return kStacks + i * 0x8000; }
  static uint64_t waiter_of(unsigned i) { return stack_of(i) + 0x3e00; }

  void link(const std::vector<uint64_t>& ring) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const uint64_t next = ring[(i + 1) % ring.size()];
      kernel_.memory.put_u64(ring[i], next);
      kernel_.memory.put_u64(next + 8, ring[i]);
    }
  }

  /// A mutex that tasks wait for, with frames of __mutex_lock() on their stacks.
  void mutex(uint64_t address, uint64_t owner, const std::vector<unsigned>& waiting) {
    kernel_.set(address, "mutex.owner", owner | (waiting.empty() ? 0 : 1));
    std::vector<uint64_t> ring = {address + 16};
    for (const unsigned i : waiting) {
      ring.push_back(waiter_of(i));
      kernel_.memory.put_u64(waiter_of(i) + 16, task_at(i));
      kernel_.memory.put_u64(waiter_of(i) - 0x40, kMutexSlow + 0x123);
    }
    link(ring);
  }

  std::vector<LockState> read() {
    TaskWaitReader waits(kernel_.types.table());
    for (const model::Task& task : tasks_) {
      const auto bytes = kernel_.memory.read_bytes(task.address, 64).value();
      waits.visit(kernel::Record(task.address, bytes), task);
    }
    return read_lock_states(kernel_.target(),
                            {lockdep_, tasks_, cpus_, scan_, waits, parties_, name_});
  }

  model::HeldLock held(uint64_t map, unsigned read = 0) {
    model::HeldLock lock;
    lock.address = map;
    lock.read = read;
    return lock;
  }

  FakeKernel kernel_;
  model::Lockdep lockdep_;
  std::vector<model::Task> tasks_;
  std::vector<model::Cpu> cpus_;
  model::MemoryScan scan_;
  std::vector<PartyAt> parties_;
  NameAddress name_ = [](uint64_t address) {
    return address == kData ? std::string("a_mutex") : std::string();
  };
};

TEST_F(LockStates, TwoMutexesCrosswise) {
  mutex(kData, task_at(0), {1});
  mutex(kData + 64, task_at(1), {0, 2});
  const auto locks = read();
  ASSERT_EQ(locks.size(), 2U);
  EXPECT_EQ(locks[0].address, kData);
  EXPECT_EQ(locks[0].type, LockType::mutex);
  EXPECT_EQ(locks[0].name, "a_mutex");
  ASSERT_EQ(locks[0].owners.size(), 1U);
  EXPECT_EQ(locks[0].owners[0].task, task_at(0));
  EXPECT_EQ(locks[0].owners[0].grade, Grade::proven);
  ASSERT_EQ(locks[0].waiters.size(), 1U);
  EXPECT_EQ(locks[0].waiters[0].task, task_at(1));
  EXPECT_EQ(locks[0].waiters[0].grade, Grade::proven);
  EXPECT_THAT(locks[0].waiters[0].evidence, HasSubstr("on the stack"));
  ASSERT_EQ(locks[1].waiters.size(), 2U);
  EXPECT_EQ(locks[1].waiters[0].task, task_at(0));
  EXPECT_EQ(locks[1].waiters[1].task, task_at(2));
}

TEST_F(LockStates, AWaiterOutsideALockFunctionIsNotTaken) {
  mutex(kData, task_at(0), {1});
  kernel_.memory.put_u64(waiter_of(1) - 0x40, 0xffffffff81600010);
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(LockStates, AnUnlockedListIsNoMutex) {
  mutex(kData, task_at(0), {1});
  // Somebody waits, yet the word does not say so: these are not a mutex and its waiters.
  kernel_.set(kData, "mutex.owner", task_at(0));
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(LockStates, AnOwnerThatIsNoTaskIsNotInvented) {
  mutex(kData, task_at(0), {1});
  kernel_.set(kData, "mutex.owner", 0xffff888005550001);
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(LockStates, AnOwnerAmongTasksThatTheDumpLacksIsNotGone) {
  mutex(kData, task_at(0), {1});
  std::erase_if(tasks_, [](const model::Task& task) { return task.pid == 100; });
  PartyAt waiting;
  waiting.lock = kData;
  waiting.type = LockType::mutex;
  waiting.waits = true;
  waiting.party.task = task_at(1);
  waiting.party.source = LockSource::registers;
  parties_.push_back(waiting);
  auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_EQ(locks[0].gone_owner, task_at(0));
  kernel_.problems.add({"task_struct", task_at(0), "page excluded from the dump", "missing"});
  locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_EQ(locks[0].gone_owner, 0U);
  EXPECT_EQ(locks[0].unlisted_owner, task_at(0));
}

// As a dump of Debian's 6.12 had it: one task_struct is missing, and the words before that task's
// waiter read as a mutex for which somebody waits.
TEST_F(LockStates, AStrangersWaiterIsNoMutex) {
  mutex(kData, task_at(0), {2, 1, 3});
  kernel_.memory.put_u64(waiter_of(1) - 16, 1);
  std::erase_if(tasks_, [](const model::Task& task) { return task.pid == 101; });
  const auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_EQ(locks[0].address, kData);
  ASSERT_EQ(locks[0].waiters.size(), 3U);
  EXPECT_EQ(locks[0].waiters[0].grade, Grade::proven);
  EXPECT_EQ(locks[0].waiters[1].grade, Grade::unknown);
  // Without an owner that is known neither of the two is told from the other.
  kernel_.set(kData, "mutex.owner", 1);
  EXPECT_THAT(read(), IsEmpty());
}

// The same dump lacked the page with the mutex itself.
TEST_F(LockStates, AMutexThatTheDumpLacksIsToldByItsWaiters) {
  constexpr uint64_t kLost = kData + 0x10000;
  mutex(kLost, task_at(0), {1, 2});
  kernel_.memory.exclude(kLost);
  auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_EQ(locks[0].address, kLost);
  EXPECT_EQ(locks[0].type, LockType::mutex);
  EXPECT_THAT(locks[0].owners, IsEmpty());
  ASSERT_EQ(locks[0].waiters.size(), 2U);
  EXPECT_EQ(locks[0].waiters[0].grade, Grade::inferred);
  EXPECT_THAT(locks[0].waiters[0].evidence, HasSubstr("which the dump lacks"));
  // What the function that waits has in a register confirms it.
  PartyAt seen;
  seen.lock = kLost;
  seen.type = LockType::mutex;
  seen.waits = true;
  seen.party.task = task_at(1);
  seen.party.source = LockSource::registers;
  seen.party.grade = Grade::inferred;
  parties_.push_back(seen);
  locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_EQ(locks[0].waiters[0].task, task_at(1));
  EXPECT_EQ(locks[0].waiters[0].grade, Grade::proven);
  EXPECT_EQ(locks[0].waiters[1].grade, Grade::inferred);
}

TEST_F(LockStates, LinksThatEndInDifferentPlacesAreOfNoList) {
  constexpr uint64_t kLost = kData + 0x10000;
  mutex(kLost, task_at(0), {1});
  kernel_.memory.put_u64(waiter_of(1), kLost + 0x2010);
  kernel_.memory.exclude(kLost, 0x3000);
  EXPECT_THAT(read(), IsEmpty());
  // Nor do addresses that no page table ever had.
  kernel_.memory.put_u64(waiter_of(1), kData + 0x40000);
  kernel_.memory.put_u64(waiter_of(1) + 8, kData + 0x40000);
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(LockStates, BlockedOnNamesTheWaiter) {
  auto& t = kernel_.types;
  t.define("mutex_waiter", 40,
           {t.at(0, "list", test::list_head(t)), t.at(16, "task", t.pointer())});
  mutex(kData, task_at(0), {1});
  kernel_.memory.put_u64(waiter_of(1) - 0x40, 0);
  kernel_.set(task_at(1), "task_struct.blocked_on", waiter_of(1));
  const auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  ASSERT_EQ(locks[0].waiters.size(), 1U);
  EXPECT_THAT(locks[0].waiters[0].evidence, HasSubstr("blocked_on"));
}

TEST_F(LockStates, AFreeLocksClaimedOwnerIsUndecided) {
  mutex(kData, 0, {});
  PartyAt claim;
  claim.lock = kData;
  claim.type = LockType::mutex;
  claim.party.task = task_at(3);
  claim.party.source = LockSource::instructions;
  claim.party.grade = Grade::proven;
  claim.party.evidence = "foo+0x9a";
  parties_.push_back(claim);
  const auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_THAT(locks[0].owners, IsEmpty());
  ASSERT_EQ(locks[0].undecided.size(), 1U);
  EXPECT_THAT(locks[0].undecided[0], HasSubstr("free"));
}

TEST_F(LockStates, TwoSourcesOfOneOwnerAreMerged) {
  mutex(kData, task_at(0), {1});
  PartyAt claim;
  claim.lock = kData;
  claim.type = LockType::mutex;
  claim.party.task = task_at(0);
  claim.party.source = LockSource::instructions;
  claim.party.grade = Grade::inferred;
  claim.party.frame = 3;
  claim.party.evidence = "foo+0x9a";
  parties_.push_back(claim);
  const auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  ASSERT_EQ(locks[0].owners.size(), 1U);
  EXPECT_EQ(locks[0].owners[0].grade, Grade::proven);
  EXPECT_EQ(locks[0].owners[0].source, LockSource::owner_field);
  EXPECT_EQ(locks[0].owners[0].frame, 3);
}

TEST_F(LockStates, CpusQueueBehindASpinlock) {
  cpus_.resize(3);
  for (int i = 0; i < 3; ++i) {
    cpus_[i].number = i;
    cpus_[i].percpu_base = 0xffff888010000000 + static_cast<uint64_t>(i) * 0x100000;
    cpus_[i].current_task = task_at(static_cast<unsigned>(i));
    tasks_[i].on_cpu = true;
    tasks_[i].cpu = i;
    tasks_[i].state = 'R';
    kernel_.memory.map(cpus_[i].percpu_base + 0x1000, 64);
  }
  kernel_.symbols.add("qnodes", 0x1000, 64);
  const auto node = [&](int cpu) { return cpus_[cpu].percpu_base + 0x1000; };
  kernel_.memory.put_u64(node(2), node(1));
  kernel_.memory.put_u32(node(2) + 12, 1);
  kernel_.memory.put_u32(node(1) + 12, 1);
  kernel_.set(kData, "raw_spinlock.raw_lock", 2 << 18 | 1);  // tail: CPU 1 idx 0
  PartyAt spinner;
  spinner.lock = kData;
  spinner.type = LockType::raw_spinlock;
  spinner.waits = true;
  spinner.party.task = task_at(1);
  spinner.party.cpu = 1;
  spinner.party.source = LockSource::registers;
  spinner.party.grade = Grade::proven;
  spinner.party.frame = 1;
  parties_.push_back(spinner);
  const auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_EQ(locks[0].value_text, "locked, tail CPU 1 idx 0");
  EXPECT_TRUE(locks[0].no_owner_kept);
  ASSERT_EQ(locks[0].waiters.size(), 2U);
  EXPECT_EQ(locks[0].waiters[0].cpu, 2);
  EXPECT_EQ(locks[0].waiters[1].cpu, 1);
  EXPECT_EQ(locks[0].waiters[1].frame, 1);
}

TEST_F(LockStates, AMapWithoutALockIsLockdepsOnly) {
  lockdep_.present = true;
  lockdep_.enabled = true;
  tasks_[0].held_locks = {held(kData + 512, 1), held(kData + 768)};
  tasks_[0].lockdep_known = true;
  const auto locks = read();
  ASSERT_EQ(locks.size(), 2U);
  EXPECT_EQ(locks[0].type, LockType::lockdep_only);
  ASSERT_EQ(locks[0].owners.size(), 1U);
  EXPECT_TRUE(locks[0].owners[0].shared);
  EXPECT_EQ(locks[0].owners[0].grade, Grade::proven);
}

TEST_F(LockStates, HeldLocksAreStaleOnceLockdepStopped) {
  lockdep_.present = true;
  lockdep_.enabled = false;
  tasks_[0].held_locks = {held(kData + 512)};
  const auto locks = read();
  ASSERT_EQ(locks.size(), 1U);
  EXPECT_EQ(locks[0].owners[0].grade, Grade::stale);
  EXPECT_TRUE(locks[0].owners[0].hint);
}

}  // namespace
}  // namespace kmortem::locks
