// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string_view>

#include "dump/memory.h"

namespace kmortem::test {

/// A dead kernel's memory made of 4096-byte pages that a test writes. A page exists, zeroed, from
/// the first write or map() that touches it; everything else is unmapped.
class FakeMemory : public dump::Memory {
 public:
  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override {
    ++reads_;
    bytes_read_ += out.size();
    for (size_t done = 0; done < out.size();) {
      const uint64_t at = address + done;
      const size_t offset = at % kPageSize;
      const size_t length = std::min<size_t>(kPageSize - offset, out.size() - done);
      auto missing = missing_.find(at - offset);
      if (missing != missing_.end()) return std::unexpected(ReadError{missing->second, at});
      auto page = pages_.find(at - offset);
      if (page == pages_.end()) {
        return std::unexpected(ReadError{ReadError::Kind::unmapped, at});
      }
      std::memcpy(out.data() + done, page->second.data() + offset, length);
      done += length;
    }
    return {};
  }

  /// Makes [address, address + size) readable, as zeros where nothing was written.
  void map(uint64_t address, uint64_t size) {
    if (size == 0) return;
    const uint64_t first = address - address % kPageSize;
    const uint64_t last = address + size - 1;
    for (uint64_t page = first; page <= last; page += kPageSize) pages_[page];
  }

  /// Makes the pages of [address, address + size) fail, whatever was written there.
  void exclude(uint64_t address, uint64_t size = 1,
               ReadError::Kind kind = ReadError::Kind::excluded) {
    const uint64_t first = address - address % kPageSize;
    const uint64_t last = address + size - 1;
    for (uint64_t page = first; page <= last; page += kPageSize) missing_[page] = kind;
  }

  void put(uint64_t address, std::span<const std::byte> bytes) {
    map(address, bytes.size());
    for (size_t done = 0; done < bytes.size();) {
      const uint64_t at = address + done;
      const size_t offset = at % kPageSize;
      const size_t length = std::min<size_t>(kPageSize - offset, bytes.size() - done);
      std::memcpy(pages_[at - offset].data() + offset, bytes.data() + done, length);
      done += length;
    }
  }

  /// The low `size` (1 to 8) bytes of `value`, little-endian.
  void put_unsigned(uint64_t address, uint64_t value, unsigned size) {
    put(address, std::as_bytes(std::span(&value, 1)).first(size));
  }
  void put_u8(uint64_t address, uint8_t value) { put_unsigned(address, value, 1); }
  void put_u16(uint64_t address, uint16_t value) { put_unsigned(address, value, 2); }
  void put_u32(uint64_t address, uint32_t value) { put_unsigned(address, value, 4); }
  void put_u64(uint64_t address, uint64_t value) { put_unsigned(address, value, 8); }

  /// The characters and a NUL.
  void put_string(uint64_t address, std::string_view text) {
    put(address, std::as_bytes(std::span(text.data(), text.size())));
    put_u8(address + text.size(), 0);
  }

  /// How many read() calls there were: what "in bulk" means is testable.
  uint64_t reads() const { return reads_; }
  uint64_t bytes_read() const { return bytes_read_; }
  void reset_counts() { reads_ = bytes_read_ = 0; }

 private:
  static constexpr uint64_t kPageSize = 4096;

  std::map<uint64_t, std::array<std::byte, kPageSize>> pages_;
  std::map<uint64_t, ReadError::Kind> missing_;
  uint64_t reads_ = 0;
  uint64_t bytes_read_ = 0;
};

}  // namespace kmortem::test
