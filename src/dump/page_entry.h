// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "dump/physical_memory.h"

namespace kmortem::dump {

/// x86-64 page-table entries. Level 1 is the page table itself, 4 or 5 the top.
constexpr uint64_t kEntryPresent = 1;
constexpr uint64_t kEntryLarge = 0x80;
constexpr uint64_t kEntryAddress = 0x000ffffffffff000;
constexpr uint64_t kEntriesPerTable = 512;

/// How much one entry of `level` maps: 4 KiB, 2 MiB, 1 GiB, 512 GiB, 256 TiB.
constexpr uint64_t entry_span(int level) {
  return kPageSize << (9 * (level - 1));
}

constexpr uint64_t entry_index(uint64_t address, int level) {
  return (address >> (kPageShift + uint64_t{9} * static_cast<unsigned>(level - 1))) %
         kEntriesPerTable;
}

enum class EntryKind { absent, table, page, reserved };

/// Only the levels 2 and 3 have large pages; the bit is reserved above.
constexpr EntryKind entry_kind(uint64_t entry, int level) {
  if ((entry & kEntryPresent) == 0) return EntryKind::absent;
  if (level == 1) return EntryKind::page;
  if ((entry & kEntryLarge) == 0) return EntryKind::table;
  return level <= 3 ? EntryKind::page : EntryKind::reserved;
}

}  // namespace kmortem::dump
