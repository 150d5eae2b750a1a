// SPDX-License-Identifier: GPL-3.0-or-later
// Layouts from include/linux/smp.h and smp_types.h: 6.1 (call_single_node), and 4.14's.
#include "waits/cpu_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "waits/scene_builder.h"

namespace kmortem::waits {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace testing;

constexpr uint64_t kQueue = 0x3000;  // call_single_queue, as a per-cpu offset
constexpr uint64_t kSlots = 0x3100;  // cfd_data
constexpr uint64_t kFunction = kText + 0x100;

/// CPU 0 waits in smp_call_function_single() for CPU 1, which has interrupts off.
class CpuCalls : public ::testing::Test {
 protected:
  CpuCalls() {
    auto& t = scene_.kernel.types;
    const auto node = t.structure("__call_single_node", 16,
                                  {t.at(0, "llist", t.pointer()), t.at(8, "u_flags", t.u32),
                                   t.at(12, "src", t.u16), t.at(14, "dst", t.u16)});
    t.define("__call_single_data", 32,
             {t.at(0, "node", node), t.at(16, "func", t.pointer()), t.at(24, "info", t.pointer())});
    t.define("call_function_data", 24, {t.at(0, "pcpu", t.pointer())});
    scene_.kernel.symbols.add("call_single_queue", kQueue, 8);
    scene_.kernel.symbols.add("cfd_data", kSlots, 24);
    scene_.kernel.symbols.add("_stext", kText);
    scene_.kernel.symbols.add("queue_sync", kFunction, 0x20);
    scene_.kernel.symbols.add("_etext", kText + 0x10000);
    scene_.add_cpu(1, {"csd_lock_wait", "smp_call_function_single", "queue_reset"}, kFlagsOn);
    scene_.add_cpu(2, {"native_queued_spin_lock_slowpath", "queue_poll"}, kFlagsOff);
    queue(stack_call(), 0);
  }

  static uint64_t stack_call() { return SceneBuilder::stack(1) + 0x3e00; }

  /// Puts a call into CPU 1's queue, alone.
  void queue(uint64_t call, uint64_t next, uint32_t flags = 0x11) {
    auto& memory = scene_.kernel.memory;
    memory.map(call, 32);
    memory.put_unsigned(SceneBuilder::percpu(1) + kQueue, call, 8);
    memory.put_unsigned(call, next, 8);
    memory.put_unsigned(call + 8, flags, 4);
    memory.put_unsigned(call + 16, kFunction, 8);
  }

  std::vector<model::LockState> read() {
    return scene_.with([](const Scene& scene) { return awaited_cpu_calls(scene); });
  }

  SceneBuilder scene_;
};

TEST_F(CpuCalls, OneOnTheCallersStack) {
  const auto calls = read();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].type, model::LockType::cpu_call);
  EXPECT_EQ(calls[0].address, stack_call());
  EXPECT_EQ(calls[0].name, "queue_sync()");
  ASSERT_THAT(calls[0].owners, SizeIs(1));
  EXPECT_EQ(calls[0].owners[0].cpu, 1);
  ASSERT_THAT(calls[0].waiters, SizeIs(1));
  EXPECT_EQ(calls[0].waiters[0].cpu, 0);
  EXPECT_EQ(calls[0].waiters[0].frame, 2);
  EXPECT_EQ(calls[0].waiters[0].grade, model::Grade::proven);
}

TEST_F(CpuCalls, OneInTheCallersSlotForThatCpu) {
  const uint64_t slots = 0x4000;  // what alloc_percpu() gave CPU 0
  scene_.kernel.memory.put_unsigned(SceneBuilder::percpu(0) + kSlots, slots, 8);
  scene_.kernel.memory.put_unsigned(SceneBuilder::percpu(1) + kSlots, slots + 0x40, 8);
  queue(slots + SceneBuilder::percpu(1), 0);
  const auto calls = read();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_THAT(calls[0].waiters[0].evidence, HasSubstr("in its cfd_data"));
}

TEST_F(CpuCalls, ACpuWithInterruptsOnWillTakeIt) {
  scene_.stacks[1].frames[0].flags = kFlagsOn;
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(CpuCalls, AnNmiOnTopDoesNotCount) {
  auto& frames = scene_.stacks[1].frames;
  kernel::UnwoundFrame nmi;
  nmi.context = model::Context::nmi;
  nmi.interrupted = true;
  nmi.flags = kFlagsOff;
  frames.insert(frames.begin(), nmi);
  EXPECT_THAT(read(), SizeIs(1));
  frames[1].flags = kFlagsOn;
  EXPECT_THAT(read(), IsEmpty());
  frames[1].interrupted = false;
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(CpuCalls, NobodyWaitsForWhatIsNotLocked) {
  queue(stack_call(), 0, 0x10);
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(CpuCalls, TheCallerMustStandInTheCall) {
  scene_.cpus[0].stack[0].function = "cpu_relax";
  scene_.cpus[0].stack[1].function = "ordinary";
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(CpuCalls, ACallOfNobodyKnownIsPassedOver) {
  const uint64_t other = 0xffff888005000000;
  queue(other, stack_call());
  queue(stack_call(), 0);
  scene_.kernel.memory.put_unsigned(SceneBuilder::percpu(1) + kQueue, other, 8);
  EXPECT_THAT(read(), SizeIs(1));
}

TEST_F(CpuCalls, AQueueThatIsARingEnds) {
  const uint64_t other = 0xffff888005000000;
  queue(other, other);
  EXPECT_THAT(read(), IsEmpty());
}

TEST(OldCpuCalls, TheFlagsStoodLast) {
  SceneBuilder scene;
  auto& t = scene.kernel.types;
  t.define("call_single_data", 32,
           {t.at(0, "llist", t.pointer()), t.at(8, "func", t.pointer()),
            t.at(16, "info", t.pointer()), t.at(24, "flags", t.u32)});
  scene.kernel.symbols.add("call_single_queue", kQueue, 8);
  scene.add_cpu(1, {"smp_call_function_single", "queue_reset"}, kFlagsOn);
  scene.add_cpu(2, {"queue_poll"}, kFlagsOff);
  const uint64_t call = SceneBuilder::stack(1) + 0x3e00;
  scene.kernel.memory.put_unsigned(SceneBuilder::percpu(1) + kQueue, call, 8);
  scene.kernel.memory.put_unsigned(call, 0, 8);
  scene.kernel.memory.put_unsigned(call + 8, kFunction, 8);
  scene.kernel.memory.put_unsigned(call + 24, 1, 4);
  EXPECT_THAT(scene.with([](const Scene& s) { return awaited_cpu_calls(s); }), SizeIs(1));
}

}  // namespace
}  // namespace kmortem::waits
