// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "support/fake_kernel.h"

namespace kmortem::test {

/// Layouts of lockdep that a LockdepKernel can have, named after a release that has them.
enum class Era { linux_4_4, linux_5_4, linux_6_1 };

/// A dead kernel with lockdep's structures as an era declares them, in tables of a few elements.
/// The member offsets are those of x86-64 builds of the real headers, without CONFIG_LOCK_STAT.
class LockdepKernel : public FakeKernel {
 public:
  static constexpr uint64_t kClasses = 0xffffffff82000000;
  static constexpr uint64_t kEntries = 0xffffffff82010000;
  static constexpr uint64_t kChains = 0xffffffff82020000;
  static constexpr uint64_t kHlocks = 0xffffffff82030000;
  static constexpr uint64_t kTraces = 0xffffffff82040000;
  static constexpr uint64_t kClassHash = 0xffffffff82050000;
  static constexpr uint64_t kVariables = 0xffffffff82060000;
  static constexpr uint64_t kNames = 0xffffffff82070000;
  static constexpr uint64_t kKeys = 0xffffffff82080000;
  static constexpr uint64_t kAllClasses = 0xffffffff82090000;
  static constexpr uint64_t kTask = 0xffff888000100000;
  static constexpr unsigned kClassCount = 16;
  static constexpr unsigned kSlots = 4;

  explicit LockdepKernel(Era which);

  bool bitmaps() const { return era != Era::linux_4_4; }
  uint64_t class_at(unsigned index) const { return kClasses + index * class_size; }
  uint64_t entry_at(unsigned index) const { return kEntries + index * entry_size; }
  uint64_t key_of(unsigned n) const { return kKeys + n * 64; }

  /// Sets an integer variable of the kernel, defining it on first use.
  void variable(std::string_view name, uint64_t value, unsigned size);
  /// A string of the kernel's read-only data.
  uint64_t text(std::string_view characters);

  /// Registers a class: its fields, the bitmap or counter, the list of all classes, the hash table.
  void add_class(unsigned index, std::string_view name, uint64_t key, unsigned subclass = 0);
  /// Appends entry `entry` to class `of`'s locks_after or locks_before.
  void add_dependency(unsigned entry, unsigned of, unsigned other, bool after,
                      unsigned distance = 1, unsigned dep = 8);
  /// Writes a chain over chain_hlocks[base …]; `stored_base` is what the record says.
  void add_chain(unsigned index, unsigned context, unsigned base,
                 std::initializer_list<uint16_t> hlocks, unsigned stored_base);
  /// Puts a trace into stack_trace[] at word `at` and returns what refers to it: the record's
  /// address (5.4) or the entries' (4.4).
  uint64_t add_trace(unsigned at, std::initializer_list<uint64_t> entries);

  Era era;
  uint64_t class_size = 0;
  uint64_t entry_size = 0;

 private:
  void define_common();
  void define_4_4();
  void define_later();
  void define_tables();
  void link_tail(uint64_t head, uint64_t entry);
  void set_bit(std::string_view bitmap, unsigned bit);

  uint64_t next_variable_ = kVariables;
  uint64_t next_text_ = kNames;
};

}  // namespace kmortem::test
