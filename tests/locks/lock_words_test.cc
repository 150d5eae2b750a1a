// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "locks/lock_decoders.h"
#include "locks/lock_layouts.h"
#include "support/fake_kernel.h"

namespace kmortem::locks {
namespace {

using model::LockType;
using test::FakeKernel;

constexpr uint64_t kLock = 0xffff888001000000;
constexpr uint64_t kTask = 0xffff888002000000;

class LockWords : public ::testing::Test {
 protected:
  LockWords() { kernel_.memory.map(kLock, 256); }

  LockWord decode(LockType type) {
    const LockDecoders decoders(kernel_.target(), cpus_);
    const LockDecoder* decoder = decoders.find(type);
    if (decoder == nullptr) throw std::logic_error("no such type");
    const auto bytes = kernel_.memory.read_bytes(kLock, decoder->size()).value();
    return decoder->decode(kernel::Record(kLock, bytes));
  }

  LockWord decode(LockType type, std::string_view member, uint64_t value) {
    kernel_.set(kLock, member, value);
    return decode(type);
  }

  FakeKernel kernel_;
  test::FakeTypes& types_ = kernel_.types;
  std::vector<model::Cpu> cpus_;
};

// include/asm-generic/qspinlock_types.h: tail CPU + 1 above bit 18, index at bit 16, pending 8.
TEST_F(LockWords, QueuedSpinlock) {
  test::raw_spinlock(types_, test::qspinlock(types_));
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0).text, "free");
  EXPECT_FALSE(*decode(LockType::raw_spinlock).locked);
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 1).text, "locked");
  const auto word = decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0x00120101);
  EXPECT_EQ(word.text, "locked, pending, tail CPU 3 idx 2");
  EXPECT_TRUE(*word.locked);
  EXPECT_TRUE(word.has_waiters);
  EXPECT_TRUE(word.no_owner_kept);
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0x40000).text,
            "tail CPU 0 idx 0");
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 3).text,
            "locked (_Q_SLOW_VAL: who unlocks it must kick its first waiter)");
}

TEST_F(LockWords, QueuedSpinlockOfManyCpusHasOnePendingBit) {
  test::raw_spinlock(types_, test::qspinlock(types_));
  types_.variable("__per_cpu_offset", types_.array(types_.u64, 16384));
  const uint64_t value = 1 | 1 << 8 | 2 << 9 | 10001 << 11;
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", value).text,
            "locked, pending, tail CPU 10000 idx 2");
}

TEST_F(LockWords, TicketLock) {
  test::raw_spinlock(types_, test::ticket_lock(types_));
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0x0707).text, "free");
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0x0807).text, "locked");
  // head 0xfe, tail 2: the counters wrapped.
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0x02fe).text,
            "locked, 3 waiting");
}

TEST_F(LockWords, TicketLockWithSlowpathBit) {
  test::raw_spinlock(types_, test::ticket_lock(types_));
  kernel_.symbols.add("paravirt_ticketlocks_enabled", 0xffffffff82000000, 8);
  // Tickets go in steps of two and bit 0 of the tail is a flag.
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0x0904).text,
            "locked, 1 waiting");
  EXPECT_EQ(decode(LockType::raw_spinlock, "raw_spinlock.raw_lock", 0x0504).text, "free");
}

TEST_F(LockWords, DebugSpinlockNamesItsOwner) {
  test::debug_raw_spinlock(types_, test::qspinlock(types_));
  kernel_.set(kLock, "raw_spinlock.raw_lock", 1);
  kernel_.set(kLock, "raw_spinlock.magic", 0xdead4ead);
  kernel_.set(kLock, "raw_spinlock.owner_cpu", 5);
  kernel_.set(kLock, "raw_spinlock.owner", kTask);
  auto word = decode(LockType::raw_spinlock);
  EXPECT_EQ(word.owner, kTask);
  EXPECT_EQ(word.owner_cpu, 5);
  EXPECT_FALSE(word.no_owner_kept);
  EXPECT_TRUE(word.magic_right.value());
  word = decode(LockType::raw_spinlock, "raw_spinlock.owner", UINT64_MAX);
  EXPECT_EQ(word.owner, 0U);
  EXPECT_FALSE(decode(LockType::raw_spinlock, "raw_spinlock.magic", 1).magic_right.value());
}

