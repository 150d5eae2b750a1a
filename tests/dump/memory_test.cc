// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace kmortem::dump {
namespace {

constexpr uint64_t kStart = 0xffff888000000000;

/// Two pages at kStart; nothing else is mapped.
class TwoPages : public Memory {
 public:
  TwoPages() : bytes(8192) {}
  ReadResult<void> read(uint64_t address, std::span<std::byte> out) override {
    if (address < kStart || address - kStart + out.size() > bytes.size()) {
      return std::unexpected(ReadError{ReadError::Kind::unmapped, address});
    }
    memcpy(out.data(), bytes.data() + (address - kStart), out.size());
    return {};
  }
  std::vector<std::byte> bytes;
};

TEST(MemoryTest, IntegersAreLittleEndianAndZeroExtended) {
  TwoPages memory;
  const unsigned char raw[] = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};
  memcpy(memory.bytes.data() + 16, raw, sizeof raw);
  EXPECT_EQ(memory.read_unsigned(kStart + 16, 1), 0x01u);
  EXPECT_EQ(memory.read_unsigned(kStart + 16, 2), 0x8201u);
  EXPECT_EQ(memory.read_u32(kStart + 16), 0x84038201u);
  EXPECT_EQ(memory.read_u64(kStart + 16), 0x8807860584038201u);
  EXPECT_EQ(memory.read_unsigned(kStart, 9).error().kind, ReadError::Kind::invalid);
  EXPECT_EQ(memory.read_u64(kStart + 8190).error().kind, ReadError::Kind::unmapped);
}

TEST(MemoryTest, ASizeFromDamagedMemoryIsNotAllocated) {
  TwoPages memory;
  EXPECT_EQ(memory.read_bytes(kStart, UINT64_MAX).error().kind, ReadError::Kind::invalid);
  EXPECT_EQ(memory.read_bytes(kStart, 4096)->size(), 4096u);
}

TEST(MemoryTest, StringsEndAtNulLimitOrError) {
  TwoPages memory;
  memcpy(memory.bytes.data() + 4090, "over the page", 14);
  EXPECT_EQ(memory.read_string(kStart + 4090), "over the page");
  EXPECT_EQ(memory.read_string(kStart + 4090, 4), "over");
  EXPECT_EQ(memory.read_string(kStart + 4090 + 13), "");
  memcpy(memory.bytes.data() + 8188, "end", 4);
  EXPECT_EQ(memory.read_string(kStart + 8188), "end") << "at the end of the last page";
  memory.bytes.back() = std::byte{'x'};
  EXPECT_FALSE(memory.read_string(kStart + 8188));
}

TEST(MemoryTest, KernelAddresses) {
  EXPECT_TRUE(is_kernel_address(0xffffffff81000000));
  EXPECT_TRUE(is_kernel_address(0xff11000000000000));
  EXPECT_FALSE(is_kernel_address(0));
  EXPECT_FALSE(is_kernel_address(0x00007fffffffffff));
  EXPECT_FALSE(is_kernel_address(0xfeffffffffffffff));
}

}  // namespace
}  // namespace kmortem::dump
