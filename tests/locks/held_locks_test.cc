// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/held_locks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "locks/lockdep_kernel.h"
#include "locks/lockdep_reader.h"

namespace kmortem::locks {
namespace {

using test::Era;
using test::LockdepKernel;
using ::testing::IsEmpty;

constexpr uint64_t kTask = LockdepKernel::kTask;

class HeldLocks : public ::testing::TestWithParam<Era> {
 protected:
  HeldLocks() : kernel_(GetParam()) {
    kernel_.add_class(0, "a", kernel_.key_of(0));
    kernel_.add_class(1, "b", kernel_.key_of(1));
    kernel_.memory.map(kTask, 256);
  }

  void slot(unsigned index, int cls, uint64_t instance) {
    const uint64_t at = kTask + 64 + index * 40;
    kernel_.set(at, "held_lock.class_idx", static_cast<unsigned>(cls + first_index()));
    kernel_.set(at, "held_lock.instance", instance);
    kernel_.set(at, "held_lock.acquire_ip", 0xffffffff81000000 + index);
  }
  int first_index() const { return kernel_.bitmaps() ? 0 : 1; }

  model::Task read() {
    const auto lockdep = read_lockdep(kernel_.target(), {});
    std::vector<model::Task> tasks(1);
    tasks[0].address = kTask;
    read_held_locks(kernel_.target(), lockdep, &tasks);
    return tasks[0];
  }

  LockdepKernel kernel_;
};

INSTANTIATE_TEST_SUITE_P(Eras, HeldLocks,
                         ::testing::Values(Era::linux_4_4, Era::linux_5_4, Era::linux_6_1));

TEST_P(HeldLocks, BitFieldsAreTakenApart) {
  kernel_.set(kTask, "task_struct.lockdep_depth", 1);
  kernel_.set(kTask, "task_struct.curr_chain_key", 0x77);
  slot(0, 1, 0xffff888000200000);
  const uint64_t at = kTask + 64;
  kernel_.set(at, "held_lock.irq_context", 2);
  kernel_.set(at, "held_lock.trylock", 1);
  kernel_.set(at, "held_lock.read", 2);
  kernel_.set(at, "held_lock.hardirqs_off", 1);
  kernel_.set(at, "held_lock.references", 1000);
  kernel_.set(at, "held_lock.nest_lock", 0xffff888000300000);
  const auto task = read();
  EXPECT_TRUE(task.lockdep_known);
  EXPECT_EQ(task.curr_chain_key, 0x77U);
  ASSERT_EQ(task.held_locks.size(), 1U);
  const auto& held = task.held_locks[0];
  EXPECT_EQ(held.class_index, 1);
  EXPECT_EQ(held.address, 0xffff888000200000);
  EXPECT_EQ(held.acquire_ip, 0xffffffff81000000);
  EXPECT_EQ(held.acquired_at.pc, 0xffffffff81000000);
  EXPECT_EQ(held.irq_context, 2U);
  EXPECT_TRUE(held.trylock);
  EXPECT_EQ(held.read, 2U);
  EXPECT_FALSE(held.check);
  EXPECT_TRUE(held.hardirqs_off);
  EXPECT_FALSE(held.sync);
  EXPECT_EQ(held.references, 1000U);
  EXPECT_EQ(held.nest_lock, 0xffff888000300000);
  EXPECT_FALSE(task.one_past_top.has_value());
}

TEST_P(HeldLocks, TheSlotOnePastTheTopIsKept) {
  kernel_.set(kTask, "task_struct.lockdep_depth", 1);
  slot(0, 0, 0xffff888000200000);
  slot(1, 1, 0xffff888000200100);
  slot(2, 1, 0xffff888000200200);  // left over: not looked at
  const auto task = read();
  EXPECT_EQ(task.held_locks.size(), 1U);
  ASSERT_TRUE(task.one_past_top.has_value());
  EXPECT_EQ(task.one_past_top->address, 0xffff888000200100);
}

TEST_P(HeldLocks, ClassesThatAreNotAreMarked) {
  kernel_.set(kTask, "task_struct.lockdep_depth", 2);
  slot(0, 9, 0xffff888000200000);
  slot(1, -first_index() == 0 ? 5 : -1, 0xffff888000200100);  // class_idx 0 in 4.4
  const auto task = read();
  ASSERT_EQ(task.held_locks.size(), 2U);
  EXPECT_EQ(task.held_locks[0].class_index, -1);
  EXPECT_EQ(task.held_locks[1].class_index, -1);
}

TEST_P(HeldLocks, AFullArrayHasNothingPastTheTop) {
  kernel_.set(kTask, "task_struct.lockdep_depth", LockdepKernel::kSlots);
  for (unsigned i = 0; i < LockdepKernel::kSlots; ++i) slot(i, 0, 0xffff888000200000 + i * 64);
  const auto task = read();
  EXPECT_EQ(task.held_locks.size(), LockdepKernel::kSlots);
  EXPECT_FALSE(task.one_past_top.has_value());
}

TEST_P(HeldLocks, AnImpossibleDepthIsAProblem) {
  for (const uint64_t depth : {uint64_t{LockdepKernel::kSlots + 1}, UINT64_MAX}) {
    kernel_.set(kTask, "task_struct.lockdep_depth", depth);
    const auto task = read();
    EXPECT_FALSE(task.lockdep_known);
    EXPECT_THAT(task.held_locks, IsEmpty());
  }
  ASSERT_EQ(kernel_.problems.all().size(), 1U);
  EXPECT_EQ(kernel_.problems.all()[0].count, 2U);
}

TEST_P(HeldLocks, AMissingTaskIsAProblem) {
  kernel_.memory.exclude(kTask);
  EXPECT_FALSE(read().lockdep_known);
  ASSERT_EQ(kernel_.problems.all().size(), 1U);
  EXPECT_EQ(kernel_.problems.all()[0].reason, "page excluded from the dump");
}

}  // namespace
}  // namespace kmortem::locks
