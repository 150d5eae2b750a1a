// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "dump/containers.h"
#include "dump/dump_file.h"
#include "dump/fake_machine.h"
#include "dump/temp_file.h"

namespace kmortem::dump {
namespace {

using test::FakeMachine;
using test::KdumpOptions;
using test::TempFile;

constexpr uint64_t kPacked = 0x500000;

std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(
        static_cast<std::byte>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

/// 4096 times 'A', as each library compressed it.
struct Packed {
  const char* name;
  uint32_t flag;
  std::vector<std::byte> bytes;
};

std::vector<Packed> packed_pages() {
  std::string snappy = "80200041fe0100";
  for (int i = 0; i < 62; ++i) snappy += "fe0100";
  snappy += "fa0100";
  return {
      {"zlib", 0x1, from_hex("789cedc1010d000000c2a06cef5fca1e0e28000000e0dd00ffad103d")},
      {"lzo", 0x2,
       from_hex("02414141414120000000000000000000000000000000da10000c41414141414141414141414141"
                "4141110000")},
      {"snappy", 0x4, from_hex(snappy)},
      {"zstd", 0x20, from_hex("28b52ffd64000f4d00001041410100fbf70116c3582b6d")},
  };
}

std::unique_ptr<DumpFile> open(const std::vector<std::byte>& bytes) {
  const TempFile file(bytes);
  auto dump = DumpFile::open(file.path());
  EXPECT_TRUE(dump) << dump.error().message;
  return dump ? std::move(*dump) : nullptr;
}

KdumpOptions with_notes(const FakeMachine& machine) {
  KdumpOptions options;
  options.notes = machine.notes(false, true);
  return options;
}

TEST(KdumpTest, ReadsEveryCompression) {
  const FakeMachine machine;
  for (const Packed& packed : packed_pages()) {
    KdumpOptions options = with_notes(machine);
    options.compressed[kPacked] = {packed.flag, packed.bytes};
    options.status = packed.flag;
    auto dump = open(test::make_kdump(machine.memory, options));
    ASSERT_NE(dump, nullptr);
    EXPECT_EQ(dump->info().compression, packed.name);
    std::vector<std::byte> page(kPageSize);
    ASSERT_TRUE(dump->read(FakeMachine::kVmalloc, page)) << packed.name;
    EXPECT_TRUE(page == std::vector<std::byte>(kPageSize, std::byte{'A'})) << packed.name;
    EXPECT_EQ(dump->read_u64(FakeMachine::kVmalloc + 0x800), 0x4141414141414141u) << packed.name;
  }
}

TEST(KdumpTest, TellsTheCompressionByThePagesWhenTheHeaderDoesNot) {
  const FakeMachine machine;
  KdumpOptions options = with_notes(machine);
  options.compressed[0x3000] = {0x1, packed_pages()[0].bytes};
  EXPECT_EQ(open(test::make_kdump(machine.memory, options))->info().compression, "zlib");
}

TEST(KdumpTest, APageThatDoesNotDecompressIsCorruptAndHarmsNoOther) {
  const FakeMachine machine;
  for (const Packed& packed : packed_pages()) {
    KdumpOptions options = with_notes(machine);
    for (uint64_t page = 0x500000; page < 0x540000; page += kPageSize) {
      auto bytes = packed.bytes;
      bytes[3] ^= std::byte{0x55};
      bytes.erase(bytes.end() - 5, bytes.end());
      options.compressed[page] = {packed.flag, bytes};
    }
    auto dump = open(test::make_kdump(machine.memory, options));
    std::vector<std::byte> page(kPageSize);
    std::mt19937 random(1);
    // libkdumpfile 0.5.1 dies in here when its cache is not renewed after a failure.
    for (int round = 0; round < 20000; ++round) {
      const uint64_t at = 0x4e0000 + random() % 0x80 * kPageSize;
      const bool bad = at >= 0x500000 && at < 0x540000;
      const auto done = dump->read_physical(at, page);
      ASSERT_EQ(done.has_value(), !bad) << packed.name;
      if (bad) {
        ASSERT_EQ(done.error().kind, ReadError::Kind::corrupt);
      }
    }
  }
}

TEST(KdumpTest, DescriptorsThatPointNowhere) {
  const FakeMachine machine;
  auto bytes = test::make_kdump(machine.memory, with_notes(machine));
  // Three pages of header, sub header and notes, two of bitmaps, then a descriptor a page.
  const size_t descriptors = 5 * kPageSize;
  const struct {
    uint64_t page, offset;
    uint32_t size;
    ReadError::Kind kind;
  } hostile[] = {
      {0x10000, uint64_t{1} << 60, 4096, ReadError::Kind::truncated},
      {0x11000, bytes.size() - 100, 4096, ReadError::Kind::truncated},
      {0x12000, 0, 4096, ReadError::Kind::corrupt},
      {0x13000, bytes.size() / 2, 0xffffffff, ReadError::Kind::corrupt},
      {0x14000, bytes.size() / 2, 17, ReadError::Kind::corrupt},
      {0x16000, bytes.size() / 2, 5000, ReadError::Kind::corrupt},
      {0x15000, UINT64_MAX - 10, 4096, ReadError::Kind::truncated},
  };
  for (const auto& page : hostile) {
    const size_t at = descriptors + page.page / kPageSize * 24;
    memcpy(&bytes[at], &page.offset, 8);
    memcpy(&bytes[at + 8], &page.size, 4);
  }
  auto dump = open(bytes);
  ASSERT_NE(dump, nullptr);
  for (const auto& page : hostile) {
    std::vector<std::byte> out(16);
    const auto done = dump->read_physical(page.page + 8, out);
    ASSERT_FALSE(done) << page.page;
    EXPECT_EQ(done.error().kind, page.kind) << page.page;
    EXPECT_EQ(done.error().address, page.page + 8);
  }
  EXPECT_EQ(dump->read_u64(FakeMachine::kImageVirtual),
            FakeMachine::pattern(FakeMachine::kImagePhysical));
}

TEST(KdumpTest, ATruncatedFileGivesWhatItHas) {
  const FakeMachine machine;
  const auto bytes = test::make_kdump(machine.memory, with_notes(machine));
  auto dump = open({bytes.begin(), bytes.begin() + 5'000'000});
  ASSERT_NE(dump, nullptr);
  EXPECT_TRUE(dump->info().truncated);
  const uint64_t held = (5'000'000 - 5 * kPageSize - 2048 * 24) / kPageSize * kPageSize;
  EXPECT_EQ(dump->info().present_bytes, held);
  EXPECT_EQ(dump->physical_ranges().back().end, held);
  EXPECT_EQ(dump->read_u64(FakeMachine::kImageVirtual),
            FakeMachine::pattern(FakeMachine::kImagePhysical));
  std::vector<std::byte> page(kPageSize);
  EXPECT_TRUE(dump->read_physical(held - kPageSize, page));
  EXPECT_EQ(dump->read_physical(held, page).error().kind, ReadError::Kind::truncated);
  EXPECT_EQ(dump->read(FakeMachine::kVmalloc, page).error().kind, ReadError::Kind::truncated);
}

TEST(KdumpTest, TakesWhatTheHeadersSay) {
  const FakeMachine machine;
  KdumpOptions options = with_notes(machine);
  options.timestamp = 1'700'000'000;
  options.status = 0x8 | 0x2;
  auto dump = open(test::make_kdump(machine.memory, options));
  EXPECT_EQ(dump->info().panic_time, "2023-11-14T22:13:20Z");
  EXPECT_EQ(dump->info().dump_level, 31);
  EXPECT_EQ(dump->info().compression, "lzo");
  EXPECT_TRUE(dump->info().truncated) << "the writer said that it did not finish";
}

TEST(KdumpTest, CrashtimeIsBetterThanTheHeadersClock) {
  const FakeMachine machine;
  KdumpOptions options;
  const std::string text = machine.vmcoreinfo() + "CRASHTIME=1600000000\n";
  options.notes = test::make_note("VMCOREINFO", 0, std::as_bytes(std::span(text)));
  options.timestamp = 1'700'000'000;
  EXPECT_EQ(open(test::make_kdump(machine.memory, options))->info().panic_time,
            "2020-09-13T12:26:40Z");
}

TEST(KdumpTest, QemusHeaderNamesNoSystem) {
  const FakeMachine machine;
  KdumpOptions options = with_notes(machine);
  options.machine = "";
  EXPECT_NE(open(test::make_kdump(machine.memory, options)), nullptr);
}

}  // namespace
}  // namespace kmortem::dump
