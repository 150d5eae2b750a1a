// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "debuginfo/type_table.h"
#include "kernel/target.h"
#include "model/lockdep.h"

namespace kmortem::locks {

using OptionalField = std::optional<debuginfo::Field>;

/// An array variable of the kernel. `present` is false when this kernel does not have it.
struct Table {
  bool present = false;
  uint64_t address = 0;
  uint64_t count = 0;         ///< elements, by its DWARF bound or else its symbol's size
  uint64_t element_size = 0;  ///< bytes
  uint64_t size() const { return count * element_size; }
  /// The element that begins exactly at `pointer`, or -1.
  int64_t index_of(uint64_t pointer) const;
};

/// struct lock_class (include/linux/lockdep_types.h, before 5.9 lockdep.h).
struct ClassFields {
  OptionalField hash_entry, lock_entry, locks_after, locks_before, key, subclass, usage_mask;
  OptionalField usage_traces, name_version, name;
  OptionalField ops;                                          // until 4.4; then per CPU
  OptionalField wait_type_inner, wait_type_outer, lock_type;  // 5.7; lock_type 5.11
  OptionalField cmp_fn;                                       // 6.5
};

/// struct lock_list: one dependency as one of its two ends has it.
struct ListFields {
  OptionalField entry, cls, distance, trace;
  OptionalField links_to;  // el8.3, 5.1
  OptionalField dep;       // 5.10
};

struct ChainFields {
  OptionalField irq_context, depth, base, chain_key;
  bool base_wraps = false;  ///< `u16 base` of 3.10 and 4.4: too narrow for chain_hlocks[]
};

/// How a recorded stack trace is referred to.
enum class TraceKind : uint8_t {
  none,
  record,    ///< pointer to a struct lock_trace inside stack_trace[] (el8.3, 5.4)
  embedded,  ///< struct stack_trace with a pointer into stack_trace[] (until el8.0)
  offset,    ///< struct lock_trace with an index into stack_trace[] (5.2, 5.3)
};

struct TraceFields {
  TraceKind kind = TraceKind::none;
  OptionalField nr_entries, entries, offset, hash_entry;
};

struct MapFields {
  uint64_t size = 0;
  OptionalField key, class_cache, name;
  OptionalField wait_type_inner, wait_type_outer, lock_type;
  static constexpr uint64_t kLargest = 256;
  /// False when the debuginfo lacks what a map is recognised by.
  bool known() const;
};

/// Everything about lockdep's structures in one kernel, resolved once. Presence of a member,
/// symbol or bound decides; never the release, because distributions backport freely.
struct LockdepLayout {
  model::LockdepFeatures features;
  Table lock_classes, list_entries, lock_chains, chain_hlocks, stack_trace, classhash, trace_hash;
  ClassFields cls;
  ListFields list;
  ChainFields chain;
  TraceFields trace;
  MapFields map;
  uint64_t hash_bucket_size = 8;  ///< hlist_head; 16 with the list_head of 3.10 and 4.4
};

/// The layout, or nothing when the kernel was built without lockdep. A kernel that has lockdep but
/// whose types are unknown gives nothing, too, and a Problem.
std::optional<LockdepLayout> probe_lockdep_layout(const kernel::Target& target);

/// The array variable `name`; `element` is the type used for its element size when the debuginfo
/// does not describe the variable.
Table probe_table(const kernel::Target& target, std::string_view name, std::string_view element);

}  // namespace kmortem::locks
