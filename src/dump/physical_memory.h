// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/read_error.h"

namespace kmortem::dump {

constexpr uint64_t kPageShift = 12;
constexpr uint64_t kPageSize = uint64_t{1} << kPageShift;

/// A run of physical memory that the dump holds, page-aligned: [begin, end).
struct PhysicalRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// The machine's physical memory, as far as the dump holds it. One implementation a container.
class PhysicalMemory {
 public:
  virtual ~PhysicalMemory() = default;

  /// Copies out.size() bytes at physical `address`, all or nothing. What the dump never had is
  /// `excluded`: filtered pages and device memory alike. Never fills with zeros.
  virtual ReadResult<void> read(uint64_t address, std::span<std::byte> out) = 0;

  /// The bytes themselves, where a mapped file has all `length` of them in one piece; else empty.
  virtual std::span<const std::byte> mapped(uint64_t /*address*/, uint64_t /*length*/) const {
    return {};
  }

  /// Whole pages that the dump holds, ascending and not overlapping.
  virtual std::vector<PhysicalRange> ranges() const = 0;

  /// Another view of the same file with caches of its own; null when memory runs out.
  virtual std::unique_ptr<PhysicalMemory> clone() const = 0;
};

}  // namespace kmortem::dump
