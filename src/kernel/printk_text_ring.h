// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/target.h"

namespace kmortem::kernel {

/// printk's data ring: blocks of an id and text, found by logical positions that only grow; a
/// block that would cross the end begins at the start of the ring instead.
class PrintkTextRing {
 public:
  /// A ring of 1 << size_bits bytes at `data`.
  PrintkTextRing(const Target& target, uint64_t data, unsigned size_bits);

  /// The first `length` bytes of the block [begin, next), which must belong to descriptor `id`:
  /// empty text for a block without data. Nothing when the positions contradict each other, the
  /// block is another's, or it cannot be read.
  std::optional<std::string> text(uint64_t begin, uint64_t next, uint64_t id,
                                  uint64_t length) const;

 private:
  struct Block {
    uint64_t offset = 0;
    uint64_t size = 0;
  };
  std::optional<Block> locate(uint64_t begin, uint64_t next) const;
  bool copy(uint64_t offset, std::byte* out, size_t size) const;

  const Target& target_;
  uint64_t data_;
  uint64_t size_;
  unsigned size_bits_;
  std::vector<std::byte> ring_;  ///< the whole ring; empty when part of it is missing
};

}  // namespace kmortem::kernel