TEST_F(LockWords, QueuedRwlockOfBothAges) {
  const auto lock = types_.structure("qrwlock", 8,
                                     {types_.at(0, "cnts", test::atomic(types_, types_.s32, 4)),
                                      types_.at(4, "lock", types_.u32)});
  types_.define("rwlock_t", 8, {types_.at(0, "raw_lock", lock)});
  EXPECT_EQ(decode(LockType::rwlock, "rwlock_t.raw_lock.cnts", 0xff).text, "locked by a writer");
  EXPECT_EQ(decode(LockType::rwlock, "rwlock_t.raw_lock.cnts", 0x301).text,
            "3 readers, a writer waits");

  FakeKernel newer;
  auto& t = newer.types;
  const auto bytes = t.structure("", 4, {t.at(0, "wlocked", t.u8)});
  const auto both =
      t.union_of("", 4, {t.at(0, "cnts", test::atomic(t, t.s32, 4)), t.at(0, "", bytes)});
  t.define("rwlock_t", 8, {t.at(0, "raw_lock", t.structure("qrwlock", 8, {t.at(0, "", both)}))});
  newer.memory.map(kLock, 64);
  newer.set(kLock, "rwlock_t.raw_lock.cnts", 0x500);
  const auto decoder = make_rwlock_decoder(t.table());
  const auto raw = newer.memory.read_bytes(kLock, decoder->size()).value();
  const auto word = decoder->decode(kernel::Record(kLock, raw));
  EXPECT_EQ(word.text, "2 readers, a writer waits");
  EXPECT_FALSE(word.writing);
  EXPECT_TRUE(word.no_owner_kept);
}

TEST_F(LockWords, BiasedRwlockOf3_10) {
  types_.define(
      "rwlock_t", 4,
      {types_.at(0, "raw_lock", types_.structure("", 4, {types_.at(0, "lock", types_.s32)}))});
  EXPECT_EQ(decode(LockType::rwlock, "rwlock_t.raw_lock.lock", 0x00100000).text, "free");
  EXPECT_EQ(decode(LockType::rwlock, "rwlock_t.raw_lock.lock", 0x000ffffe).text, "2 readers");
  EXPECT_TRUE(decode(LockType::rwlock, "rwlock_t.raw_lock.lock", 0).writing);
}

TEST_F(LockWords, MutexWithFlagsInTheOwner) {
  test::mutex_6_1(types_);
  auto word = decode(LockType::mutex, "mutex.owner", kTask | 1);
  EXPECT_EQ(word.text, "locked, waiters");
  EXPECT_EQ(word.owner, kTask);
  // The kernel left the lock to its waiters: nobody owns it.
  word = decode(LockType::mutex, "mutex.owner", 1);
  EXPECT_EQ(word.text, "free, waiters");
  EXPECT_FALSE(*word.locked);
  // MUTEX_FLAG_PICKUP: named, but still a waiter.
  word = decode(LockType::mutex, "mutex.owner", kTask | 5);
  EXPECT_TRUE(*word.locked);
  EXPECT_EQ(word.owner, 0U);
}

TEST_F(LockWords, MutexWithACount) {
  test::mutex_4_4(types_);
  kernel_.set(kLock, "mutex.owner", kTask);
  EXPECT_FALSE(*decode(LockType::mutex, "mutex.count", 1).locked);
  EXPECT_EQ(decode(LockType::mutex).owner, 0U);
  EXPECT_EQ(decode(LockType::mutex, "mutex.count", 0).owner, kTask);
  const auto word = decode(LockType::mutex, "mutex.count", 0xfffffffe);
  EXPECT_TRUE(word.has_waiters);
  EXPECT_EQ(word.text, "locked, waiters (count -2)");
}

TEST_F(LockWords, RwsemWithFlagBits) {
  test::rwsem_6_1(types_);
  kernel_.set(kLock, "rw_semaphore.owner", kTask);
  auto word = decode(LockType::rw_semaphore, "rw_semaphore.count", 1 | 2);
  EXPECT_EQ(word.text, "locked by a writer, waiters");
  EXPECT_EQ(word.owner, kTask);
  EXPECT_FALSE(word.owner_hint);
  kernel_.set(kLock, "rw_semaphore.owner", kTask | 3);
  word = decode(LockType::rw_semaphore, "rw_semaphore.count", 0x302);
  EXPECT_EQ(word.text, "3 readers, waiters");
  EXPECT_EQ(word.owner, kTask);
  EXPECT_TRUE(word.owner_hint);
  EXPECT_TRUE(word.no_owner_kept);
  // The last reader's name stays when it has left.
  EXPECT_EQ(decode(LockType::rw_semaphore, "rw_semaphore.count", 0).owner, 0U);
}

