// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/waiter_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "locks/lock_layouts.h"
#include "support/fake_kernel.h"

namespace kmortem::locks {
namespace {

using model::LockType;
using test::FakeKernel;
using ::testing::ElementsAre;

constexpr uint64_t kLock = 0xffff888001000000;
constexpr uint64_t kTasks = 0xffff888002000000;
constexpr uint64_t kStacks = 0xffffc90000000000;

uint64_t task(unsigned i) {
  return kTasks + i * 0x1000;
}
uint64_t node(unsigned i) {
  return kStacks + i * 0x8000 + 0x3e00;
}

std::vector<uint64_t> tasks_of(const WaiterList& list) {
  std::vector<uint64_t> tasks;
  for (const Waiter& waiter : list.waiters) tasks.push_back(waiter.task);
  return tasks;
}

class WaiterLists : public ::testing::Test {
 protected:
  WaiterLists() { kernel_.memory.map(kLock, 128); }

  /// Links the nodes into a ring; the first may be a head.
  void link(const std::vector<uint64_t>& ring) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const uint64_t next = ring[(i + 1) % ring.size()];
      kernel_.memory.put_u64(ring[i], next);
      kernel_.memory.put_u64(next + 8, ring[i]);
    }
  }
  void waiter(unsigned i, uint32_t type = 0) {
    kernel_.memory.map(node(i), 64);
    kernel_.memory.put_u64(node(i) + 16, task(i));
    kernel_.memory.put_u32(node(i) + 24, type);
  }
  WaiterList read(LockType type) { return WaiterReader(kernel_.target()).read(type, kLock); }

  FakeKernel kernel_;
};

TEST_F(WaiterLists, AMutexsWaitersInTheirOrder) {
  test::mutex_6_1(kernel_.types);
  for (const unsigned i : {0U, 1U, 2U}) waiter(i);
  link({kLock + 16, node(1), node(0), node(2)});
  const auto list = read(LockType::mutex);
  EXPECT_THAT(tasks_of(list), ElementsAre(task(1), task(0), task(2)));
  EXPECT_TRUE(list.complete);
}

TEST_F(WaiterLists, AnEmptyList) {
  test::mutex_6_1(kernel_.types);
  link({kLock + 16});
  EXPECT_TRUE(read(LockType::mutex).waiters.empty());
  EXPECT_TRUE(read(LockType::mutex).complete);
}

TEST_F(WaiterLists, ACircleWithoutAHead) {
  test::mutex_7_1(kernel_.types);
  EXPECT_TRUE(read(LockType::mutex).waiters.empty());
  for (const unsigned i : {0U, 1U, 2U}) waiter(i);
  kernel_.set(kLock, "mutex.first_waiter", node(2));
  link({node(2), node(0), node(1)});
  EXPECT_THAT(tasks_of(read(LockType::mutex)), ElementsAre(task(2), task(0), task(1)));
  link({node(2)});
  EXPECT_THAT(tasks_of(read(LockType::mutex)), ElementsAre(task(2)));
}

TEST_F(WaiterLists, ReadersOfAnRwsemAreShared) {
  test::rwsem_6_1(kernel_.types);
  waiter(0, 0);
  waiter(1, 1);
  link({kLock + 24, node(0), node(1)});
  const auto list = read(LockType::rw_semaphore);
  ASSERT_EQ(list.waiters.size(), 2U);
  EXPECT_FALSE(list.waiters[0].shared);
  EXPECT_TRUE(list.waiters[1].shared);
}

