// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "dump/memory.h"
#include "kernel/kernel_stacks.h"

namespace kmortem::kernel {

/// The words of the stacks that one walk may touch. Reads each stack once, from the first address
/// that is asked for up to its top.
class StackMemory {
 public:
  StackMemory(dump::Memory& memory, const std::vector<StackArea>& areas);

  /// The 8 bytes at `address`; nothing when they are on none of the stacks or not in the dump.
  std::optional<uint64_t> word(uint64_t address);

  /// The stack that `address` is on, or null. Its place in memory is its identity.
  const StackArea* area_of(uint64_t address) const;

  /// Takes the memory around `address` for a stack, where the kernel names none.
  void add(StackArea area);

 private:
  struct Loaded {
    StackArea area;
    bool tried = false;
    uint64_t from = 0;
    std::vector<std::byte> bytes;  ///< [from, area.end); empty when not all is readable
  };
  Loaded* loaded_of(uint64_t address);

  dump::Memory& memory_;
  std::vector<Loaded> loaded_;
};

}  // namespace kmortem::kernel
