// SPDX-License-Identifier: GPL-3.0-or-later
// Layouts from kernel/time/timer.c (6.1; 4.1's per-cpu pointer) and include/linux/hrtimer.h.
#include "waits/timer_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "waits/scene_builder.h"

namespace kmortem::waits {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace testing;

constexpr uint64_t kBases = 0x3000;     // timer_bases, as a per-cpu offset
constexpr uint64_t kHrtimers = 0x5000;  // hrtimer_bases
constexpr uint64_t kTimer = 0xffffffff82000100;
constexpr uint64_t kFunction = kText + 0x200;

/// CPU 0 waits in __timer_delete_sync() for the timer whose function CPU 1 runs.
class TimerFunctions : public ::testing::Test {
 protected:
  TimerFunctions() {
    auto& t = scene_.kernel.types;
    t.define("timer_list", 40, {t.at(24, "function", t.pointer())});
    t.define("timer_base", 64, {t.at(0, "lock", t.u32), t.at(8, "running_timer", t.pointer())});
    const auto clock = t.define("hrtimer_clock_base", 64, {t.at(16, "running", t.pointer())});
    t.define("hrtimer", 64, {t.at(40, "function", t.pointer())});
    t.define("hrtimer_cpu_base", 640, {t.at(64, "clock_base", t.array(clock, 8))});
    auto& symbols = scene_.kernel.symbols;
    symbols.add("timer_bases", kBases, 128);
    symbols.add("hrtimer_bases", kHrtimers, 640);
    symbols.add("_stext", kText);
    symbols.add("link_check", kFunction, 0x20);
    symbols.add("_etext", kText + 0x10000);
    symbols.add("link_timer", kTimer, 40);
    scene_.kernel.memory.map(kTimer, 64);
    scene_.kernel.memory.put_unsigned(kTimer + 24, kFunction, 8);
    scene_.kernel.memory.put_unsigned(kTimer + 40, kFunction, 8);
    scene_.add_cpu(1, {"try_to_del_timer_sync", "__timer_delete_sync", "link_stop"}, kFlagsOn);
    scene_.add_cpu(2,
                   {"native_queued_spin_lock_slowpath", "link_check", "call_timer_fn",
                    "__run_timers", "__do_softirq"},
                   kFlagsOn);
    set_running(1);
    scene_.stacks[0].frames[1].registers.set(kernel::Register::rbx, kTimer);
  }

  /// In the base of that index: the local and the deferrable ones.
  void set_running(unsigned base) {
    scene_.kernel.memory.put_unsigned(SceneBuilder::percpu(1) + kBases + base * 64 + 8, kTimer, 8);
  }

  std::vector<model::LockState> read() {
    return scene_.with([](const Scene& scene) { return awaited_timers(scene); });
  }

  SceneBuilder scene_;
};

TEST_F(TimerFunctions, AnAwaitedTimer) {
  const auto timers = read();
  ASSERT_THAT(timers, SizeIs(1));
  EXPECT_EQ(timers[0].type, model::LockType::timer);
  EXPECT_EQ(timers[0].symbol, "link_timer");
  EXPECT_EQ(timers[0].owners.at(0).cpu, 1);
  EXPECT_EQ(timers[0].owners.at(0).frame, 3);
  EXPECT_THAT(timers[0].owners.at(0).evidence, HasSubstr("its function is link_check()"));
  EXPECT_EQ(timers[0].waiters.at(0).cpu, 0);
  EXPECT_EQ(timers[0].waiters.at(0).frame, 2);
  EXPECT_EQ(timers[0].waiters.at(0).grade, model::Grade::proven);
}

TEST_F(TimerFunctions, OneThatIsOnlyOnTheFrameIsInferred) {
  auto& frame = scene_.stacks[0].frames[1];
  frame.registers.set(kernel::Register::rbx, std::nullopt);
  frame.registers.set(kernel::Register::rsp, SceneBuilder::stack(1) + 0x3d00);
  frame.frame_end = SceneBuilder::stack(1) + 0x3d40;
  EXPECT_THAT(read(), IsEmpty());
  scene_.kernel.memory.put_unsigned(SceneBuilder::stack(1) + 0x3d18, kTimer, 8);
  const auto timers = read();
  ASSERT_THAT(timers, SizeIs(1));
  EXPECT_EQ(timers[0].waiters.at(0).grade, model::Grade::inferred);
}

TEST_F(TimerFunctions, AnotherTimerIsNotAwaited) {
  scene_.stacks[0].frames[1].registers.set(kernel::Register::rbx, kTimer + 64);
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(TimerFunctions, AnOldRunningTimerOfACpuThatRunsNoneIsNone) {
  for (model::Frame& frame : scene_.cpus[1].stack) frame.function = "loop";
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(TimerFunctions, WhoDoesNotStandInTheWaitDoesNotWait) {
  scene_.cpus[0].stack[0].function = "loop";
  scene_.cpus[0].stack[1].function = "link_stop";
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(TimerFunctions, AnHrtimer) {
  scene_.kernel.memory.put_unsigned(SceneBuilder::percpu(1) + kBases + 64 + 8, 0, 8);
  scene_.kernel.memory.put_unsigned(SceneBuilder::percpu(1) + kHrtimers + 64 + 3 * 64 + 16, kTimer,
                                    8);
  scene_.cpus[0].stack[0].function = "hrtimer_try_to_cancel";
  scene_.cpus[0].stack[1].function = "hrtimer_cancel";
  EXPECT_THAT(read(), IsEmpty());
  scene_.cpus[1].stack[3].function = "__hrtimer_run_queues";
  const auto timers = read();
  ASSERT_THAT(timers, SizeIs(1));
  EXPECT_EQ(timers[0].type, model::LockType::hrtimer);
}

TEST(OldTimers, APerCpuPointerToTheBase) {
  SceneBuilder scene;
  auto& t = scene.kernel.types;
  t.define("timer_list", 40, {t.at(24, "function", t.pointer())});
  t.define("tvec_base", 8192, {t.at(8, "running_timer", t.pointer())});
  scene.kernel.symbols.add("tvec_bases", kBases, 8);
  scene.add_cpu(1, {"del_timer_sync", "link_stop"}, kFlagsOn);
  scene.add_cpu(2, {"link_check", "call_timer_fn"}, kFlagsOn);
  const uint64_t base = 0xffff888004000000;
  scene.kernel.memory.map(base, 16);
  scene.kernel.memory.put_unsigned(SceneBuilder::percpu(1) + kBases, base, 8);
  scene.kernel.memory.put_unsigned(base + 8, kTimer, 8);
  scene.stacks[0].frames[0].registers.set(kernel::Register::r12, kTimer);
  EXPECT_THAT(scene.with([](const Scene& s) { return awaited_timers(s); }), SizeIs(1));
}

}  // namespace
}  // namespace kmortem::waits
