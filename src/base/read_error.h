// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace kmortem {

/// Why bytes of the dead kernel's memory could not be read. Small, because reads are many.
struct ReadError {
  enum class Kind : uint8_t {
    unmapped,   ///< the kernel's page tables have nothing there
    excluded,   ///< the page was filtered out when the dump was made
    truncated,  ///< the dump ends before the page
    corrupt,    ///< the page is there but does not decompress, or a table entry is nonsense
    invalid,    ///< not a kernel address at all: null, user space, non-canonical, or it overflows
  };
  Kind kind = Kind::invalid;
  uint64_t address = 0;  ///< the first byte that could not be read
};

template <typename T>
using ReadResult = std::expected<T, ReadError>;

/// "page excluded from the dump", "not mapped", ...
std::string_view describe(ReadError::Kind kind);

}  // namespace kmortem