TEST_F(LockWords, RwsemWithABias) {
  test::rwsem_4_4(types_);
  const uint64_t head = kernel_.address_of(kLock, "rw_semaphore.wait_list");
  kernel_.set(kLock, "rw_semaphore.wait_list.next", head);
  kernel_.set(kLock, "rw_semaphore.owner", kTask);
  auto word = decode(LockType::rw_semaphore, "rw_semaphore.count", 0xffffffff00000001);
  EXPECT_TRUE(word.writing);
  EXPECT_EQ(word.owner, kTask);
  word = decode(LockType::rw_semaphore, "rw_semaphore.count", 2);
  EXPECT_EQ(word.text, "2 readers");
  // The same count with somebody on the list is a reader and those who wait behind it.
  kernel_.set(kLock, "rw_semaphore.wait_list.next", kTask);
  word = decode(LockType::rw_semaphore, "rw_semaphore.count", 0xffffffff00000001);
  EXPECT_FALSE(word.writing);
  EXPECT_EQ(word.text, "1 reader, waiters");
  EXPECT_TRUE(decode(LockType::rw_semaphore, "rw_semaphore.count", 0xfffffffe00000001).writing);
}

TEST_F(LockWords, RtMutexAndItsRelatives) {
  const auto base = test::rt_mutex_base(types_);
  types_.define("rt_mutex", 32, {types_.at(0, "rtmutex", base)});
  types_.define("spinlock", 32, {types_.at(0, "lock", base)});
  types_.define("mutex", 32, {types_.at(0, "rtmutex", base)});
  for (const LockType type : {LockType::rt_mutex, LockType::rt_spinlock, LockType::mutex}) {
    const auto word = decode(type, "rt_mutex_base.owner", kTask | 1);
    EXPECT_EQ(word.owner, kTask);
    EXPECT_EQ(word.text, "locked, waiters");
  }
}

TEST_F(LockWords, RwbaseCountsReaders) {
  const auto base = test::rwbase_rt(types_);
  types_.define("rwlock_t", 40, {types_.at(0, "rwbase", base)});
  kernel_.set(kLock, "rwbase_rt.rtmutex.owner", kTask);
  auto word = decode(LockType::rt_rwlock, "rwbase_rt.readers", 0x80000002);
  EXPECT_EQ(word.text, "2 readers");
  EXPECT_EQ(word.owner, 0U);
  word = decode(LockType::rt_rwlock, "rwbase_rt.readers", 1U << 30);
  EXPECT_TRUE(word.writing);
  EXPECT_EQ(word.owner, kTask);
  // The bias is gone and one reader has not left: the writer has the rt_mutex and waits.
  word = decode(LockType::rt_rwlock, "rwbase_rt.readers", 1);
  EXPECT_EQ(word.text, "1 reader, a writer waits");
  EXPECT_EQ(word.owner, 0U);
  EXPECT_EQ(word.waiting_writer, kTask);
}

TEST_F(LockWords, CountingLocksKeepNoOwner) {
  types_.define("semaphore", 24, {types_.at(4, "count", types_.u32)});
  types_.define("completion", 32, {types_.at(0, "done", types_.u32)});
  types_.define("seqcount", 4, {types_.at(0, "sequence", types_.u32)});
  EXPECT_TRUE(*decode(LockType::semaphore, "semaphore.count", 0).locked);
  EXPECT_EQ(decode(LockType::semaphore, "semaphore.count", 2).text, "count 2");
  EXPECT_FALSE(decode(LockType::completion).locked.has_value());
  EXPECT_EQ(decode(LockType::completion).text, "not completed");
  EXPECT_TRUE(*decode(LockType::seqlock, "seqcount.sequence", 7).locked);
  EXPECT_TRUE(decode(LockType::semaphore).no_owner_kept);
}

TEST_F(LockWords, PercpuRwsemSumsItsReaders) {
  types_.define(
      "percpu_rw_semaphore", 32,
      {types_.at(0, "read_count", types_.pointer()),
       types_.at(8, "writer", types_.structure("", 8, {types_.at(0, "task", types_.pointer())})),
       types_.at(16, "block", test::atomic(types_, types_.s32, 4))});
  cpus_.resize(2);
  cpus_[0].percpu_base = 0xffff888003000000;
  cpus_[1].percpu_base = 0xffff888003100000;
  kernel_.set(kLock, "percpu_rw_semaphore.read_count", 0x100);
  // Entered on CPU 0 three times, left twice on CPU 1.
  kernel_.memory.put_u32(cpus_[0].percpu_base + 0x100, 3);
  kernel_.memory.put_u32(cpus_[1].percpu_base + 0x100, UINT32_MAX - 1);
  EXPECT_EQ(decode(LockType::percpu_rwsem).text, "open to readers, 1 reader");
  kernel_.set(kLock, "percpu_rw_semaphore.writer.task", kTask);
  const auto word = decode(LockType::percpu_rwsem, "percpu_rw_semaphore.block", 1);
  EXPECT_EQ(word.waiting_writer, kTask);
  EXPECT_FALSE(word.writing);
}

TEST_F(LockWords, TypesThatTheKernelLacksHaveNoDecoder) {
  const LockDecoders decoders(kernel_.target(), cpus_);
  EXPECT_TRUE(decoders.all().empty());
}

}  // namespace
}  // namespace kmortem::locks
