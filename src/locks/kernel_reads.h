// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/target.h"

namespace kmortem::locks {

/// A run of the kernel's memory read in one go.
struct Block {
  uint64_t address = 0;
  std::vector<std::byte> bytes;
  bool complete = true;           ///< false when pages were missing: they are zero here
  std::vector<uint64_t> missing;  ///< addresses of those pages, ascending

  /// `size` bytes at kernel address `at`, or an empty span when they lie outside.
  std::span<const std::byte> at(uint64_t at, uint64_t size) const;
  /// The 8-byte word at kernel address `at`; zero when it lies outside.
  uint64_t word(uint64_t at) const;
  /// Whether all of [at, at + size) lies inside and was in the dump.
  bool has(uint64_t at, uint64_t size) const;
};

/// Reads [address, address + size): in one read where possible, else page by page, with zeros and a
/// Problem (`structure`, `consequence`) for what is missing.
Block read_block(const kernel::Target& target, std::string_view structure, uint64_t address,
                 uint64_t size, std::string_view consequence);

/// An integer variable of the kernel; its size by DWARF, else `size`. Nothing when this kernel does
/// not have it or it cannot be read.
std::optional<uint64_t> read_variable(const kernel::Target& target, std::string_view name,
                                      unsigned size);

/// A bitmap variable, by bit. What is not in the dump is neither set nor clear.
struct Bitmap {
  std::vector<bool> set;      ///< empty when the kernel has no such bitmap
  std::vector<bool> unknown;  ///< as long as `set`

  bool may_be_set(uint64_t bit) const { return bit < set.size() && (set[bit] || unknown[bit]); }
  /// The index after the last bit that is or may be set.
  uint64_t end() const;
};

/// The first `bits` bits of the bitmap variable `name`.
Bitmap read_bitmap(const kernel::Target& target, std::string_view name, uint64_t bits,
                   std::string_view consequence);

}  // namespace kmortem::locks
