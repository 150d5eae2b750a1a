// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/elf_segments.h"

#include <gtest/gtest.h>

#include <vector>

namespace kmortem::dump {
namespace {

Elf64_Phdr load(uint64_t physical, uint64_t memory_size, uint64_t offset, uint64_t file_size) {
  Elf64_Phdr header = {};
  header.p_type = PT_LOAD;
  header.p_paddr = physical;
  header.p_memsz = memory_size;
  header.p_offset = offset;
  header.p_filesz = file_size;
  return header;
}

TEST(ElfSegmentsTest, SortsAndSplitsIntoStoredAndReadable) {
  const std::vector headers = {load(0x10000, 0x4000, 0x1000, 0x2000),
                               load(0x1000, 0x1000, 0x3000, 0x1000)};
  const auto segments = elf_segments(headers, 0x2800);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].begin, 0x1000u);
  EXPECT_EQ(segments[0].readable_end, 0x1000u) << "lies beyond the end of the file";
  EXPECT_EQ(segments[0].stored_end, 0x2000u);
  EXPECT_EQ(segments[1].readable_end, 0x11800u);
  EXPECT_EQ(segments[1].stored_end, 0x12000u);
  EXPECT_EQ(segments[1].end, 0x14000u);
}

TEST(ElfSegmentsTest, TheImageInsideItsMemoryCountsOnce) {
  const std::vector headers = {load(0x1000000, 0x1000000, 0x100000, 0x1000000),
                               load(0x100000, 0x8000000, 0x1100000, 0x8000000)};
  const auto segments = elf_segments(headers, uint64_t{1} << 40);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].begin, 0x100000u);
}

TEST(ElfSegmentsTest, AnOverlapKeepsItsOffset) {
  const std::vector headers = {load(0x1000, 0x3000, 0x10000, 0x3000),
                               load(0x2000, 0x4000, 0x20000, 0x4000)};
  const auto segments = elf_segments(headers, 0x100000);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[1].begin, 0x4000u);
  EXPECT_EQ(segments[1].file_offset, 0x22000u);
  EXPECT_EQ(segments[1].readable_end, 0x6000u);
}

TEST(ElfSegmentsTest, DropsWhatOverflows) {
  const std::vector headers = {load(UINT64_MAX - 0xfff, 0x2000, 0, 0x1000),
                               load(0x1000, 0x1000, UINT64_MAX, 0x1000), load(0x1000, 0, 0, 0),
                               load(0x5000, 0x1000, 0x1000, 0x1000)};
  const auto segments = elf_segments(headers, 0x10000);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].begin, 0x5000u);
}

TEST(ElfSegmentsTest, FindsTheRunOfAnAddress) {
  const std::vector headers = {load(0x1000, 0x1000, 0, 0x1000), load(0x4000, 0x1000, 0, 0x1000)};
  const auto segments = elf_segments(headers, 0x10000);
  EXPECT_EQ(find_segment(segments, 0xfff), nullptr);
  EXPECT_EQ(find_segment(segments, 0x1fff), &segments[0]);
  EXPECT_EQ(find_segment(segments, 0x2000), nullptr);
  EXPECT_EQ(find_segment(segments, 0x4000), &segments[1]);
  EXPECT_EQ(find_segment(segments, 0x5000), nullptr);
}

}  // namespace
}  // namespace kmortem::dump
