// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "dump/containers.h"
#include "dump/dump_file.h"
#include "dump/fake_machine.h"
#include "dump/temp_file.h"

// Nothing here asks for an answer: opening and reading damaged dumps must end, soon and without a
// crash.

namespace kmortem::dump {
namespace {

using test::FakeMachine;

void use(std::span<const std::byte> bytes) {
  const test::TempFile file(bytes);
  auto opened = DumpFile::open(file.path());
  if (!opened) {
    EXPECT_FALSE(opened.error().message.empty());
    return;
  }
  DumpFile& dump = **opened;
  std::vector<std::byte> buffer(0x10000);
  uint64_t total = 0;
  for (const PhysicalRange& range : dump.physical_ranges()) {
    ASSERT_LT(range.begin, range.end);
    total += range.end - range.begin;
    for (uint64_t at = range.begin; at < range.end && at < range.begin + 0x1000000;
         at += buffer.size()) {
      (void)dump.read_physical(
          at, std::span(buffer).first(std::min<uint64_t>(buffer.size(), range.end - at)));
    }
  }
  EXPECT_LE(total, dump.info().file_size * 300) << "ranges of memory that cannot be in the file";
  uint64_t mapped = 0;
  dump.for_each_mapping(0, UINT64_MAX,
                        [&](uint64_t, uint64_t, uint64_t length) { mapped += length; });
  (void)dump.read(FakeMachine::kImageVirtual, buffer);
  (void)dump.read(FakeMachine::kVmalloc, buffer);
}

/// A smaller machine, so that thousands of dumps can be made of it.
FakeMachine small_machine() {
  FakeMachine machine;
  std::erase_if(machine.memory.pages, [](const auto& page) {
    return page.first != 0 && (page.first < 0x200000 || page.first >= 0x218000) &&
           (page.first < 0x300000 || page.first >= 0x308000);
  });
  return machine;
}

std::vector<std::vector<std::byte>> dumps() {
  const FakeMachine machine = small_machine();
  const auto notes = machine.notes(true, true);
  const auto kdump = test::make_kdump(machine.memory, {.notes = notes});
  return {test::make_elf(machine.memory, {.notes = notes, .excluded = {0x205000}}), kdump,
          test::flatten(kdump, 3001)};
}

TEST(HostileTest, CutAtEverySize) {
  for (const auto& bytes : dumps()) {
    for (size_t size = 1; size < bytes.size(); size += 499) use(std::span(bytes).first(size));
  }
}

TEST(HostileTest, DamagedBytesInTheHeaders) {
  std::mt19937 random(20240229);
  for (const auto& original : dumps()) {
    for (int round = 0; round < 400; ++round) {
      auto bytes = original;
      const size_t reach = round % 2 == 0 ? 0x200 : 0x6000;
      for (int i = 0; i < 8; ++i) {
        bytes[random() % std::min(reach, bytes.size())] = static_cast<std::byte>(random());
      }
      use(bytes);
    }
  }
}

TEST(HostileTest, HugeNumbersInEveryHeaderField) {
  const uint64_t values[] = {UINT64_MAX, uint64_t{1} << 63, 0x7fffffffffffffff, 0xffffffff,
                             0,          uint64_t{1} << 40};
  for (const auto& original : dumps()) {
    for (size_t at = 16; at < 0x300; at += 8) {
      auto bytes = original;
      memcpy(&bytes[at], &values[at / 8 % std::size(values)], 8);
      use(bytes);
    }
    for (size_t at = 0x1000; at < 0x1080 && at + 8 < original.size(); at += 8) {
      for (const uint64_t value : values) {
        auto bytes = original;
        memcpy(&bytes[at], &value, 8);
        use(bytes);
      }
    }
  }
}

TEST(HostileTest, NoiseInThePageTables) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    FakeMachine machine = small_machine();
    for (auto& [address, page] : machine.memory.pages) {
      if (address < 0x300000 && address != FakeMachine::kRoot) continue;
      for (size_t i = 0; i < kPageSize; i += 8) {
        const uint64_t entry = (0x300000 + random() % 8 * kPageSize) | kEntryPresent |
                               (random() % 16 == 0 ? kEntryLarge : 0);
        memcpy(page.data() + i, &entry, 8);
      }
    }
    use(test::make_elf(machine.memory, {.notes = machine.notes(true, true)}));
  }
}

}  // namespace
}  // namespace kmortem::dump
