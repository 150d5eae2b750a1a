// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/interned.h"

namespace kmortem::model {

/// What distinguishes this kernel's lockdep, probed from its structures, never from its version.
struct LockdepFeatures {
  bool prove_locking = false;
  bool debug_lockdep = false;  ///< CONFIG_DEBUG_LOCKDEP: OPS and the counters
  bool lock_stat = false;
  bool trace_irqflags = false;
  bool class_bitmap = false;         ///< lock_classes_in_use (el8.3, 5.3): 0-based class_idx
  bool array_order = false;          ///< max_lock_class_idx (5.15.y, 5.18): /proc by index
  bool strong_paths = false;         ///< lock_list.dep (5.10)
  bool block_allocator = false;      ///< chain_block_buckets (el8.3, 5.7)
  bool wait_types = false;           ///< lock_class.wait_type_inner (5.7)
  bool deduplicated_traces = false;  ///< struct lock_trace (el8.3, 5.2)
  bool hlock_id_in_chains = false;   ///< chain_hlocks hold class_idx | read << 13 (5.10)
  bool irq_context_string = false;   ///< /proc/lockdep_chains prints "hardirq|softirq" (el8.3, 5.7)
  bool dynamic_keys_count = false;   ///< nr_dynamic_keys (7.x)
  std::vector<std::string> states;   ///< "HARDIRQ", "SOFTIRQ", and before 4.14 "RECLAIM_FS"
  int used_bit = -1;                 ///< LOCK_USED
  int used_read_bit = -1;            ///< LOCK_USED_READ, -1 before 5.10
  unsigned usage_bits = 0;           ///< LOCK_USAGE_STATES or the length of usage_traces
  unsigned circular_queue_size = 4096;
};

struct LockClass {
  unsigned index = 0;  ///< in lock_classes[]
  uint64_t address = 0;
  uint64_t key = 0;            ///< lock_class.key: base key + subclass
  std::string key_symbol;      ///< "__lockdep_no_validate__"; empty when none covers it
  bool key_in_module = false;  ///< key_symbol is a module's: another may have lain there before
  unsigned subclass = 0;
  std::string raw_name;  ///< lock_class.name; empty when the class was named after its key
  int name_version = 0;
  std::string name;  ///< as the kernel prints it: "&rq->__lock", "(&x)#2/1"
  uint64_t usage_mask = 0;
  std::string usage;  ///< "{+.?.}" without the braces
  unsigned wait_type_inner = 0;
  unsigned wait_type_outer = 0;
  unsigned lock_type = 0;
  bool ordered = false;               ///< has a cmp_fn (6.5): locks of the class have an order
  uint64_t ops = 0;                   ///< Σ over CPUs (CONFIG_DEBUG_LOCKDEP)
  std::vector<int> usage_traces;      ///< by usage bit: index into Lockdep::traces, or -1
  std::vector<unsigned> locks_after;  ///< indices into Lockdep::dependencies, in list order
  std::vector<unsigned> locks_before;
};

/// One lock_list entry. Two for each dependency: in locks_after of `from`, locks_before of `to`.
struct Dependency {
  uint64_t address = 0;  ///< of the lock_list
  int from = -1;         ///< class index that the list belongs to
  int to = -1;           ///< class index that the entry names; -1 when it names none
  unsigned distance = 0;
  unsigned dep = 0;  ///< bits SR 1, ER 2, SN 4, EN 8 of the list's own direction; 0 before 5.10
  int trace = -1;    ///< index into Lockdep::traces
};

struct LockChain {
  unsigned index = 0;
  unsigned irq_context = 0;
  uint64_t chain_key = 0;
  std::vector<uint16_t> hlocks;  ///< as stored: class index, from 5.10 with read << 13
};

/// How full one of lockdep's fixed tables is.
struct TableFill {
  std::string name;  ///< "lock_classes"
  uint64_t used = 0;
  uint64_t capacity = 0;
};

/// Counters that /proc/lockdep_stats prints and that cannot be derived from the rest.
struct LockdepCounters {
  uint64_t nr_lock_classes = 0;
  uint64_t nr_list_entries = 0;
  uint64_t nr_lock_chains = 0;
  uint64_t nr_chain_hlocks = 0;
  uint64_t nr_free_chain_hlocks = 0;
  uint64_t nr_lost_chain_hlocks = 0;
  bool free_chain_hlocks_known = false;  ///< 0 free would mean a full table, so it must be a fact
  uint64_t nr_large_chain_blocks = 0;
  uint64_t nr_zapped_classes = 0;
  uint64_t nr_zapped_lock_chains = 0;
  uint64_t nr_stack_trace_entries = 0;
  uint64_t nr_stack_traces = 0;       ///< lock_trace records in stack_trace_hash
  uint64_t nr_stack_hash_chains = 0;  ///< non-empty buckets of it
  uint64_t nr_hardirq_chains = 0;
  uint64_t nr_softirq_chains = 0;
  uint64_t nr_process_chains = 0;
  uint64_t max_lockdep_depth = 0;
  uint64_t max_bfs_queue_depth = 0;
  uint64_t max_lock_class_idx = 0;
  uint64_t nr_dynamic_keys = 0;
  std::map<std::string, uint64_t> debug;  ///< struct lockdep_stats members, Σ over CPUs
};

struct Lockdep {
  bool present = false;  ///< the kernel has lockdep
  bool enabled = false;  ///< debug_locks
  bool silent = false;   ///< debug_locks_silent
  bool read_completely = true;
  LockdepFeatures features;
  std::vector<LockClass> classes;         ///< in the order in which /proc/lockdep prints them
  std::map<unsigned, unsigned> position;  ///< class index → place in `classes`
  std::vector<Dependency> dependencies;
  std::vector<LockChain> chains;
  std::vector<std::vector<uint64_t>> traces;  ///< recorded stack traces, return addresses
  std::vector<TableFill> tables;
  LockdepCounters counters;
  std::vector<std::string> inconsistencies;  ///< where tables contradict each other, one line each
  std::map<std::string, uint64_t> wait_type_values;  ///< LD_WAIT_SPIN → 2 …, from the kernel's enum
  bool pointers_raw = true;  ///< %p prints addresses (before 4.15, or no_hash_pointers)
  std::array<uint64_t, 2> pointer_key{};  ///< ptr_key, for the hashed form
  bool pointer_key_ready = false;

