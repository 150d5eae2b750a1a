// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "dump/containers.h"
#include "dump/dump_file.h"
#include "dump/fake_machine.h"
#include "dump/temp_file.h"

namespace kmortem::dump {
namespace {

using test::FakeMachine;
using test::TempFile;

enum class Kind { elf, kdump, flattened };

struct Shape {
  Kind kind;
  int levels;
};

struct Contents {
  bool qemu = true;
  bool vmcoreinfo = true;
  std::set<uint64_t> excluded = {};
};

std::vector<std::byte> make(const FakeMachine& machine, Kind kind, const Contents& contents) {
  const auto notes = machine.notes(contents.qemu, contents.vmcoreinfo);
  if (kind == Kind::elf) {
    return test::make_elf(machine.memory, {.notes = notes, .excluded = contents.excluded});
  }
  const auto kdump =
      test::make_kdump(machine.memory, {.notes = notes, .excluded = contents.excluded});
  return kind == Kind::kdump ? kdump : test::flatten(kdump, 10007);
}

class VmcoreTest : public testing::TestWithParam<Shape> {
 protected:
  std::unique_ptr<DumpFile> open(const Contents& contents = {}) {
    const TempFile file(make(machine_, GetParam().kind, contents));
    auto dump = DumpFile::open(file.path());
    EXPECT_TRUE(dump) << dump.error().message;
    return dump ? std::move(*dump) : nullptr;
  }

