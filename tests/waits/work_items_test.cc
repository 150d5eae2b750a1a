// SPDX-License-Identifier: GPL-3.0-or-later
// Layouts from kernel/workqueue.c, workqueue_internal.h and kthread.c (6.1; kthread of 4.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "waits/events.h"
#include "waits/scene_builder.h"

namespace kmortem::waits {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace testing;

constexpr uint64_t kBarrierFunction = kText + 0x300;
constexpr uint64_t kFunction = kText + 0x400;
constexpr uint64_t kWork = 0xffffffff82000200;
constexpr uint64_t kWorker = 0xffff888006000000;
constexpr uint64_t kKthread = 0xffff888006001000;
constexpr uint64_t kQueue = 0xffff888006002000;      // pool_workqueue
constexpr uint64_t kWorkqueue = 0xffff888006003000;  // workqueue_struct

/// Task 11 waits for a completion on its stack; task 12 is a worker that runs kWork.
class WorkItemsTest : public ::testing::Test {
 protected:
  WorkItemsTest() {
    auto& k = scene_.kernel;
    auto& t = k.types;
    const auto list =
        t.structure("list_head", 16, {t.at(0, "next", t.pointer()), t.at(8, "prev", t.pointer())});
    const auto work =
        t.define("work_struct", 32,
                 {t.at(0, "data", t.u64), t.at(8, "entry", list), t.at(24, "func", t.pointer())});
    const auto done = t.define("completion", 32, {t.at(0, "done", t.u32)});
    t.define("wq_barrier", 72, {t.at(0, "work", work), t.at(32, "done", done)});
    t.define("wq_flusher", 56,
             {t.at(0, "list", list), t.at(16, "flush_color", t.s32), t.at(24, "done", done)});
    t.define("worker", 128,
             {t.at(16, "current_work", t.pointer()), t.at(24, "current_func", t.pointer()),
              t.at(32, "current_pwq", t.pointer()), t.at(40, "current_color", t.u32),
              t.at(48, "scheduled", list), t.at(64, "task", t.pointer())});
    t.define("pool_workqueue", 32, {t.at(8, "wq", t.pointer())});
    t.define("workqueue_struct", 64,
             {t.at(8, "first_flusher", t.pointer()), t.at(16, "name", t.array(t.character, 24))});
    t.define("kthread", 128,
             {t.at(24, "data", t.pointer()), t.at(32, "parked", done), t.at(64, "exited", done)});
    t.define("task_struct", 64, {t.at(0, "worker_private", t.pointer())});
    k.symbols.add("_stext", kText);
    k.symbols.add("wq_barrier_func", kBarrierFunction, 0x20);
    k.symbols.add("scrub_run", kFunction, 0x20);
    k.symbols.add("_etext", kText + 0x10000);
    k.symbols.add("scrub_work", kWork, 32);
    scene_.add_task(11, "waiter");
    scene_.add_task(12, "kworker/0:1");
    for (const uint64_t page : {kWorker, kKthread, kQueue, kWorkqueue}) k.memory.map(page, 0x1000);
    k.set(task(12), "task_struct.worker_private", kKthread);
    k.set(kKthread, "kthread.data", kWorker);
    k.set(kWorker, "worker.task", task(12));
    k.set(kWorker, "worker.current_work", kWork);
    k.set(kWorker, "worker.current_func", kFunction);
    k.set(kWorker, "worker.current_pwq", kQueue);
    k.set(kQueue, "pool_workqueue.wq", kWorkqueue);
    k.set_text(kWorkqueue, "workqueue_struct.name", "scrubber");
    k.set(barrier(), "wq_barrier.work.func", kBarrierFunction);
    link({scheduled(), barrier() + 8});
    wait_for(barrier() + 32);
  }

  static uint64_t task(int pid) { return kTasks + static_cast<uint64_t>(pid) * 0x1000; }
  static uint64_t barrier() { return SceneBuilder::stack(11) + 0x3e00; }
  static uint64_t scheduled() { return kWorker + 48; }

  void link(const std::vector<uint64_t>& ring) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const uint64_t next = ring[(i + 1) % ring.size()];
      scene_.kernel.memory.put_unsigned(ring[i], next, 8);
      scene_.kernel.memory.put_unsigned(next + 8, ring[i], 8);
    }
  }

  void wait_for(uint64_t completion) {
    model::LockState state;
    state.address = completion;
    state.type = model::LockType::completion;
    model::LockParty waiter;
    waiter.task = task(11);
    waiter.grade = model::Grade::proven;
    state.waiters.push_back(waiter);
    locks_ = {state};
  }

  /// The one event or completion that is there afterwards.
  model::LockState read() {
    scene_.with([this](const Scene& scene) { add_events(scene, &locks_); });
    EXPECT_THAT(locks_, SizeIs(1));
    return locks_.empty() ? model::LockState{} : locks_[0];
  }

  SceneBuilder scene_;
  std::vector<model::LockState> locks_;
};

