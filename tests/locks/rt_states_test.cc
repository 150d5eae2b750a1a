// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "locks/lock_layouts.h"
#include "locks/lock_states.h"
#include "support/fake_kernel.h"

namespace kmortem::locks {
namespace {

using model::Grade;
using model::LockSource;
using model::LockState;
using model::LockType;
using test::FakeKernel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kData = 0xffff888001000000;
constexpr uint64_t kTasks = 0xffff888002000000;
constexpr uint64_t kStacks = 0xffffc90000000000;
constexpr uint64_t kReaderBias = uint64_t{1} << 31;
constexpr uint64_t kWriterBias = uint64_t{1} << 30;
constexpr unsigned kUsedRead = 9;
constexpr unsigned kConfig = 3, kSleep = 4;  // LD_WAIT_CONFIG, LD_WAIT_SLEEP

/// PREEMPT_RT with lockdep. What its locks look like is include/linux/{rtmutex,rwbase_rt,mutex}.h,
/// in what order their words change, kernel/locking/rwbase_rt.c.
class RtStates : public ::testing::Test {
 protected:
  RtStates() {
    auto& t = kernel_.types;
    test::preempt_rt_locks(t);
    test::raw_spinlock(t, test::qspinlock(t));
    test::rt_waiter_6_1(t);
    t.define("task_struct", 64,
             {t.at(0, "thread", t.structure("", 8, {t.at(0, "sp", t.u64)})),
              t.at(8, "pi_blocked_on", t.pointer())});
    kernel_.symbols.add("rtlock_slowlock_locked", kSpinSlow, 0x400);
    kernel_.symbols.add("rt_mutex_slowlock_block.constprop.0", kSlow, 0x400);
    kernel_.symbols.add("mutex_lock_nested", kMutexSlow, 0x400);
    kernel_.symbols.add("rt_mutex_lock", kRtMutexSlow, 0x400);
    kernel_.symbols.add("down_read", kReadSlow, 0x400);
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
    lockdep_.present = true;
    lockdep_.enabled = true;
    lockdep_.features.prove_locking = true;
    lockdep_.features.used_read_bit = kUsedRead;
    lockdep_.wait_type_values = {{"LD_WAIT_CONFIG", kConfig}, {"LD_WAIT_SLEEP", kSleep}};
  }

  static constexpr uint64_t kSpinSlow = 0xffffffff81500000;
  static constexpr uint64_t kSlow = 0xffffffff81510000;
  static constexpr uint64_t kMutexSlow = 0xffffffff81520000;
  static constexpr uint64_t kRtMutexSlow = 0xffffffff81540000;
  static constexpr uint64_t kReadSlow = 0xffffffff81530000;

  static uint64_t task_at(unsigned i) { return kTasks + i * 0x1000; }
  static uint64_t stack_of(unsigned i) { return kStacks + i * 0x8000; }
  static uint64_t waiter_of(unsigned i) { return stack_of(i) + 0x3e00; }

  /// Task i sleeps in `function` for the rt_mutex at `base`, as the only node of its tree.
  void block(unsigned i, uint64_t base, uint64_t function) {
    const uint64_t waiter = waiter_of(i);
    kernel_.memory.put_u64(waiter, 1);  // black, no parent
    kernel_.set(waiter, "rt_mutex_waiter.task", task_at(i));
    kernel_.set(waiter, "rt_mutex_waiter.lock", base);
    const uint64_t root = kernel_.address_of(base, "rt_mutex_base.waiters");
    kernel_.memory.put_u64(root, waiter);
    kernel_.memory.put_u64(root + 8, waiter);  // rb_leftmost
    kernel_.set(task_at(i), "task_struct.pi_blocked_on", waiter);
    kernel_.memory.put_u64(waiter - 0x40, kSlow + 0x12);
    kernel_.memory.put_u64(waiter + 0x80, function + 0x123);
  }

  /// A class, whose index the held locks name; its locks' maps have its wait type.
  unsigned add_class(const std::string& name, unsigned wait_type, bool read = false) {
    model::LockClass cls;
    cls.index = static_cast<unsigned>(lockdep_.classes.size());
    cls.name = name;
    cls.wait_type_inner = wait_type;
    cls.usage_mask = read ? uint64_t{1} << kUsedRead : 0;
    lockdep_.position[cls.index] = cls.index;
    lockdep_.classes.push_back(cls);
    return cls.index;
  }

