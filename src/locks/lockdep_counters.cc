// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockdep_counters.h"

#include <algorithm>
#include <array>

#include "kernel/record.h"
#include "locks/kernel_reads.h"
#include "locks/percpu_stats.h"

namespace kmortem::locks {

namespace {

struct Counter {
  const char* symbol;
  unsigned size;  // where DWARF does not have the variable
  uint64_t model::LockdepCounters::* member;
};

using C = model::LockdepCounters;
constexpr std::array kCounters = {
    Counter{"nr_lock_classes", 8, &C::nr_lock_classes},
    Counter{"nr_list_entries", 8, &C::nr_list_entries},
    Counter{"nr_lock_chains", 8, &C::nr_lock_chains},
    Counter{"nr_chain_hlocks", 4, &C::nr_chain_hlocks},
    Counter{"nr_free_chain_hlocks", 4, &C::nr_free_chain_hlocks},
    Counter{"nr_lost_chain_hlocks", 4, &C::nr_lost_chain_hlocks},
    Counter{"nr_large_chain_blocks", 4, &C::nr_large_chain_blocks},
    Counter{"nr_zapped_classes", 8, &C::nr_zapped_classes},
    Counter{"nr_zapped_lock_chains", 8, &C::nr_zapped_lock_chains},
    Counter{"nr_stack_trace_entries", 8, &C::nr_stack_trace_entries},
    Counter{"nr_hardirq_chains", 4, &C::nr_hardirq_chains},
    Counter{"nr_softirq_chains", 4, &C::nr_softirq_chains},
    Counter{"nr_process_chains", 4, &C::nr_process_chains},
    Counter{"max_lockdep_depth", 4, &C::max_lockdep_depth},
    Counter{"max_bfs_queue_depth", 4, &C::max_bfs_queue_depth},
    Counter{"max_lock_class_idx", 8, &C::max_lock_class_idx},
    Counter{"nr_dynamic_keys", 8, &C::nr_dynamic_keys},
};

// The kernel counts them itself for /proc/lockdep_stats (lockdep_stack_trace_count()).
void count_traces(const kernel::Target& target, const LockdepLayout& layout,
                  model::LockdepCounters* counters) {
  const Table& hash = layout.trace_hash;
  if (!hash.present || hash.size() == 0 || !layout.trace.hash_entry) return;
  const Block buckets = read_block(target, "stack_trace_hash", hash.address, hash.size(),
                                   "the number of stack traces is too low");
  const uint64_t used = std::min(counters->nr_stack_trace_entries, layout.stack_trace.count);
  const Block traces = read_block(target, "stack_trace", layout.stack_trace.address, used * 8,
                                  "the number of stack traces is too low");
  for (uint64_t i = 0; i < hash.count; ++i) {
    uint64_t node = buckets.word(hash.address + i * hash.element_size);
    if (node != 0) ++counters->nr_stack_hash_chains;
    // No more traces than words: a ring cannot hold the walk for ever.
    while (node != 0 && counters->nr_stack_traces <= used) {
      ++counters->nr_stack_traces;
      node = traces.word(node - layout.trace.hash_entry->offset);
    }
  }
}

}  // namespace

void read_counters(const kernel::Target& target, const LockdepLayout& layout,
                   model::Lockdep* lockdep) {
  model::LockdepCounters& counters = lockdep->counters;
  for (const Counter& counter : kCounters) {
    if (auto value = read_variable(target, counter.symbol, counter.size)) {
      counters.*counter.member = *value;
      if (counter.member == &C::nr_free_chain_hlocks) counters.free_chain_hlocks_known = true;
    }
  }
  // With lock_chains_in_use the kernel counts bits (lock_chain_count()).
  if (!target.symbol("nr_lock_chains")) counters.nr_lock_chains = lockdep->chains.size();
  count_traces(target, layout, &counters);
  read_percpu_stats(target, lockdep);
}

void fill_tables(const LockdepLayout& layout, model::Lockdep* lockdep) {
  const model::LockdepCounters& counters = lockdep->counters;
  auto add = [&](const char* name, const Table& table, uint64_t used) {
    if (table.present && table.count != 0) lockdep->tables.push_back({name, used, table.count});
  };
  add("lock_classes", layout.lock_classes, counters.nr_lock_classes);
  add("list_entries", layout.list_entries, counters.nr_list_entries);
  if (!lockdep->features.prove_locking) return;
  add("lock_chains", layout.lock_chains, counters.nr_lock_chains);
  uint64_t hlocks = counters.nr_chain_hlocks;
  const bool by_free_count = lockdep->features.block_allocator;
  if (by_free_count) {
    const uint64_t unused = counters.nr_free_chain_hlocks + counters.nr_lost_chain_hlocks;
    hlocks = layout.chain_hlocks.count - std::min(unused, layout.chain_hlocks.count);
  }
  if (!by_free_count || counters.free_chain_hlocks_known) {
    add("chain_hlocks", layout.chain_hlocks, hlocks);
  }
  add("stack_trace", layout.stack_trace, counters.nr_stack_trace_entries);
}

}  // namespace kmortem::locks