TEST_F(WaiterLists, ACompletionsWaitersOfBothAges) {
  auto& t = kernel_.types;
  const auto swait =
      t.structure("swait_queue_head", 24, {t.at(8, "task_list", test::list_head(t))});
  t.define("completion", 32, {t.at(0, "done", t.u32), t.at(8, "wait", swait)});
  kernel_.memory.put_u64(node(0), task(0));  // swait_queue: task, task_list
  link({kLock + 16, node(0) + 8});
  EXPECT_THAT(tasks_of(read(LockType::completion)), ElementsAre(task(0)));

  FakeKernel older;
  auto& o = older.types;
  const auto wait =
      o.structure("__wait_queue_head", 24, {o.at(8, "task_list", test::list_head(o))});
  o.define("completion", 32, {o.at(0, "done", o.u32), o.at(8, "wait", wait)});
  older.memory.map(kLock, 64);
  older.memory.put_u64(node(0) + 8, task(5));  // __wait_queue: flags, private, func, task_list
  for (const auto& [at, to] : {std::pair{kLock + 16, node(0) + 24}, {node(0) + 24, kLock + 16}}) {
    older.memory.put_u64(at, to);
    older.memory.put_u64(at + 8, to);
  }
  EXPECT_THAT(tasks_of(WaiterReader(older.target()).read(LockType::completion, kLock)),
              ElementsAre(task(5)));
}

TEST_F(WaiterLists, DamageEndsTheListAndIsSaid) {
  test::mutex_6_1(kernel_.types);
  for (const unsigned i : {0U, 1U, 2U}) waiter(i);
  link({kLock + 16, node(0), node(1), node(2)});
  kernel_.memory.put_u64(node(0), 0xdead000000000100);  // LIST_POISON1
  const auto list = read(LockType::mutex);
  EXPECT_FALSE(list.complete);
  // What lies behind is reached from the other end.
  EXPECT_THAT(tasks_of(list), ElementsAre(task(0), task(2), task(1)));
}

TEST_F(WaiterLists, AListThatRunsIntoItselfEnds) {
  test::mutex_6_1(kernel_.types);
  for (const unsigned i : {0U, 1U, 2U}) waiter(i);
  link({kLock + 16, node(0), node(1), node(2)});
  kernel_.memory.put_u64(node(2), node(1));
  kernel_.memory.put_u64(kLock + 24, node(2));
  const auto list = read(LockType::mutex);
  EXPECT_FALSE(list.complete);
  EXPECT_LE(list.waiters.size(), 4U);
}

class RtWaiters : public WaiterLists {
 protected:
  RtWaiters() {
    auto& t = kernel_.types;
    t.define("rt_mutex", 32, {t.at(0, "rtmutex", test::rt_mutex_base(t))});
    test::rt_waiter_6_1(t);
  }
  void tree_node(unsigned i, uint64_t parent, uint64_t left, uint64_t right) {
    kernel_.memory.map(node(i), 128);
    kernel_.memory.put_u64(node(i), parent | 1);
    kernel_.memory.put_u64(node(i) + 8, right);
    kernel_.memory.put_u64(node(i) + 16, left);
    kernel_.set(node(i), "rt_mutex_waiter.task", task(i));
  }
};

TEST_F(RtWaiters, InTheTreesOrder) {
  kernel_.memory.put_u64(kLock + 8, node(1));
  tree_node(1, 0, node(0), node(3));
  tree_node(0, node(1), 0, 0);
  tree_node(3, node(1), node(2), 0);
  tree_node(2, node(3), 0, 0);
  EXPECT_THAT(tasks_of(read(LockType::rt_mutex)), ElementsAre(task(0), task(1), task(2), task(3)));
}

TEST_F(RtWaiters, AnEmptyTree) {
  EXPECT_TRUE(read(LockType::rt_mutex).waiters.empty());
}

TEST_F(RtWaiters, AChildOfAnotherParentEndsTheWalk) {
  kernel_.memory.put_u64(kLock + 8, node(1));
  tree_node(1, 0, node(0), node(1));
  tree_node(0, node(1), 0, 0);
  const auto list = read(LockType::rt_mutex);
  EXPECT_FALSE(list.complete);
  EXPECT_EQ(list.reason, "a node does not point back at its parent");
  EXPECT_THAT(tasks_of(list), ElementsAre(task(0), task(1)));
}

}  // namespace
}  // namespace kmortem::locks
