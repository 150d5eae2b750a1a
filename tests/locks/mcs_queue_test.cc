// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/mcs_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_kernel.h"

namespace kmortem::locks {
namespace {

using test::FakeKernel;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr uint64_t kSymbol = 0x1f000;

class McsQueue : public ::testing::TestWithParam<uint64_t> {
 protected:
  McsQueue() : cpus_(4) {
    kernel_.symbols.add("qnodes", kSymbol, 4 * GetParam());
    for (int i = 0; i < 4; ++i) {
      cpus_[i].number = i;
      cpus_[i].percpu_base = 0xffff888010000000 + static_cast<uint64_t>(i) * 0x100000;
      kernel_.memory.map(at(i, 0), 4 * GetParam());
    }
  }

  uint64_t at(int cpu, unsigned index) const {
    return kSymbol + cpus_[static_cast<size_t>(cpu)].percpu_base + index * GetParam();
  }
  /// Node `index` of the CPU and all before it are in use.
  void use(int cpu, unsigned index, uint64_t next) {
    kernel_.memory.put_u64(at(cpu, index), next);
    const auto count = kernel_.memory.read_u32(at(cpu, 0) + 12).value();
    kernel_.memory.put_u32(at(cpu, 0) + 12, std::max(count, index + 1));
  }
  static std::vector<int> cpus_of(const McsChain& chain) {
    std::vector<int> cpus;
    for (const McsNode* node : chain.nodes) cpus.push_back(node->cpu);
    return cpus;
  }

  FakeKernel kernel_;
  std::vector<model::Cpu> cpus_;
};

// struct qnode is 16 bytes, 32 with CONFIG_PARAVIRT_SPINLOCKS.
INSTANTIATE_TEST_SUITE_P(NodeSizes, McsQueue, ::testing::Values(16, 32));

TEST_P(McsQueue, CpusInTheOrderOfTheQueue) {
  use(2, 0, at(0, 0));
  use(0, 0, at(3, 1));
  use(3, 1, 0);
  const McsQueues queues(kernel_.target(), cpus_);
  const auto chain = queues.chain(3, 1);
  EXPECT_THAT(cpus_of(chain), ElementsAre(2, 0, 3));
  EXPECT_THAT(chain.problem, IsEmpty());
}

TEST_P(McsQueue, StatesOfVirtualCpusWhereSpinlocksAreParavirtual) {
  if (GetParam() != 32) return;
  constexpr uint64_t kTable = 0xffffffff82123450;
  kernel_.symbols.add("pv_lock_hash", kTable, 8);
  kernel_.memory.put_u64(kTable, 0);
  use(1, 0, at(2, 0));
  use(2, 0, 0);
  for (const int cpu : {1, 2}) {
    kernel_.memory.put_u32(at(cpu, 0) + 16, static_cast<uint32_t>(cpu));
    kernel_.memory.put_u8(at(cpu, 0) + 20, static_cast<uint8_t>(3 - cpu));
  }
  const auto state = [](const McsQueues& queues, size_t i) { return queues.in_use()[i].pv_state; };
  EXPECT_EQ(state(McsQueues(kernel_.target(), cpus_), 0), std::nullopt);
  kernel_.memory.put_u64(kTable, 0xffff888000200000);
  const McsQueues queues(kernel_.target(), cpus_);
  EXPECT_EQ(state(queues, 0), 2);            // vcpu_hashed
  EXPECT_EQ(state(queues, 1), 1);            // vcpu_halted
  kernel_.memory.put_u32(at(1, 0) + 16, 7);  // another CPU's: no such node
  EXPECT_EQ(state(McsQueues(kernel_.target(), cpus_), 0), std::nullopt);
}

TEST_P(McsQueue, TwoQueuesAreKeptApart) {
  use(0, 0, at(1, 0));
  use(1, 0, 0);
  use(2, 0, 0);
  const McsQueues queues(kernel_.target(), cpus_);
  EXPECT_THAT(cpus_of(queues.chain(1, 0)), ElementsAre(0, 1));
  EXPECT_THAT(cpus_of(queues.chain(2, 0)), ElementsAre(2));
}

TEST_P(McsQueue, ATailThatNobodyWaitsAt) {
  kernel_.memory.put_u64(at(1, 0), at(0, 0));  // left over: count is 0
  const McsQueues queues(kernel_.target(), cpus_);
  EXPECT_TRUE(queues.in_use().empty());
  const auto chain = queues.chain(0, 0);
  EXPECT_TRUE(chain.nodes.empty());
  EXPECT_THAT(chain.problem, Not(IsEmpty()));
}

TEST_P(McsQueue, ARingEnds) {
  use(0, 0, at(1, 0));
  use(1, 0, at(0, 0));
  const McsQueues queues(kernel_.target(), cpus_);
  const auto chain = queues.chain(1, 0);
  EXPECT_EQ(chain.nodes.size(), 2U);
  EXPECT_EQ(chain.problem, "its queue of CPUs is a ring");
}

TEST_P(McsQueue, AWildCountIsBounded) {
  kernel_.memory.put_u32(at(0, 0) + 12, 0x7fffffff);
  const McsQueues queues(kernel_.target(), cpus_);
  EXPECT_EQ(queues.in_use().size(), 4U);
}

TEST_P(McsQueue, WhatIsMissingIsSaid) {
  kernel_.memory.exclude(at(2, 0));
  const McsQueues queues(kernel_.target(), cpus_);
  EXPECT_EQ(kernel_.problems.all().size(), 1U);
}

}  // namespace
}  // namespace kmortem::locks
