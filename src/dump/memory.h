// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/read_error.h"

namespace kmortem::dump {

/// The dead kernel's virtual memory: the one thing every reader above this layer reads through.
/// Implemented over vmcores (Dump), over crash's readmem(), and over byte arrays in tests.
class Memory {
 public:
  virtual ~Memory() = default;

  /// Copies out.size() bytes at kernel virtual `address`. All or nothing: on failure `out` is
  /// unspecified and the error names the first unreadable byte. Never reads user space.
  virtual ReadResult<void> read(uint64_t address, std::span<std::byte> out) = 0;

  /// `size` bytes at `address`; at most kMaxBlock.
  ReadResult<std::vector<std::byte>> read_bytes(uint64_t address, uint64_t size);

  /// A little-endian integer of `size` bytes (1, 2, 4 or 8), zero-extended.
  ReadResult<uint64_t> read_unsigned(uint64_t address, unsigned size);

  /// A pointer or unsigned long.
  ReadResult<uint64_t> read_u64(uint64_t address) { return read_unsigned(address, 8); }
  ReadResult<uint32_t> read_u32(uint64_t address);

  /// A NUL-terminated string of at most `max_length` bytes; what is longer is cut. Reads up to a
  /// page boundary at a time, so a string at the end of the last mapped page is read.
  ReadResult<std::string> read_string(uint64_t address, size_t max_length = 256);

  /// No single read is larger: a size from damaged memory must not become an allocation.
  static constexpr uint64_t kMaxBlock = uint64_t{256} << 20;
};

/// True for addresses in the upper canonical half under four- or five-level paging.
bool is_kernel_address(uint64_t address);

}  // namespace kmortem::dump
