// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elf.h>

#include <cstdint>
#include <span>
#include <vector>

namespace kmortem::dump {

/// A run of physical memory in an ELF dump: [begin, end) belongs to the segment, the part up to
/// `stored_end` was written to the file, the part up to `readable_end` is there.
struct ElfSegment {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t stored_end = 0;
  uint64_t readable_end = 0;
  uint64_t file_offset = 0;  ///< of `begin`
};

/// The PT_LOAD entries as runs in ascending order, none overlapping another: /proc/vmcore holds the
/// kernel's image twice, and damaged headers hold anything. Entries whose addresses or offsets
/// overflow are dropped.
std::vector<ElfSegment> elf_segments(std::span<const Elf64_Phdr> headers, uint64_t file_size);

/// The run that holds `address`, or null.
const ElfSegment* find_segment(std::span<const ElfSegment> segments, uint64_t address);

}  // namespace kmortem::dump