  void hold(unsigned i, uint64_t map, unsigned cls, unsigned read = 0) {
    model::HeldLock lock;
    lock.address = map;
    lock.class_index = static_cast<int>(cls);
    lock.read = read;
    tasks_[i].held_locks.push_back(lock);
    tasks_[i].lockdep_known = true;
    kernel_.set(map, "lockdep_map.wait_type_inner", lockdep_.classes[cls].wait_type_inner);
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

  /// The only lock there is.
  LockState only() {
    const auto locks = read();
    EXPECT_EQ(locks.size(), 1U);
    return locks.empty() ? LockState() : locks.front();
  }

  static std::vector<uint64_t> tasks_of(const std::vector<model::LockParty>& parties) {
    std::vector<uint64_t> tasks;
    for (const auto& party : parties) tasks.push_back(party.task);
    return tasks;
  }

  FakeKernel kernel_;
  model::Lockdep lockdep_;
  std::vector<model::Task> tasks_;
  std::vector<model::Cpu> cpus_;
  model::MemoryScan scan_;
  std::vector<PartyAt> parties_;
  NameAddress name_ = [](uint64_t) { return std::string(); };
};

TEST_F(RtStates, ASpinlockHasAnOwnerAndASleepingWaiter) {
  const unsigned cls = add_class("ledger_lock", kConfig);
  kernel_.set(kData, "spinlock.lock.owner", task_at(0) | 1);
  hold(0, kData + 32, cls);
  hold(1, kData + 32, cls);
  block(1, kData, kSpinSlow);
  const LockState lock = only();
  EXPECT_EQ(lock.address, kData);
  EXPECT_EQ(lock.type, LockType::rt_spinlock);
  EXPECT_EQ(lock.lock_class, "ledger_lock");
  ASSERT_THAT(tasks_of(lock.owners), ElementsAre(task_at(0)));
  EXPECT_EQ(lock.owners[0].source, LockSource::owner_field);
  EXPECT_EQ(lock.owners[0].grade, Grade::proven);
  ASSERT_THAT(tasks_of(lock.waiters), ElementsAre(task_at(1)));
  EXPECT_EQ(lock.waiters[0].grade, Grade::proven);
  EXPECT_THAT(lock.waiters[0].evidence, HasSubstr("pi_blocked_on"));
  EXPECT_THAT(lock.undecided, IsEmpty());
}

TEST_F(RtStates, AMutexIsToldFromASpinlockByItsWaitType) {
  const unsigned cls = add_class("report_mutex", kSleep);
  kernel_.set(kData, "mutex.rtmutex.owner", task_at(0) | 1);
  hold(0, kData + 32, cls);
  hold(1, kData + 32, cls);
  block(1, kData, kMutexSlow);
  const LockState lock = only();
  EXPECT_EQ(lock.type, LockType::mutex);
  EXPECT_THAT(tasks_of(lock.owners), ElementsAre(task_at(0)));
  EXPECT_THAT(tasks_of(lock.waiters), ElementsAre(task_at(1)));
}

TEST_F(RtStates, AnRtMutexIsToldFromAMutexByWhoSleepsForIt) {
  // rcu_boost_kthread() in rt_mutex_lock(&rnp->boost_mtx), whose owner is a proxy and lists
  // nothing.
  const unsigned cls = add_class("rcu_state", 0);
  kernel_.set(kData, "rt_mutex.rtmutex.owner", task_at(0) | 1);
  hold(1, kData + 32, cls);
  block(1, kData, kRtMutexSlow);
  const LockState lock = only();
  EXPECT_EQ(lock.type, LockType::rt_mutex);
  EXPECT_THAT(tasks_of(lock.owners), ElementsAre(task_at(0)));
  EXPECT_THAT(tasks_of(lock.waiters), ElementsAre(task_at(1)));
}

TEST_F(RtStates, ReadersOfARwsemAreKnownToLockdepAlone) {
  const unsigned cls = add_class("route_rwsem", kSleep, true);
  kernel_.set(kData, "rw_semaphore.rwbase.readers", kReaderBias + 2);
  hold(0, kData + 40, cls, 1);
  hold(2, kData + 40, cls, 1);
  const LockState lock = only();
  EXPECT_EQ(lock.address, kData);
  EXPECT_EQ(lock.type, LockType::rw_semaphore);
  EXPECT_EQ(lock.value_text, "2 readers");
  ASSERT_THAT(tasks_of(lock.owners), ElementsAre(task_at(0), task_at(2)));
  EXPECT_TRUE(lock.owners[0].shared);
  EXPECT_EQ(lock.owners[0].source, LockSource::held_locks);
}

TEST_F(RtStates, AWriterWithTheRtMutexWaitsForTheReaders) {
  // down_write() has the rt_mutex and has taken READER_BIAS away; one reader is still inside.
  const unsigned cls = add_class("route_rwsem", kSleep, true);
  kernel_.set(kData, "rw_semaphore.rwbase.readers", 1);
  kernel_.set(kData, "rw_semaphore.rwbase.rtmutex.owner", task_at(1));
  hold(0, kData + 40, cls, 1);
  hold(1, kData + 40, cls);
  const LockState lock = only();
  EXPECT_EQ(lock.address, kData);
  EXPECT_EQ(lock.type, LockType::rw_semaphore);
  EXPECT_THAT(tasks_of(lock.owners), ElementsAre(task_at(0)));
  EXPECT_THAT(tasks_of(lock.waiters), ElementsAre(task_at(1)));
  EXPECT_EQ(lock.waiters[0].grade, Grade::proven);
}

TEST_F(RtStates, AnotherReaderQueuesBehindThatWriter) {
  const unsigned cls = add_class("route_rwsem", kSleep, true);
  kernel_.set(kData, "rw_semaphore.rwbase.readers", 1);
  kernel_.set(kData, "rw_semaphore.rwbase.rtmutex.owner", task_at(1) | 1);
  hold(0, kData + 40, cls, 1);
  hold(1, kData + 40, cls);
  hold(2, kData + 40, cls, 1);
  block(2, kData + 8, kReadSlow);
  const LockState lock = only();
  EXPECT_EQ(lock.type, LockType::rw_semaphore);
  EXPECT_THAT(tasks_of(lock.owners), ElementsAre(task_at(0)));
  EXPECT_THAT(tasks_of(lock.waiters), UnorderedElementsAre(task_at(1), task_at(2)));
}

TEST_F(RtStates, AMutexBehindASmallNumberStaysAMutex) {
  // { atomic_t users; struct mutex lock; } looks as the rwsem of a writer that waits does.
  const unsigned cls = add_class("users_mutex", kSleep);
  kernel_.memory.put_u32(kData, 1);
  kernel_.set(kData + 8, "mutex.rtmutex.owner", task_at(1));
  hold(1, kData + 40, cls);
  const LockState lock = only();
  EXPECT_EQ(lock.address, kData + 8);
  EXPECT_EQ(lock.type, LockType::mutex);
  EXPECT_THAT(tasks_of(lock.owners), ElementsAre(task_at(1)));
  EXPECT_THAT(lock.waiters, IsEmpty());
}

TEST_F(RtStates, WhatMayBeEitherIsLockdepsOnly) {
  // The same memory where lockdep stopped, maybe before the first reader came.
  const unsigned cls = add_class("users_mutex", kSleep);
  lockdep_.enabled = false;
  kernel_.memory.put_u32(kData, 1);
  kernel_.set(kData + 8, "mutex.rtmutex.owner", task_at(1));
  hold(1, kData + 40, cls);
  EXPECT_EQ(only().type, LockType::lockdep_only);
}

TEST_F(RtStates, ARwlockIsWrittenByTheOwnerOfItsRtMutex) {
  const unsigned cls = add_class("rate_lock", kConfig, true);
  kernel_.set(kData, "rwlock_t.rwbase.readers", kWriterBias);
  kernel_.set(kData, "rwlock_t.rwbase.rtmutex.owner", task_at(3));
  hold(3, kData + 40, cls);
  const LockState lock = only();
  EXPECT_EQ(lock.type, LockType::rt_rwlock);
  EXPECT_EQ(lock.value_text, "locked by a writer");
  ASSERT_THAT(tasks_of(lock.owners), ElementsAre(task_at(3)));
  EXPECT_EQ(lock.owners[0].source, LockSource::owner_field);
  EXPECT_FALSE(lock.owners[0].shared);
}

TEST_F(RtStates, ALocalLockIsASpinlockOfItsCpu) {
  // local_lock() is spin_lock(this_cpu_ptr()): two CPUs' locks are of one class, and two locks.
  const unsigned cls = add_class("&lru.lock", kConfig);
  for (const unsigned i : {0U, 1U}) {
    const uint64_t lock = kData + i * 0x400;
    kernel_.set(lock, "spinlock.lock.owner", task_at(i));
    hold(i, lock + 32, cls);
  }
  const auto locks = read();
  ASSERT_EQ(locks.size(), 2U);
  for (const unsigned i : {0U, 1U}) {
    EXPECT_EQ(locks[i].type, LockType::rt_spinlock);
    EXPECT_EQ(locks[i].address, kData + i * 0x400);
    EXPECT_THAT(tasks_of(locks[i].owners), ElementsAre(task_at(i)));
  }
}

TEST_F(RtStates, AWaiterWithoutLockdepIsOfTheTypeThatItsFunctionsSay) {
  lockdep_ = {};
  kernel_.set(kData, "spinlock.lock.owner", task_at(0) | 1);
  block(1, kData, kSpinSlow);
  const uint64_t rwsem = kData + 0x400;
  kernel_.set(rwsem, "rw_semaphore.rwbase.readers", kWriterBias);
  kernel_.set(rwsem, "rw_semaphore.rwbase.rtmutex.owner", task_at(1) | 1);
  block(2, rwsem + 8, kReadSlow);
  const auto locks = read();
  ASSERT_EQ(locks.size(), 2U);
  EXPECT_EQ(locks[0].type, LockType::rt_spinlock);
  EXPECT_THAT(tasks_of(locks[0].waiters), ElementsAre(task_at(1)));
  EXPECT_EQ(locks[1].address, rwsem);
  EXPECT_EQ(locks[1].type, LockType::rw_semaphore);
  EXPECT_THAT(tasks_of(locks[1].owners), ElementsAre(task_at(1)));
  EXPECT_THAT(tasks_of(locks[1].waiters), ElementsAre(task_at(2)));
}

TEST_F(RtStates, AWaiterOfAnotherTaskIsNotTaken) {
  kernel_.set(kData, "spinlock.lock.owner", task_at(0) | 1);
  block(1, kData, kSpinSlow);
  kernel_.set(waiter_of(1), "rt_mutex_waiter.task", task_at(2));
  EXPECT_THAT(read(), IsEmpty());
}

}  // namespace
}  // namespace kmortem::locks