  FakeMachine machine_{GetParam().levels};
};

INSTANTIATE_TEST_SUITE_P(Shapes, VmcoreTest,
                         testing::Values(Shape{Kind::elf, 4}, Shape{Kind::elf, 5},
                                         Shape{Kind::kdump, 4}, Shape{Kind::kdump, 5},
                                         Shape{Kind::flattened, 4}, Shape{Kind::flattened, 5}));

ReadError error_at(DumpFile& dump, uint64_t address, size_t size) {
  std::vector<std::byte> bytes(size);
  const auto done = dump.read(address, bytes);
  EXPECT_FALSE(done);
  return done ? ReadError{} : done.error();
}

TEST_P(VmcoreTest, KnowsTheKernel) {
  auto dump = open();
  const model::DumpInfo& info = dump->info();
  EXPECT_EQ(info.format, GetParam().kind == Kind::elf ? "elf" : "kdump");
  EXPECT_EQ(info.flattened, GetParam().kind == Kind::flattened);
  EXPECT_EQ(info.compression, "none");
  EXPECT_EQ(info.release, "6.1.0-test");
  EXPECT_EQ(info.build_id, "00ffab0123456789000000000000000000000000");
  EXPECT_EQ(info.kaslr_offset, 0x1000000u);
  EXPECT_EQ(info.phys_base, FakeMachine::kPhysBase);
  EXPECT_EQ(info.page_table_levels, GetParam().levels);
  EXPECT_EQ(info.vmcoreinfo, model::VmcoreinfoSource::note);
  EXPECT_EQ(info.present_bytes, FakeMachine::kRam);
  EXPECT_EQ(info.excluded_pages, 0u);
  EXPECT_FALSE(info.truncated);
  EXPECT_EQ(info.panic_time, "");
  EXPECT_EQ(dump->vmcoreinfo("KERNELOFFSET"), "1000000");
  EXPECT_EQ(dump->registers().size(), 1u);
}

TEST_P(VmcoreTest, ReadsVirtualMemoryAcrossPages) {
  auto dump = open();
  EXPECT_EQ(dump->read_u64(FakeMachine::kImageVirtual + 0x40),
            FakeMachine::pattern(FakeMachine::kImagePhysical + 0x40));
  EXPECT_EQ(dump->read_u64(machine_.direct_map() + 0x7ffff8), FakeMachine::pattern(0x7ffff8));
  // The third page of this area lies elsewhere in physical memory.
  std::vector<uint64_t> words(3 * kPageSize / 8);
  ASSERT_TRUE(dump->read(FakeMachine::kVmalloc, std::as_writable_bytes(std::span(words))));
  EXPECT_EQ(words[0], FakeMachine::pattern(0x500000));
  EXPECT_EQ(words[512], FakeMachine::pattern(0x501000));
  EXPECT_EQ(words[1024], FakeMachine::pattern(0x700000));
  EXPECT_EQ(words[1535], FakeMachine::pattern(0x700ff8));
  // Again, from what was remembered of the page tables.
  EXPECT_EQ(dump->read_u64(FakeMachine::kVmalloc + 0x2010), FakeMachine::pattern(0x700010));
}

TEST_P(VmcoreTest, ReadsAllOfTheDirectMapInOnePiece) {
  auto dump = open();
  std::vector<uint64_t> words(FakeMachine::kRam / 8);
  ASSERT_TRUE(dump->read(machine_.direct_map(), std::as_writable_bytes(std::span(words))));
  for (const auto& [address, page] : machine_.memory.pages) {
    ASSERT_EQ(memcmp(&words[address / 8], page.data(), page.size()), 0) << address;
  }
}

TEST_P(VmcoreTest, RefusesWhatIsNotTheKernels) {
  auto dump = open();
  EXPECT_EQ(error_at(*dump, 0, 8).kind, ReadError::Kind::invalid);
  EXPECT_EQ(error_at(*dump, 0x7f0000001000, 8).kind, ReadError::Kind::invalid);
  EXPECT_EQ(error_at(*dump, 0x8000000000000000, 8).kind, ReadError::Kind::invalid);
  EXPECT_EQ(error_at(*dump, 0xfffffffffffffffc, 8).kind, ReadError::Kind::invalid);
  EXPECT_EQ(error_at(*dump, 0xffffffffffffff00, 8).kind, ReadError::Kind::unmapped);
  std::vector<std::byte> none;
  EXPECT_TRUE(dump->read(0, none));
}

TEST_P(VmcoreTest, NamesTheFirstUnreadableByte) {
  auto dump = open();
  const ReadError error = error_at(*dump, FakeMachine::kVmalloc + 0x2f00, 0x200);
  EXPECT_EQ(error.kind, ReadError::Kind::unmapped);
  EXPECT_EQ(error.address, FakeMachine::kVmalloc + 0x3000);
}

TEST_P(VmcoreTest, ExcludedPagesAreNotZeroPages) {
  auto dump = open({.excluded = {0x501000, 0x600000}});
  EXPECT_EQ(dump->info().excluded_pages, 2u);
  EXPECT_EQ(dump->info().present_bytes, FakeMachine::kRam - 2 * kPageSize);
  const ReadError error = error_at(*dump, FakeMachine::kVmalloc + 0xff8, 16);
  EXPECT_EQ(error.kind, ReadError::Kind::excluded);
  EXPECT_EQ(error.address, FakeMachine::kVmalloc + 0x1000);
  EXPECT_EQ(error_at(*dump, machine_.direct_map() + 0x400000, 0x400000).address,
            machine_.direct_map() + 0x501000);
  EXPECT_TRUE(dump->read_u64(machine_.direct_map() + 0x602000));
  // Errors over and over must not wear anything out.
  for (int i = 0; i < 5000; ++i) {
    std::vector<std::byte> bytes(kPageSize);
    const uint64_t page = static_cast<uint64_t>(i * 37 % 2048) * kPageSize;
    const bool held = page != 0x501000 && page != 0x600000;
    ASSERT_EQ(dump->read_physical(page, bytes).has_value(), held);
    ASSERT_FALSE(dump->read_physical(0x600000, bytes));
  }
}

TEST_P(VmcoreTest, ListsThePhysicalMemoryThatIsThere) {
  auto dump = open({.excluded = {0x501000, 0x502000, 0x600000}});
  uint64_t total = 0;
  uint64_t last = 0;
  std::vector<std::byte> bytes;
  for (const PhysicalRange& range : dump->physical_ranges()) {
    EXPECT_GE(range.begin, last);
    EXPECT_LT(range.begin, range.end);
    EXPECT_EQ((range.begin | range.end) % kPageSize, 0u);
    bytes.resize(range.end - range.begin);
    EXPECT_TRUE(dump->read_physical(range.begin, bytes));
    total += range.end - range.begin;
    last = range.end;
  }
  EXPECT_EQ(total, dump->info().present_bytes);
  EXPECT_EQ(dump->physical_ranges().size(), 3u);
  EXPECT_FALSE(dump->read_physical(FakeMachine::kRam, bytes));
  EXPECT_EQ(dump->read_physical(UINT64_MAX - 1, bytes).error().kind, ReadError::Kind::invalid);
}

TEST_P(VmcoreTest, TranslatesAndListsMappings) {
  auto dump = open();
  EXPECT_EQ(dump->translate(FakeMachine::kVmalloc + 0x2123), 0x700123u);
  EXPECT_EQ(dump->translate(FakeMachine::kImageVirtual + 0x10), FakeMachine::kImagePhysical + 0x10);
  uint64_t runs = 0;
  uint64_t total = 0;
  const uint64_t unreadable = dump->for_each_mapping(
      0xff00000000000000, UINT64_MAX, [&](uint64_t address, uint64_t physical, uint64_t length) {
        ++runs;
        total += length;
        EXPECT_EQ(dump->translate(address), physical);
      });
  EXPECT_EQ(unreadable, 0u);
  EXPECT_EQ(runs, 4u);
  EXPECT_EQ(total, FakeMachine::kRam + 3 * kPageSize + 0x200000);
}

TEST_P(VmcoreTest, FindsVmcoreinfoInMemory) {
  // What an earlier boot left behind, and this kernel's after it.
  std::string stale = machine_.vmcoreinfo();
  stale.replace(stale.find("6.1.0"), 5, "5.9.9");
  stale.replace(stale.find("NUMBER(phys_base)=-"), 19, "NUMBER(phys_base)=+");
  machine_.put_text(0x405000, stale);
  machine_.put_text(0x700018, machine_.vmcoreinfo());
  auto dump = open({.qemu = false, .vmcoreinfo = false});
  EXPECT_EQ(dump->info().vmcoreinfo, model::VmcoreinfoSource::memory);
  EXPECT_EQ(dump->info().release, "6.1.0-test");
  EXPECT_EQ(dump->info().page_table_levels, GetParam().levels);
  EXPECT_EQ(dump->read_u64(FakeMachine::kVmalloc + 0x2010), FakeMachine::pattern(0x700010));
}

TEST_P(VmcoreTest, DoesWithCr3WhenThereIsNoVmcoreinfo) {
  auto dump = open({.qemu = true, .vmcoreinfo = false});
  EXPECT_EQ(dump->info().vmcoreinfo, model::VmcoreinfoSource::none);
  EXPECT_EQ(dump->info().page_table_levels, GetParam().levels);
  EXPECT_EQ(dump->read_u64(FakeMachine::kVmalloc + 0x2010), FakeMachine::pattern(0x700010));
}

TEST_P(VmcoreTest, WithoutTablesTheImageIsStillThere) {
  auto dump = open({.qemu = false, .excluded = {FakeMachine::kRoot}});
  EXPECT_EQ(dump->info().release, "6.1.0-test");
  EXPECT_EQ(dump->read_u64(FakeMachine::kImageVirtual + 0x40),
            FakeMachine::pattern(FakeMachine::kImagePhysical + 0x40));
  EXPECT_EQ(error_at(*dump, FakeMachine::kVmalloc, 8).kind, ReadError::Kind::excluded);
  EXPECT_EQ(error_at(*dump, FakeMachine::kTopTable, 8).kind, ReadError::Kind::excluded);
}

TEST_P(VmcoreTest, ClonesReadOnTheirOwnThreads) {
  auto dump = open();
  auto other = dump->clone();
  ASSERT_NE(other, nullptr);
  const auto scan = [this](DumpFile& view) {
    for (uint64_t at = 0x500000; at < FakeMachine::kRam; at += 0x1008) {
      ASSERT_EQ(view.read_u64(machine_.direct_map() + at), FakeMachine::pattern(at));
    }
  };
  std::thread thread([&] { scan(*other); });
  scan(*dump);
  thread.join();
  EXPECT_EQ(other->info().release, "6.1.0-test");
}

}  // namespace
}  // namespace kmortem::dump
