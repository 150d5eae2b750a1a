// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/proc_lockdep_stats.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "report/proc_reachability.h"

namespace kmortem::report {

namespace {

// The first two states are HARDIRQ and SOFTIRQ in every kernel, four usage bits each: used in,
// used in as a reader, enabled, enabled as a reader. RECLAIM_FS, until 4.13, does not count as irq.
constexpr uint64_t kUsedIn = 1;
constexpr uint64_t kUsedInRead = 2;
constexpr uint64_t kEnabled = 4;
constexpr uint64_t kEnabledRead = 8;
constexpr uint64_t hardirq(uint64_t bits) {
  return bits;
}
constexpr uint64_t softirq(uint64_t bits) {
  return bits << 4;
}
constexpr uint64_t either(uint64_t bits) {
  return hardirq(bits) | softirq(bits);
}

/// The text under construction.
class Stats {
 public:
  explicit Stats(const model::Lockdep& lockdep) : lockdep_(lockdep) {}

  std::string print() {
    add_dependencies();
    add_chains();
    add_usages();
    add_depths();
    if (lockdep_.features.debug_lockdep) add_debug();
    line("debug_locks:", lockdep_.enabled ? 1 : 0);
    if (lockdep_.features.block_allocator) add_zapped();
    return std::move(out_);
  }

 private:
  void line(std::string_view label, uint64_t value) {
    out_ += fmt::format(" {:<31}{:>11}\n", label, value);
  }
  void line(std::string_view label, uint64_t value, uint64_t max) {
    out_ += fmt::format(" {:<31}{:>11} [max: {}]\n", label, value, max);
  }

  uint64_t capacity(std::string_view table, uint64_t otherwise) const {
    const auto it = std::ranges::find(lockdep_.tables, table, &model::TableFill::name);
    return it == lockdep_.tables.end() ? otherwise : it->capacity;
  }

  /// Classes with one of the bits. Since el8.3 and 5.1 counted only with CONFIG_PROVE_LOCKING.
  uint64_t with(uint64_t bits) const {
    if (!counts_classes()) return 0;
    return static_cast<uint64_t>(std::ranges::count_if(
        lockdep_.classes, [&](const model::LockClass& c) { return (c.usage_mask & bits) != 0; }));
  }
  uint64_t with_exactly(uint64_t mask) const {
    if (!counts_classes()) return 0;
    return static_cast<uint64_t>(
        std::ranges::count(lockdep_.classes, mask, &model::LockClass::usage_mask));
  }
  bool counts_classes() const {
    return lockdep_.features.prove_locking || !lockdep_.features.class_bitmap;
  }

  void add_dependencies() {
    const model::LockdepCounters& c = lockdep_.counters;
    const auto forward = count_reachable(lockdep_).forward;
    line("lock-classes:", c.nr_lock_classes, capacity("lock_classes", 8192));
    if (lockdep_.features.dynamic_keys_count) line("dynamic-keys:", c.nr_dynamic_keys);
    line("direct dependencies:", c.nr_list_entries, capacity("list_entries", 32768));
    line("indirect dependencies:", std::accumulate(forward.begin(), forward.end(), uint64_t{0}));
    // Every irq-safe class may nest inside every irq-unsafe one.
    line("all direct dependencies:", with(either(kEnabled)) * with(either(kUsedIn)) +
                                         with(hardirq(kEnabled)) * with(hardirq(kUsedIn)) +
                                         c.nr_list_entries);
  }

  void add_chains() {
    const model::LockdepCounters& c = lockdep_.counters;
    const model::LockdepFeatures& f = lockdep_.features;
    if (f.prove_locking) {
      const uint64_t chains = capacity("lock_chains", 65536);
      const uint64_t hlocks = capacity("chain_hlocks", chains * 5);
      line("dependency chains:", c.nr_lock_chains, chains);
      if (f.block_allocator) {
        const uint64_t used = hlocks - (c.nr_free_chain_hlocks + c.nr_lost_chain_hlocks);
        line("dependency chain hlocks used:", used, hlocks);
        line("dependency chain hlocks lost:", c.nr_lost_chain_hlocks);
      } else {
        line("dependency chain hlocks:", c.nr_chain_hlocks, hlocks);
      }
    }
    if (f.trace_irqflags) {
      line("in-hardirq chains:", c.nr_hardirq_chains);
      line("in-softirq chains:", c.nr_softirq_chains);
    }
    line("in-process chains:", c.nr_process_chains);
    line("stack-trace entries:", c.nr_stack_trace_entries, capacity("stack_trace", 524288));
    if (f.deduplicated_traces && f.trace_irqflags && f.prove_locking) {
      line("number of stack traces:", c.nr_stack_traces);
      line("number of stack hash chains:", c.nr_stack_hash_chains);
    }
    // The kernel multiplies unsigned ints: it wraps.
    const uint64_t product =
        (c.nr_hardirq_chains + 1) * (c.nr_softirq_chains + 1) * (c.nr_process_chains + 1);
    line("combined max dependencies:", static_cast<uint32_t>(product));
  }

