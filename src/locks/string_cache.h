// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/interned.h"
#include "dump/memory.h"

namespace kmortem::locks {

/// Kernel strings read by page: the names of hundreds of lock classes lie in a few dozen pages of
/// the kernel's read-only data.
class StringCache {
 public:
  explicit StringCache(dump::Memory& memory) : memory_(memory) {}

  /// The NUL-terminated string at `address`, cut at kMaxLength; bytes that are not printable ASCII
  /// become '?'. Fails as Memory::read does.
  ReadResult<std::string> read(uint64_t address);

  /// The same when it can be a lock's name: 1 to kMaxLength printable characters with a NUL after
  /// them. Nothing otherwise.
  std::optional<Interned> read_name(uint64_t address);

  static constexpr size_t kMaxLength = 1024;

 private:
  static constexpr uint64_t kPageSize = 4096;
  struct Page {
    uint64_t address = 1;  // no page begins there
    std::optional<ReadError> error;
    std::array<std::byte, kPageSize> bytes;
  };

  const Page& page(uint64_t address);
  ReadResult<std::string> read_raw(uint64_t address);
  std::optional<Interned> read_new_name(uint64_t address);

  dump::Memory& memory_;
  std::array<std::unique_ptr<Page>, 128> pages_;
  // Thousands of locks point to the same few hundred names.
  std::unordered_map<uint64_t, std::optional<Interned>> names_;
};

}  // namespace kmortem::locks
