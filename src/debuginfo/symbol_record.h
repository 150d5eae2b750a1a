// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace kmortem::debuginfo {

/// The x86-64 kernel image is linked at or above this address, and KASLR moves just that
/// (__START_KERNEL_map).
inline constexpr uint64_t kImageBase = 0xffffffff80000000;

/// One symbol as a SymbolIndex and a profile hold it: 16 bytes, little-endian.
struct SymbolRecord {
  enum Flag : uint32_t {
    kFunction = 1,   ///< STT_FUNC
    kObject = 2,     ///< STT_OBJECT
    kGlobal = 4,     ///< not STB_LOCAL
    kWeak = 8,       ///< STB_WEAK
    kNameOnly = 16,  ///< has no place in memory (absolute): found by name, never by address
  };
  static constexpr uint32_t kFlagBits = 5;
  static constexpr uint32_t kMaxSize = (uint32_t{1} << (32 - kFlagBits)) - 1;

  uint64_t address = 0;         ///< link time
  uint32_t name = 0;            ///< offset in the table of names
  uint32_t size_and_flags = 0;  ///< size in the upper 27 bits

  uint32_t size() const { return size_and_flags >> kFlagBits; }
  bool has(Flag flag) const { return (size_and_flags & flag) != 0; }
};
static_assert(sizeof(SymbolRecord) == 16);

/// Where a symbol sorts among those of its address: lower comes first. scripts/kallsyms.c puts
/// weak symbols, linker-script markers and names with more leading underscores last; what is
/// neither function nor object comes last here, too. Equals go by name.
uint32_t alias_rank(const SymbolRecord& record, std::string_view name);

}  // namespace kmortem::debuginfo
