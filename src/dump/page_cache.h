// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dump/physical_memory.h"

namespace kmortem::dump {

/// Decompressed pages by physical address: direct-mapped, 4 MiB, allocated at first use.
class PageCache {
 public:
  /// The page's bytes, or an empty span.
  std::span<std::byte> find(uint64_t page) {
    if (tags_.empty() || tags_[slot(page)] != page) return {};
    return bytes(page);
  }

  /// Room for the page, which is now found; to be filled or dropped.
  std::span<std::byte> replace(uint64_t page) {
    if (tags_.empty()) {
      tags_.assign(kSlots, kEmpty);
      // Not zeroed: a short look at a dump touches few of these pages.
      bytes_ = std::make_unique_for_overwrite<std::byte[]>(kSlots * kPageSize);
    }
    tags_[slot(page)] = page;
    return bytes(page);
  }

  void drop(uint64_t page) { tags_[slot(page)] = kEmpty; }

 private:
  static constexpr uint64_t kSlots = 1024;
  static constexpr uint64_t kEmpty = UINT64_MAX;

  static uint64_t slot(uint64_t page) { return (page >> kPageShift) % kSlots; }
  std::span<std::byte> bytes(uint64_t page) {
    return {bytes_.get() + slot(page) * kPageSize, kPageSize};
  }

  std::vector<uint64_t> tags_;
  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace kmortem::dump
