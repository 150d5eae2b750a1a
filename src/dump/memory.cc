// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/memory.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dump/physical_memory.h"

namespace kmortem::dump {

bool is_kernel_address(uint64_t address) {
  // Five-level paging has 57-bit addresses: the upper half begins here. With four levels the part
  // below 0xffff800000000000 is a hole that translation rejects.
  return address >= 0xff00000000000000;
}

ReadResult<std::vector<std::byte>> Memory::read_bytes(uint64_t address, uint64_t size) {
  if (size > kMaxBlock) {
    return std::unexpected(ReadError{ReadError::Kind::invalid, address});
  }
  std::vector<std::byte> bytes(size);
  if (auto done = read(address, bytes); !done) return std::unexpected(done.error());
  return bytes;
}

ReadResult<uint64_t> Memory::read_unsigned(uint64_t address, unsigned size) {
  if (size > 8) return std::unexpected(ReadError{ReadError::Kind::invalid, address});
  uint64_t value = 0;
  auto out = std::as_writable_bytes(std::span(&value, 1)).first(size);
  if (auto done = read(address, out); !done) return std::unexpected(done.error());
  return value;
}

ReadResult<uint32_t> Memory::read_u32(uint64_t address) {
  auto value = read_unsigned(address, 4);
  if (!value) return std::unexpected(value.error());
  return static_cast<uint32_t>(*value);
}

ReadResult<std::string> Memory::read_string(uint64_t address, size_t max_length) {
  std::string text;
  std::array<std::byte, 256> chunk;
  while (text.size() < max_length) {
    const uint64_t to_page_end = kPageSize - address % kPageSize;
    const size_t length =
        std::min({chunk.size(), static_cast<size_t>(to_page_end), max_length - text.size()});
    auto part = std::span(chunk).first(length);
    if (auto done = read(address, part); !done) {
      return std::unexpected(done.error());
    }
    const auto* begin = reinterpret_cast<const char*>(part.data());
    const size_t used = strnlen(begin, length);
    text.append(begin, used);
    if (used < length) break;
    if (address > UINT64_MAX - length) break;
    address += length;
  }
  return text;
}

}  // namespace kmortem::dump