TEST_F(WorkItemsTest, ABarrierBehindWhatAWorkerRuns) {
  const model::LockState work = read();
  EXPECT_EQ(work.type, model::LockType::work);
  EXPECT_EQ(work.address, kWork);
  EXPECT_EQ(work.symbol, "scrub_work");
  ASSERT_THAT(work.owners, SizeIs(1));
  EXPECT_EQ(work.owners[0].task, task(12));
  ASSERT_THAT(work.waiters, SizeIs(1));
  EXPECT_EQ(work.waiters[0].task, task(11));
}

TEST_F(WorkItemsTest, TwoWaitersOfOneWork) {
  scene_.add_task(13, "second");
  const uint64_t second = SceneBuilder::stack(13) + 0x3e00;
  scene_.kernel.set(second, "wq_barrier.work.func", kBarrierFunction);
  link({scheduled(), barrier() + 8, second + 8});
  locks_.push_back(locks_[0]);
  locks_[1].address = second + 32;
  locks_[1].waiters[0].task = task(13);
  EXPECT_THAT(read().waiters, SizeIs(2));
}

TEST_F(WorkItemsTest, ABarrierThatNoWorkerHasIsOnlyACompletion) {
  link({kQueue + 0x100, barrier() + 8});
  EXPECT_EQ(read().type, model::LockType::completion);
}

TEST_F(WorkItemsTest, ALinkThatDoesNotPointBackIsNotFollowed) {
  scene_.kernel.memory.put_unsigned(scheduled() + 8, kQueue, 8);
  EXPECT_EQ(read().type, model::LockType::completion);
}

TEST_F(WorkItemsTest, ABarrierOnAListWithoutAWorkerEnds) {
  link({barrier() + 8});
  EXPECT_EQ(read().type, model::LockType::completion);
}

TEST_F(WorkItemsTest, ACompletionThatIsNoBarriers) {
  scene_.kernel.set(barrier(), "wq_barrier.work.func", kFunction);
  EXPECT_EQ(read().type, model::LockType::completion);
}

TEST_F(WorkItemsTest, AWorkerThatIsIdleRunsNothing) {
  scene_.kernel.set(kWorker, "worker.current_work", 0);
  EXPECT_EQ(read().type, model::LockType::completion);
}

TEST_F(WorkItemsTest, AThreadWhoseDataIsNoWorker) {
  scene_.kernel.set(kWorker, "worker.task", task(11));
  EXPECT_EQ(read().type, model::LockType::completion);
}

TEST_F(WorkItemsTest, TheFirstFlusherOfAWorkqueue) {
  const uint64_t flusher = SceneBuilder::stack(11) + 0x3c00;
  scene_.kernel.set(kWorkqueue, "workqueue_struct.first_flusher", flusher);
  scene_.kernel.set(flusher, "wq_flusher.flush_color", 3);
  scene_.kernel.set(kWorker, "worker.current_color", 3);
  wait_for(flusher + 24);
  const model::LockState queue = read();
  EXPECT_EQ(queue.type, model::LockType::workqueue);
  EXPECT_EQ(queue.name, "scrubber");
  EXPECT_THAT(queue.owners, SizeIs(1));
}

TEST_F(WorkItemsTest, WorkOfAnotherColourIsNotFlushed) {
  const uint64_t flusher = SceneBuilder::stack(11) + 0x3c00;
  scene_.kernel.set(kWorkqueue, "workqueue_struct.first_flusher", flusher);
  scene_.kernel.set(flusher, "wq_flusher.flush_color", 3);
  scene_.kernel.set(kWorker, "worker.current_color", 4);
  wait_for(flusher + 24);
  EXPECT_EQ(read().type, model::LockType::completion);
}

TEST_F(WorkItemsTest, TheEndOfAThread) {
  wait_for(kKthread + 64);
  const model::LockState end = read();
  EXPECT_EQ(end.type, model::LockType::thread_end);
  EXPECT_EQ(end.name, "kworker/0:1");
  EXPECT_EQ(end.owners.at(0).task, task(12));
}

TEST_F(WorkItemsTest, AnyOtherCompletionStaysOne) {
  wait_for(kKthread + 96);
  const model::LockState other = read();
  EXPECT_EQ(other.type, model::LockType::completion);
  EXPECT_THAT(other.owners, IsEmpty());
}

}  // namespace
}  // namespace kmortem::waits
