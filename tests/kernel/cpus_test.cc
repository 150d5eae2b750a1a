// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/cpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/percpu.h"
#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr uint64_t kOffsets = 0xffffffff82000000;
constexpr uint64_t kMask = 0xffffffff82001000;
constexpr uint64_t kOnline = 0xffffffff82001400;
constexpr uint64_t kNrCpuIds = 0xffffffff82001800;
constexpr uint64_t kBase0 = 0xffff88800f800000;
constexpr uint64_t kBase2 = 0xffff88800fa00000;

/// Four slots, of which 0 and 2 are possible and 0 is online.
void add_two_cpus(test::FakeKernel& k) {
  k.types.variable("__per_cpu_offset", k.types.array(k.types.u64, 64));
  k.symbols.add("__per_cpu_offset", kOffsets);
  k.symbols.add("nr_cpu_ids", kNrCpuIds);
  k.symbols.add("__cpu_possible_mask", kMask);
  k.symbols.add("__cpu_online_mask", kOnline);
  k.memory.put_u32(kNrCpuIds, 4);
  k.memory.put_u64(kMask, 0b10101);  // CPU 4 is beyond nr_cpu_ids
  k.memory.put_u64(kOnline, 0b1);
  k.memory.put_u64(kOffsets, kBase0);
  k.memory.put_u64(kOffsets + 16, kBase2);
  k.memory.map(kBase0, 0x40000);
  k.memory.map(kBase2, 0x40000);
}

TEST(Cpus, AreThoseOfThePossibleMask) {
  test::FakeKernel k;
  add_two_cpus(k);
  const auto cpus = read_cpus(k.target());
  ASSERT_THAT(cpus, SizeIs(2));
  EXPECT_EQ(cpus[0].number, 0);
  EXPECT_TRUE(cpus[0].online);
  EXPECT_EQ(cpus[1].number, 2);
  EXPECT_FALSE(cpus[1].online);
  EXPECT_EQ(cpus[1].percpu_base, kBase2);
}

TEST(Cpus, MaskIsBehindAPointerInOldKernels) {
  test::FakeKernel k;
  add_two_cpus(k);
  k.symbols.remove("__cpu_possible_mask");
  k.symbols.add("cpu_possible_mask", 0xffffffff82002000);
  k.memory.put_u64(0xffffffff82002000, kMask);
  EXPECT_THAT(read_possible_cpus(k.target()), ElementsAre(0, 2));
}

TEST(Cpus, FieldsOfPcpuHot) {  // 6.2 to 6.14
  test::FakeKernel k;
  add_two_cpus(k);
  const auto hot = k.types.define("pcpu_hot", 64,
                                  {k.types.at(0, "current_task", k.types.pointer()),
                                   k.types.at(8, "preempt_count", k.types.s32)});
  k.types.variable("pcpu_hot", hot);
  k.symbols.add("pcpu_hot", 0x1f000);  // zero-based: no slide, no kernel address
  k.memory.put_u64(kBase2 + 0x1f000, 0xffff888001234000);
  k.memory.put_u32(kBase2 + 0x1f008, 0x80010002);
  const auto cpus = read_cpus(k.target());
  EXPECT_EQ(cpus[1].current_task, 0xffff888001234000u);
  EXPECT_EQ(cpus[1].preempt_count, 0x00010002u);
  EXPECT_EQ(cpus[0].preempt_count, 0u);
}

TEST(Cpus, FieldsInVariablesOfTheirOwn) {
  test::FakeKernel k;
  add_two_cpus(k);
  // 6.15 and later: an ordinary address, and the offset the distance from it.
  const uint64_t symbol = 0xffffffff83000040;
  k.symbols.add("current_task", symbol);
  k.memory.put_u64(kOffsets + 16, kBase2 - 0xffffffff83000000);
  k.memory.put_u64(kBase2 + 0x40, 0xffff888001234000);
  k.symbols.add("hardirqs_enabled", 0xffffffff83000080);
  k.symbols.add("hardirq_context", 0xffffffff83000084);
  k.memory.put_u32(kBase2 + 0x80, 1);
  k.memory.put_u32(kBase2 + 0x84, 2);
  const auto cpus = read_cpus(k.target());
  EXPECT_EQ(cpus[1].current_task, 0xffff888001234000u);
  EXPECT_EQ(cpus[1].hardirqs_enabled, true);
  EXPECT_EQ(cpus[1].hardirq_context, 2u);
}

TEST(Cpus, IrqStateIsTheTasksBefore58) {
  test::FakeKernel k;
  add_two_cpus(k);
  k.types.define("task_struct", 64,
                 {k.types.at(16, "hardirqs_enabled", k.types.s32),
                  k.types.at(20, "hardirq_context", k.types.s32)});
  k.symbols.add("current_task", 0x1f000);
  k.memory.put_u64(kBase0 + 0x1f000, 0xffff888001234000);
  k.memory.put_u32(0xffff888001234010, 1);
  k.memory.put_u32(0xffff888001234014, 3);
  const auto cpus = read_cpus(k.target());
  EXPECT_EQ(cpus[0].hardirqs_enabled, true);
  EXPECT_EQ(cpus[0].hardirq_context, 3u);
  EXPECT_FALSE(cpus[1].hardirqs_enabled.has_value());
}

TEST(Cpus, WithoutSmpThereIsOne) {
  test::FakeKernel k;
  k.symbols.add("current_task", 0xffffffff82003000);
  k.memory.put_u64(0xffffffff82003000, 0xffff888001234000);
  const auto cpus = read_cpus(k.target());
  ASSERT_THAT(cpus, SizeIs(1));
  EXPECT_TRUE(cpus[0].online);
  EXPECT_EQ(cpus[0].percpu_base, 0u);
  EXPECT_EQ(cpus[0].current_task, 0xffff888001234000u);
  EXPECT_TRUE(k.problems.all().empty());
}

TEST(Cpus, UnreadablePerCpuDataIsAProblemNotAnEnd) {
  test::FakeKernel k;
  add_two_cpus(k);
  k.symbols.add("current_task", 0x1f000);
  k.memory.put_u64(kBase2 + 0x1f000, 0xffff888001234000);
  k.memory.exclude(kBase0 + 0x1f000);
  const auto cpus = read_cpus(k.target());
  EXPECT_EQ(cpus[0].current_task, 0u);
  EXPECT_EQ(cpus[1].current_task, 0xffff888001234000u);
  ASSERT_THAT(k.problems.all(), SizeIs(1));
  EXPECT_EQ(k.problems.all()[0].address, kBase0 + 0x1f000);
}

TEST(Percpu, SignedVariableIsExtended) {
  test::FakeKernel k;
  k.symbols.add("counter", 0x100);
  k.types.variable("counter", k.types.s32);
  k.memory.put_u32(kBase0 + 0x100, 0xffffffff);
  const auto field = find_percpu(k.target(), {"absent", "absent.member", "counter"}, 8);
  ASSERT_TRUE(field);
  EXPECT_EQ(field->size, 4u);
  EXPECT_EQ(static_cast<int64_t>(read_percpu(k.target(), *field, kBase0).value()), -1);
}

}  // namespace
}  // namespace kmortem::kernel
