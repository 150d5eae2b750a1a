// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/softirqs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_kernel.h"

namespace kmortem::kernel {
namespace {

using testing::SizeIs;

constexpr uint64_t kVec = 0xffffffff82a00000;
constexpr uint64_t kNames = 0xffffffff82a01000;
constexpr uint64_t kBase1 = 0xffff88800fa00000;

std::vector<model::Cpu> two_cpus() {
  std::vector<model::Cpu> cpus(2);
  cpus[1].number = 1;
  cpus[1].percpu_base = kBase1;
  return cpus;
}

struct SoftirqsTest : testing::Test {
  test::FakeKernel k;

  void SetUp() override {
    auto& t = k.types;
    const auto action = t.define("softirq_action", 8, {t.at(0, "action", t.pointer())});
    t.variable("softirq_vec", t.array(action, 10));
    k.symbols.add("softirq_vec", kVec, 80);
    k.symbols.add("softirq_to_name", kNames, 80);
    k.symbols.add("_stext", 0xffffffff81000000, 1);
    k.symbols.add("run_timer_softirq", 0xffffffff81000100, 0x40);
    k.symbols.add("_etext", 0xffffffff81002000);
    for (uint64_t i = 0; i < 10; ++i) {
      k.memory.put_u64(kNames + i * 8, kNames + 0x100 + i * 16);
      k.memory.put_string(kNames + 0x100 + i * 16, "V" + std::to_string(i));
    }
    k.memory.map(kVec, 80);
    k.memory.put_u64(kVec + 8, 0xffffffff81000100);
    k.memory.put_u64(kVec + 16, 0xffffffffc0000000);
  }
};

TEST_F(SoftirqsTest, VectorsNamesAndActions) {
  Symbolizer symbolizer(k.target(), {});
  const auto softirqs = read_softirqs(k.target(), symbolizer);
  ASSERT_THAT(softirqs, SizeIs(10));
  EXPECT_EQ(softirqs[0].name, "V0");
  EXPECT_EQ(softirqs[0].action, 0u);
  EXPECT_FALSE(softirqs[0].action_in_text);
  EXPECT_EQ(softirqs[1].action_symbol, "run_timer_softirq");
  EXPECT_TRUE(softirqs[1].action_in_text);
  EXPECT_EQ(softirqs[2].action_symbol, "");
  EXPECT_FALSE(softirqs[2].action_in_text);
}

TEST_F(SoftirqsTest, ActionInAModulesTextCounts) {
  LoadedModule module;
  module.info.name = "mod";
  module.ranges = {{0xffffffffc0000000, 0xffffffffc0001000, true, false}};
  Symbolizer symbolizer(k.target(), {module});
  EXPECT_TRUE(read_softirqs(k.target(), symbolizer)[2].action_in_text);
}

TEST_F(SoftirqsTest, UnreadableTableIsAProblem) {
  k.memory.exclude(kVec);
  Symbolizer symbolizer(k.target(), {});
  EXPECT_TRUE(read_softirqs(k.target(), symbolizer).empty());
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

TEST(SoftirqPending, InIrqStat) {  // to 6.1
  test::FakeKernel k;
  const auto stat =
      k.types.structure("irq_cpustat_t", 64, {k.types.at(4, "__softirq_pending", k.types.u16)});
  k.types.variable("irq_stat", stat);
  k.symbols.add("irq_stat", 0x1e000);
  k.memory.put_u32(kBase1 + 0x1e004, 0xabcd0202);  // the member is 16 bits wide
  auto cpus = two_cpus();
  read_softirq_pending(k.target(), cpus);
  EXPECT_FALSE(cpus[0].softirq_pending_known);
  EXPECT_TRUE(cpus[1].softirq_pending_known);
  EXPECT_EQ(cpus[1].softirq_pending, 0x0202u);
  EXPECT_THAT(k.problems.all(), SizeIs(1));
}

TEST(SoftirqPending, InPcpuHot) {  // 6.2 to 6.14
  test::FakeKernel k;
  k.types.variable("pcpu_hot", k.types.structure("pcpu_hot", 64,
                                                 {k.types.at(32, "softirq_pending", k.types.u16)}));
  k.symbols.add("pcpu_hot", 0x1e000);
  k.memory.put_u16(kBase1 + 0x1e020, 0x80);
  auto cpus = two_cpus();
  read_softirq_pending(k.target(), cpus);
  EXPECT_EQ(cpus[1].softirq_pending, 0x80u);
}

TEST(SoftirqPending, VariableOfItsOwn) {  // 6.15
  test::FakeKernel k;
  k.types.variable("__softirq_pending", k.types.u16);
  k.symbols.add("__softirq_pending", 0x1e000);
  k.memory.put_u32(kBase1 + 0x1e000, 0xffff0100);
  auto cpus = two_cpus();
  read_softirq_pending(k.target(), cpus);
  EXPECT_EQ(cpus[1].softirq_pending, 0x100u);
}

TEST(SoftirqPending, KernelWithoutAMaskIsNoProblem) {
  test::FakeKernel k;
  auto cpus = two_cpus();
  read_softirq_pending(k.target(), cpus);
  EXPECT_FALSE(cpus[0].softirq_pending_known);
  EXPECT_TRUE(k.problems.all().empty());
}

}  // namespace
}  // namespace kmortem::kernel
