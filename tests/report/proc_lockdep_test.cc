// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_lockdep.h"

#include <gtest/gtest.h>

#include "report/proc_graph.h"
#include "report/proc_lockdep_chains.h"

namespace kmortem::report {
namespace {

model::Lockdep small() {
  auto lockdep = classes(3);
  lockdep.features.array_order = true;
  lockdep.features.debug_lockdep = true;
  lockdep.classes[0].ops = 330;
  lockdep.classes[0].name = "cpu_hotplug_lock";
  lockdep.classes[0].usage = "++++";
  add(&lockdep, 0, 1);
  add(&lockdep, 0, 2, kEN, 2);  // not taken directly after it: no line
  return lockdep;
}

TEST(ProcLockdep, AsAKernelOf6_1Prints) {
  EXPECT_EQ(proc_lockdep(small()),
            "all lock classes:\n"
            "ffffffff81000000 OPS:     330 FD:    3 BD:    1 ++++: cpu_hotplug_lock\n"
            " -> [ffffffff81000010] B\n"
            "\n"
            "ffffffff81000010 OPS:       0 FD:    1 BD:    2 ....: B\n"
            "\n"
            "ffffffff81000020 OPS:       0 FD:    1 BD:    2 ....: C\n"
            "\n");
}

TEST(ProcLockdep, WithoutProveLockingOnlyNamesSince5_15) {
  auto lockdep = small();
  lockdep.features.prove_locking = false;
  lockdep.features.debug_lockdep = false;
  EXPECT_EQ(proc_lockdep(lockdep),
            "all lock classes:\n"
            "ffffffff81000000: cpu_hotplug_lock\n"
            "ffffffff81000010: B\n"
            "ffffffff81000020: C\n");
  lockdep.features.array_order = false;
  EXPECT_EQ(proc_lockdep(lockdep),
            "all lock classes:\n"
            "ffffffff81000000 ++++: cpu_hotplug_lock\n"
            " -> [ffffffff81000010] B\n"
            "\n"
            "ffffffff81000010 ....: B\n"
            "\n"
            "ffffffff81000020 ....: C\n"
            "\n");
}

model::Lockdep with_chain() {
  auto lockdep = classes(2);
  lockdep.features.block_allocator = true;
  lockdep.features.irq_context_string = true;
  lockdep.features.hlock_id_in_chains = true;
  lockdep.counters.nr_free_chain_hlocks = 1;
  lockdep.chains.push_back({0, 3, 0x1234, {0, 0x4001, 7}});  // B as a recursive reader; 7 is freed
  return lockdep;
}

TEST(ProcLockdepChains, AsAKernelOf6_1Prints) {
  auto lockdep = with_chain();
  EXPECT_EQ(proc_lockdep_chains(lockdep),
            "all lock chains:\n"
            "irq_context: hardirq|softirq\n"
            "[ffffffff81000000] A\n"
            "[ffffffff81000010] B\n"
            "\n");
  lockdep.chains[0].irq_context = 2;
  EXPECT_NE(proc_lockdep_chains(lockdep).find("irq_context: hardirq\n"), std::string::npos);
  lockdep.counters.nr_free_chain_hlocks = 0;
  EXPECT_TRUE(proc_lockdep_chains(lockdep).starts_with("(buggered) all lock chains:\n"));
}

TEST(ProcLockdepChains, AsAKernelOf4_4Prints) {
  auto lockdep = with_chain();
  lockdep.features = {};
  lockdep.chains[0].hlocks = {1, 0};
  EXPECT_EQ(proc_lockdep_chains(lockdep),
            "all lock chains:\n"
            "irq_context: 3\n"
            "[ffffffff81000010] B\n"
            "[ffffffff81000000] A\n"
            "\n");
}

}  // namespace
}  // namespace kmortem::report
