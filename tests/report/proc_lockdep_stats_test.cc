// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_lockdep_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/proc_graph.h"

namespace kmortem::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The layout of these texts is that of guests' own /proc/lockdep_stats.
model::Lockdep kernel_6_1() {
  auto lockdep = classes(4);
  auto& f = lockdep.features;
  f.array_order = f.class_bitmap = f.block_allocator = f.trace_irqflags = true;
  f.deduplicated_traces = f.debug_lockdep = true;
  lockdep.tables = {{"lock_classes", 4, 8192},
                    {"list_entries", 1, 32768},
                    {"lock_chains", 3, 65536},
                    {"chain_hlocks", 0, 327680},
                    {"stack_trace", 0, 524288}};
  lockdep.classes[0].usage_mask = 0x101;  // used in hardirq
  lockdep.classes[1].usage_mask = 0x144;  // enabled both
  lockdep.classes[2].usage_mask = 0x100;  // used, no more
  lockdep.classes[3].usage_mask = 0x182;  // used in hardirq, softirq enabled, both as a reader
  auto& c = lockdep.counters;
  c.nr_lock_classes = 4;
  c.nr_list_entries = 2;
  c.nr_lock_chains = 3;
  c.nr_free_chain_hlocks = 327670;
  c.nr_lost_chain_hlocks = 1;
  c.nr_hardirq_chains = 65535;
  c.nr_softirq_chains = 65535;
  c.nr_process_chains = 2;
  c.nr_stack_trace_entries = 100;
  c.nr_stack_traces = 5;
  c.nr_stack_hash_chains = 4;
  c.max_lockdep_depth = 11;
  c.max_bfs_queue_depth = 34;
  c.max_lock_class_idx = 3;
  c.nr_zapped_classes = 1;
  c.nr_zapped_lock_chains = 97;
  c.nr_large_chain_blocks = 1;
  c.debug = {{"chain_lookup_misses", 1361}, {"nr_redundant_checks", 6}, {"nr_redundant", 7}};
  add(&lockdep, 0, 1);
  return lockdep;
}

TEST(ProcLockdepStats, AsAKernelOf6_1Prints) {
  EXPECT_EQ(proc_lockdep_stats(kernel_6_1()),
            " lock-classes:                            4 [max: 8192]\n"
            " direct dependencies:                     2 [max: 32768]\n"
            " indirect dependencies:                   5\n"
            " all direct dependencies:                 4\n"
            " dependency chains:                       3 [max: 65536]\n"
            " dependency chain hlocks used:            9 [max: 327680]\n"
            " dependency chain hlocks lost:            1\n"
            " in-hardirq chains:                   65535\n"
            " in-softirq chains:                   65535\n"
            " in-process chains:                       2\n"
            " stack-trace entries:                   100 [max: 524288]\n"
            " number of stack traces:                  5\n"
            " number of stack hash chains:             4\n"
            " combined max dependencies:               0\n"  // 3 << 32 does not fit
            " hardirq-safe locks:                      1\n"
            " hardirq-unsafe locks:                    1\n"
            " softirq-safe locks:                      0\n"
            " softirq-unsafe locks:                    1\n"
            " irq-safe locks:                          1\n"
            " irq-unsafe locks:                        1\n"
            " hardirq-read-safe locks:                 1\n"
            " hardirq-read-unsafe locks:               0\n"
            " softirq-read-safe locks:                 0\n"
            " softirq-read-unsafe locks:               1\n"
            " irq-read-safe locks:                     1\n"
            " irq-read-unsafe locks:                   1\n"
            " uncategorized locks:                     1\n"
            " unused locks:                            0\n"
            " max locking depth:                      11\n"
            " max bfs queue depth:                    34\n"
            " max lock class index:                    3\n"
            " chain lookup misses:                  1361\n"
            " chain lookup hits:                       0\n"
            " cyclic checks:                           0\n"
            " redundant checks:                        6\n"
            " redundant links:                         7\n"
            " find-mask forwards checks:               0\n"
            " find-mask backwards checks:              0\n"
            " hardirq on events:                       0\n"
            " hardirq off events:                      0\n"
            " redundant hardirq ons:                   0\n"
            " redundant hardirq offs:                  0\n"
            " softirq on events:                       0\n"
            " softirq off events:                      0\n"
            " redundant softirq ons:                   0\n"
            " redundant softirq offs:                  0\n"
            " debug_locks:                             0\n"
            "\n"
            " zapped classes:                          1\n"
            " zapped lock chains:                     97\n"
            " large chain blocks:                      1\n");
}

TEST(ProcLockdepStats, AnOldKernelHasFewerLines) {
  auto lockdep = kernel_6_1();
  lockdep.features = classes(0).features;
  lockdep.features.debug_lockdep = true;
  lockdep.features.states = {"HARDIRQ", "SOFTIRQ", "RECLAIM_FS"};
  lockdep.features.used_bit = 12;
  lockdep.counters.debug.clear();
  lockdep.counters.nr_chain_hlocks = 12;
  lockdep.enabled = true;
  const std::string text = proc_lockdep_stats(lockdep);
  EXPECT_THAT(text, HasSubstr(" dependency chain hlocks:                12 [max: 327680]\n"));
  EXPECT_THAT(text, Not(HasSubstr("number of stack traces")));
  EXPECT_THAT(text, Not(HasSubstr("max lock class index")));
  EXPECT_THAT(text, Not(HasSubstr("in-hardirq chains")));
  EXPECT_THAT(text, Not(HasSubstr("redundant checks")));
  EXPECT_TRUE(text.ends_with(" debug_locks:                             1\n"));
  // RECLAIM_FS is not an irq.
  lockdep.classes[2].usage_mask = 0x1100;
  EXPECT_THAT(proc_lockdep_stats(lockdep),
              HasSubstr(" irq-safe locks:                          1"));
}

TEST(ProcLockdepStats, ClassesAreNotCountedWithoutProveLocking) {
  auto lockdep = kernel_6_1();
  lockdep.features.prove_locking = false;
  const std::string text = proc_lockdep_stats(lockdep);
  EXPECT_THAT(text, HasSubstr(" irq-safe locks:                          0\n"));
  EXPECT_THAT(text, HasSubstr(" indirect dependencies:                   0\n"));
  EXPECT_THAT(text, Not(HasSubstr("dependency chains")));
  EXPECT_THAT(text, Not(HasSubstr("zapped lock chains")));
}

TEST(ProcLockdepStats, DynamicKeysWhereTheKernelCountsThem) {
  auto lockdep = kernel_6_1();
  lockdep.features.dynamic_keys_count = true;
  lockdep.counters.nr_dynamic_keys = 42;
  EXPECT_THAT(proc_lockdep_stats(lockdep),
              HasSubstr("[max: 8192]\n dynamic-keys:                           42\n direct"));
}

}  // namespace
}  // namespace kmortem::report
