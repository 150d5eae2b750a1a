// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "support/fake_memory.h"

namespace kmortem::test {

struct Region {
  uint64_t address = 0;
  uint64_t size = 0;
};

/// Fills the regions, one after the other, with the fuzzer's bytes; what they do not reach stays as
/// it is.
inline void fill(FakeMemory& memory, std::span<const Region> regions,
                 std::span<const std::byte> bytes) {
  for (const Region& region : regions) {
    memory.map(region.address, region.size);
    const auto part = bytes.first(std::min<uint64_t>(bytes.size(), region.size));
    memory.put(region.address, part);
    bytes = bytes.subspan(part.size());
  }
}

/// The other way: what an input must be for fill() to make this memory.
inline std::vector<std::byte> taken(FakeMemory& memory, std::span<const Region> regions) {
  std::vector<std::byte> bytes;
  for (const Region& region : regions) {
    memory.map(region.address, region.size);
    const auto part = memory.read_bytes(region.address, region.size).value();
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace kmortem::test
