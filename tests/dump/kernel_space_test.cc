// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/kernel_space.h"

#include <gtest/gtest.h>

#include "dump/fake_machine.h"

namespace kmortem::dump {
namespace {

using test::FakeMachine;

std::string without(std::string text, const std::string& line) {
  const size_t at = text.find(line);
  EXPECT_NE(at, std::string::npos) << line;
  return text.erase(at, text.find('\n', at) + 1 - at);
}

class KernelSpaceTest : public testing::TestWithParam<int> {
 protected:
  FakeMachine machine_{GetParam()};
  std::vector<CpuRegisters> cpus_ = registers_from_notes(machine_.notes(true, false));
};

INSTANTIATE_TEST_SUITE_P(Levels, KernelSpaceTest, testing::Values(4, 5));

TEST_P(KernelSpaceTest, FromVmcoreinfo) {
  const Vmcoreinfo info(machine_.vmcoreinfo());
  const auto space = find_kernel_space(machine_.memory, info, std::nullopt, {});
  EXPECT_TRUE(space.verified);
  EXPECT_EQ(space.tables.root(), FakeMachine::kRoot);
  EXPECT_EQ(space.tables.levels(), GetParam());
  EXPECT_EQ(space.phys_base, FakeMachine::kPhysBase);
}

TEST_P(KernelSpaceTest, FindsOutTheLevelsThatVmcoreinfoLeavesOut) {
  const Vmcoreinfo info(without(machine_.vmcoreinfo(), "NUMBER(pgtable_l5_enabled)"));
  const auto space = find_kernel_space(machine_.memory, info, std::nullopt, {});
  EXPECT_TRUE(space.verified);
  EXPECT_EQ(space.tables.levels(), GetParam());
}

TEST_P(KernelSpaceTest, TakesPhysBaseFromTheContainer) {
  const Vmcoreinfo info(without(machine_.vmcoreinfo(), "NUMBER(phys_base)"));
  EXPECT_FALSE(find_kernel_space(machine_.memory, info, std::nullopt, {}).verified);
  EXPECT_TRUE(find_kernel_space(machine_.memory, info, FakeMachine::kPhysBase, {}).verified);
}

TEST_P(KernelSpaceTest, AWrongPhysBaseIsPutRightByCr3) {
  const Vmcoreinfo info(without(machine_.vmcoreinfo(), "NUMBER(phys_base)"));
  const auto space = find_kernel_space(machine_.memory, info, uint64_t{0}, cpus_);
  EXPECT_TRUE(space.verified);
  EXPECT_EQ(space.tables.root(), FakeMachine::kRoot);
  EXPECT_EQ(space.phys_base, FakeMachine::kPhysBase);
}

TEST_P(KernelSpaceTest, FromCr3Alone) {
  const auto space = find_kernel_space(machine_.memory, {}, std::nullopt, cpus_);
  EXPECT_TRUE(space.verified);
  EXPECT_EQ(space.tables.root(), FakeMachine::kRoot);
  EXPECT_EQ(space.tables.levels(), GetParam());
}

TEST_P(KernelSpaceTest, AProcessTableLeadsToTheKernelsOwn) {
  // Under page-table isolation CR3 has the user's table, one page above the kernel's half.
  constexpr uint64_t kProcess = 0x600000;
  machine_.memory.put(kProcess, machine_.memory.pages.at(FakeMachine::kRoot));
  machine_.memory.put(kProcess + kPageSize, test::FakePhysical::Page{});
  cpus_[0].cr3 = kProcess + kPageSize;
  const Vmcoreinfo info(without(machine_.vmcoreinfo(), "NUMBER(phys_base)"));
  const auto space = find_kernel_space(machine_.memory, info, std::nullopt, cpus_);
  EXPECT_TRUE(space.verified);
  EXPECT_EQ(space.tables.root(), FakeMachine::kRoot);
}

TEST_P(KernelSpaceTest, NothingToGoBy) {
  const auto space = find_kernel_space(machine_.memory, {}, std::nullopt, {});
  EXPECT_FALSE(space.verified);
  EXPECT_FALSE(space.tables.usable());
}

}  // namespace
}  // namespace kmortem::dump