  /// The class with that index in lock_classes[], or null.
  const LockClass* find(int index) const;
};

/// A lockdep_map found in memory, held or not.
struct LockMap {
  uint64_t address = 0;
  uint64_t key = 0;
  std::array<int, 2> class_cache = {-1, -1};  ///< class indices
  Interned name;
  unsigned wait_type_inner = 0;
  unsigned wait_type_outer = 0;
  unsigned lock_type = 0;
  Interned symbol;  ///< "rtnl_mutex+0x58" when the lock is a global; else empty
};

/// A raw_spinlock_t found by its magic (CONFIG_DEBUG_SPINLOCK).
struct SpinlockInstance {
  uint64_t address = 0;
  uint64_t value = 0;  ///< arch_spinlock_t
  int owner_cpu = -1;
  uint64_t owner = 0;  ///< task_struct; 0 when free
  uint64_t map = 0;    ///< its lockdep_map; 0 without CONFIG_DEBUG_LOCK_ALLOC
  Interned name;       ///< the map's
  Interned symbol;
};

struct MemoryScan {
  bool done = false;
  std::string why_not;  ///< "turned off", "the kernel has neither lockdep nor …"
  uint64_t bytes_covered = 0;
  uint64_t bytes_missing = 0;  ///< kernel pages excluded, or that did not decompress
  std::vector<LockMap> maps;
  std::vector<SpinlockInstance> spinlocks;  ///< held ones are always all listed
  /// Locks that differ from thousands of listed ones in their address alone, and are not listed.
  uint64_t alike_left_out = 0;
};

}  // namespace kmortem::model
