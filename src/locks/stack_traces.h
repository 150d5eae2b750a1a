// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "kernel/record.h"
#include "kernel/target.h"
#include "locks/kernel_reads.h"
#include "locks/lockdep_layout.h"

namespace kmortem::locks {

/// The stack traces that lockdep saved in stack_trace[], each taken out once, when something first
/// refers to it.
class StackTraces {
 public:
  /// Reads the used part of stack_trace[] (nr_stack_trace_entries words).
  StackTraces(const kernel::Target& target, const LockdepLayout& layout);

  /// The trace that `field` of `record` refers to (lock_list.trace, or with `index`
  /// lock_class.usage_traces): its place in traces(), or -1 when there is none or it lies outside.
  int find(const kernel::Record& record, const debuginfo::Field& field, uint64_t index = 0);

  /// How often a reference pointed outside stack_trace[] or its record did not fit.
  uint64_t bad_references() const { return bad_references_; }

  std::vector<std::vector<uint64_t>> take() { return std::move(traces_); }
  uint64_t used() const { return used_; }
  bool complete() const { return block_.complete; }

 private:
  int add(uint64_t first_entry, uint64_t count);
  int find_record(uint64_t pointer);

  const LockdepLayout& layout_;
  uint64_t used_ = 0;  // words
  Block block_;
  std::unordered_map<uint64_t, int> by_address_;
  std::vector<std::vector<uint64_t>> traces_;
  uint64_t bad_references_ = 0;
};

}  // namespace kmortem::locks
