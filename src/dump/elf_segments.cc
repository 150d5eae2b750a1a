// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/elf_segments.h"

#include <algorithm>

#include "base/checked.h"

namespace kmortem::dump {

namespace {

bool make_segment(const Elf64_Phdr& header, uint64_t file_size, ElfSegment& segment) {
  const uint64_t memory_size = std::max(header.p_memsz, header.p_filesz);
  const auto end = checked_add(header.p_paddr, memory_size);
  if (!end || !checked_add(header.p_offset, header.p_filesz) || memory_size == 0) return false;
  const uint64_t in_file = header.p_offset < file_size ? file_size - header.p_offset : 0;
  segment.begin = header.p_paddr;
  segment.end = *end;
  segment.stored_end = header.p_paddr + header.p_filesz;
  segment.readable_end = header.p_paddr + std::min(header.p_filesz, in_file);
  segment.file_offset = header.p_offset;
  return true;
}

void cut_front(ElfSegment& segment, uint64_t begin) {
  segment.file_offset += begin - segment.begin;
  segment.begin = begin;
  segment.stored_end = std::max(segment.stored_end, begin);
  segment.readable_end = std::max(segment.readable_end, begin);
}

}  // namespace

std::vector<ElfSegment> elf_segments(std::span<const Elf64_Phdr> headers, uint64_t file_size) {
  std::vector<ElfSegment> all;
  for (const Elf64_Phdr& header : headers) {
    ElfSegment segment;
    if (header.p_type == PT_LOAD && make_segment(header, file_size, segment)) {
      all.push_back(segment);
    }
  }
  std::ranges::stable_sort(all, {}, &ElfSegment::begin);

  std::vector<ElfSegment> runs;
  for (ElfSegment& segment : all) {
    if (!runs.empty() && segment.begin < runs.back().end) {
      if (segment.end <= runs.back().end) continue;
      cut_front(segment, runs.back().end);
    }
    runs.push_back(segment);
  }
  return runs;
}

const ElfSegment* find_segment(std::span<const ElfSegment> segments, uint64_t address) {
  const auto after = std::ranges::upper_bound(segments, address, {}, &ElfSegment::begin);
  if (after == segments.begin()) return nullptr;
  const ElfSegment& candidate = *(after - 1);
  return address < candidate.end ? &candidate : nullptr;
}

}  // namespace kmortem::dump