  void add_usages() {
    struct Row {
      std::string_view label;
      uint64_t bits;
    };
    constexpr std::array kRows = {
        Row{"hardirq-safe locks:", hardirq(kUsedIn)},
        Row{"hardirq-unsafe locks:", hardirq(kEnabled)},
        Row{"softirq-safe locks:", softirq(kUsedIn)},
        Row{"softirq-unsafe locks:", softirq(kEnabled)},
        Row{"irq-safe locks:", either(kUsedIn)},
        Row{"irq-unsafe locks:", either(kEnabled)},
        Row{"hardirq-read-safe locks:", hardirq(kUsedInRead)},
        Row{"hardirq-read-unsafe locks:", hardirq(kEnabledRead)},
        Row{"softirq-read-safe locks:", softirq(kUsedInRead)},
        Row{"softirq-read-unsafe locks:", softirq(kEnabledRead)},
        Row{"irq-read-safe locks:", either(kUsedInRead)},
        Row{"irq-read-unsafe locks:", either(kEnabledRead)},
    };
    for (const Row& row : kRows) line(row.label, with(row.bits));
    line("uncategorized locks:", with_exactly(uint64_t{1} << (lockdep_.features.used_bit & 63)));
    line("unused locks:", with_exactly(0));
  }

  void add_depths() {
    line("max locking depth:", lockdep_.counters.max_lockdep_depth);
    if (lockdep_.features.prove_locking) {
      line("max bfs queue depth:", lockdep_.counters.max_bfs_queue_depth);
    }
    if (lockdep_.features.array_order) {
      line("max lock class index:", lockdep_.counters.max_lock_class_idx);
    }
  }

  /// lockdep_stats_debug_show(). The redundant checks came with 4.12.
  void add_debug() {
    struct Row {
      std::string_view label;
      const char* member;
      bool always;
    };
    constexpr std::array kRows = {
        Row{"chain lookup misses:", "chain_lookup_misses", true},
        Row{"chain lookup hits:", "chain_lookup_hits", true},
        Row{"cyclic checks:", "nr_cyclic_checks", true},
        Row{"redundant checks:", "nr_redundant_checks", false},
        Row{"redundant links:", "nr_redundant", false},
        Row{"find-mask forwards checks:", "nr_find_usage_forwards_checks", true},
        Row{"find-mask backwards checks:", "nr_find_usage_backwards_checks", true},
        Row{"hardirq on events:", "hardirqs_on_events", true},
        Row{"hardirq off events:", "hardirqs_off_events", true},
        Row{"redundant hardirq ons:", "redundant_hardirqs_on", true},
        Row{"redundant hardirq offs:", "redundant_hardirqs_off", true},
        Row{"softirq on events:", "softirqs_on_events", true},
        Row{"softirq off events:", "softirqs_off_events", true},
        Row{"redundant softirq ons:", "redundant_softirqs_on", true},
        Row{"redundant softirq offs:", "redundant_softirqs_off", true},
    };
    const auto& debug = lockdep_.counters.debug;
    for (const Row& row : kRows) {
      const auto it = debug.find(row.member);
      if (it == debug.end() && !row.always) continue;
      line(row.label, it == debug.end() ? 0 : it->second);
    }
  }

  void add_zapped() {
    out_ += '\n';
    line("zapped classes:", lockdep_.counters.nr_zapped_classes);
    if (!lockdep_.features.prove_locking) return;
    line("zapped lock chains:", lockdep_.counters.nr_zapped_lock_chains);
    line("large chain blocks:", lockdep_.counters.nr_large_chain_blocks);
  }

  const model::Lockdep& lockdep_;
  std::string out_;
};

}  // namespace

std::string proc_lockdep_stats(const model::Lockdep& lockdep) {
  return Stats(lockdep).print();
}

}  // namespace kmortem::report
