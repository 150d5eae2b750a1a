// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/memory_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

#include "locks/fake_dump.h"
#include "locks/lockdep_kernel.h"
#include "locks/lockdep_reader.h"
#include "locks/memory_sweep.h"

namespace kmortem::locks {
namespace {

using test::Era;
using test::LockdepKernel;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kImage = 0xffffffff81fff000;
constexpr uint64_t kText = kImage;
constexpr uint64_t kImageSize = 0x200000;
constexpr uint64_t kImagePhysical = 0x1000000;
constexpr uint64_t kDirect = 0xffff888000000000;
constexpr uint64_t kSlab = kDirect + 0x200000;
constexpr uint64_t kSlabSize = 0x10000;
constexpr uint64_t kVmalloc = 0xffffc90000000000;
constexpr uint64_t kStaticData = kImage + 0x101000;

class MemoryScanTest : public ::testing::Test {
 protected:
  MemoryScanTest() : kernel_(Era::linux_6_1), dump_(kernel_.memory) {
    kernel_.symbols.add("_text", kText, 1);
    kernel_.symbols.add("_sdata", kText + 16, 1);
    kernel_.symbols.add("_end", kImage + kImageSize, 1);
    kernel_.variable("page_offset_base", kDirect, 8);
    kernel_.memory.map(kImage, kImageSize);
    kernel_.memory.map(kSlab, kSlabSize);
    dump_.add({kImage, kImagePhysical, kImageSize});
    dump_.add({kSlab, kSlab - kDirect, kSlabSize});
    kernel_.add_class(0, "&dev->mutex", kernel_.key_of(0));
    kernel_.add_class(1, "&rq->__lock", kernel_.key_of(1));
    kernel_.add_class(2, "&rq->__lock", kernel_.key_of(1), 1);
  }

  void put_map(uint64_t at, uint64_t key, uint64_t first, uint64_t second, const char* name) {
    kernel_.set(at, "lockdep_map.key", key);
    kernel_.set(at, "lockdep_map.class_cache", first, 0);
    kernel_.set(at, "lockdep_map.class_cache", second, 1);
    kernel_.set(at, "lockdep_map.name", kernel_.text(name));
    kernel_.set(at, "lockdep_map.wait_type_inner", 3);
  }

  model::MemoryScan scan(unsigned threads = 1) {
    const NameAddress name = [this](uint64_t address) {
      auto symbol = kernel_.symbols.containing(address);
      return symbol ? std::string(symbol->name) : std::string();
    };
    kernel::Target target{dump_, kernel_.types.table(), kernel_.symbols, kernel_.problems};
    return scan_memory(dump_, target, read_lockdep(target, name), name, threads);
  }

  std::vector<uint64_t> map_addresses() {
    std::vector<uint64_t> all;
    for (const auto& map : scan().maps) all.push_back(map.address);
    return all;
  }

  LockdepKernel kernel_;
  test::FakeDump dump_;
};

TEST_F(MemoryScanTest, AMapWithACachedClass) {
  put_map(kSlab + 0x48, kernel_.key_of(0), kernel_.class_at(0), 0, "&txq->_xmit_lock");
  const auto found = scan();
  EXPECT_TRUE(found.done);
  EXPECT_EQ(found.bytes_covered, kImageSize + kSlabSize);
  EXPECT_EQ(found.bytes_missing, 0U);
  ASSERT_THAT(found.maps, SizeIs(1));
  const auto& map = found.maps[0];
  EXPECT_EQ(map.address, kSlab + 0x48);
  EXPECT_EQ(map.key, kernel_.key_of(0));
  EXPECT_THAT(map.class_cache, ElementsAre(0, -1));
  EXPECT_EQ(map.name, "&txq->_xmit_lock");
  EXPECT_EQ(map.wait_type_inner, 3U);
  EXPECT_EQ(map.symbol, "");
}

TEST_F(MemoryScanTest, AMapWhoseSubclassAloneWasLocked) {
  put_map(kSlab, kernel_.key_of(1), 0, kernel_.class_at(2), "&rq->__lock");
  const auto found = scan();
  ASSERT_THAT(found.maps, SizeIs(1));
  EXPECT_THAT(found.maps[0].class_cache, ElementsAre(-1, 2));
}

TEST_F(MemoryScanTest, AMapThatWasNeverLockedHasAKeyOfAKnownClass) {
  put_map(kSlab, kernel_.key_of(1), 0, 0, "&rq->__lock");
  EXPECT_THAT(map_addresses(), ElementsAre(kSlab));
}

TEST_F(MemoryScanTest, AKeyOfNoClassMustSoundLikeOne) {
  kernel_.symbols.add("__key.3", kStaticData, 8);
  kernel_.symbols.add("jiffies_64", kStaticData + 8, 8);
  put_map(kSlab, kStaticData, 0, 0, "&fresh->lock");
  put_map(kSlab + 0x100, kStaticData + 8, 0, 0, "&not->lock");
  EXPECT_THAT(map_addresses(), ElementsAre(kSlab));
}

TEST_F(MemoryScanTest, WhatIsNotConsistentIsNoMap) {
  put_map(kSlab, 0xffff888000999000, kernel_.class_at(0), 0, "of another key");
  put_map(kSlab + 0x100, kernel_.key_of(0), kernel_.class_at(0) + 8, 0, "inside a class");
  put_map(kSlab + 0x200, kernel_.key_of(0), kernel_.class_at(0), 0, "not\x01printable");
  put_map(kSlab + 0x300, kernel_.key_of(0), kernel_.class_at(0), 0, "");
  put_map(kSlab + 0x400, kernel_.key_of(0), kernel_.class_at(0), 0, "wait type");
  kernel_.set(kSlab + 0x400, "lockdep_map.wait_type_inner", 4);
  put_map(kSlab + 0x500, kernel_.key_of(0), kernel_.class_at(0), 0, "name");
  kernel_.set(kSlab + 0x500, "lockdep_map.name", 0xffff888000999000);
  EXPECT_THAT(map_addresses(), IsEmpty());
}

// SLUB's list of free objects goes through their middles.
TEST_F(MemoryScanTest, AFreeObjectWhoseListLiesOnTheName) {
  kernel_.symbols.add("__key.3", kStaticData, 8);
  kernel_.memory.put_string(kSlab + 0x800, "@");
  put_map(kSlab + 0x1e8, kStaticData, 0, 0, "&ht->lock");
  EXPECT_THAT(map_addresses(), ElementsAre(kSlab + 0x1e8));
  kernel_.set(kSlab + 0x1e8, "lockdep_map.name", kSlab + 0x800);
  EXPECT_THAT(map_addresses(), IsEmpty());
}

// A workqueue has its key and its name on the heap.
TEST_F(MemoryScanTest, AKeyOnTheHeapMayHaveItsNameThere) {
  const uint64_t key = kSlab + 0x4000;
  kernel_.add_class(3, "(wq_completion)wq", key);
  kernel_.memory.put_string(kSlab + 0x800, "(wq_completion)wq");
  put_map(kSlab + 0x1e8, key, kernel_.class_at(3), 0, "");
  kernel_.set(kSlab + 0x1e8, "lockdep_map.name", kSlab + 0x800);
  EXPECT_THAT(map_addresses(), ElementsAre(kSlab + 0x1e8));
}

TEST_F(MemoryScanTest, LockdepsOwnTablesHoldNoMaps) {
  put_map(LockdepKernel::kEntries + 0x80, kernel_.key_of(0), kernel_.class_at(0), 0, "x");
  EXPECT_THAT(map_addresses(), IsEmpty());
}

TEST_F(MemoryScanTest, AStaticLockIsNamedInTheImage) {
  kernel_.symbols.add("rtnl_mutex", kStaticData, 0x90);
  put_map(kStaticData + 0x58, kernel_.key_of(0), kernel_.class_at(0), 0, "rtnl_mutex");
  const auto found = scan();
  ASSERT_THAT(found.maps, SizeIs(1));
  EXPECT_EQ(found.maps[0].address, kStaticData + 0x58);
  EXPECT_EQ(found.maps[0].symbol, "rtnl_mutex+0x58");
}

TEST_F(MemoryScanTest, AVmallocAddressIsPreferredAndFollowedOverPages) {
  // In physical memory the first page is followed by the third, the second lies before both.
  kernel_.memory.map(kVmalloc, 0x3000);
  dump_.add({kVmalloc, 0x9000000, 0x1000});
  dump_.add({kVmalloc + 0x1000, 0x7000000, 0x1000});
  dump_.add({kVmalloc + 0x2000, 0x9001000, 0x1000});
  put_map(kVmalloc + 0x40, kernel_.key_of(0), kernel_.class_at(0), 0, "whole");
  put_map(kVmalloc + 0xff0, kernel_.key_of(1), kernel_.class_at(1), 0, "across");
  EXPECT_THAT(map_addresses(), ElementsAre(kVmalloc + 0x40, kVmalloc + 0xff0));
}

TEST_F(MemoryScanTest, SpinlocksByTheirMagic) {
  const auto put_lock = [&](uint64_t at, uint64_t value, uint64_t cpu, uint64_t owner) {
    kernel_.set(at, "raw_spinlock.raw_lock", value);
    kernel_.set(at, "raw_spinlock.magic", 0xdead4ead);
    kernel_.set(at, "raw_spinlock.owner_cpu", cpu);
    kernel_.set(at, "raw_spinlock.owner", owner);
  };
  put_lock(kSlab, 0, UINT32_MAX, UINT64_MAX);
  put_lock(kSlab + 0x100, 1, 3, LockdepKernel::kTask);
  put_map(kSlab + 0x118, kernel_.key_of(1), kernel_.class_at(1), 0, "&rq->__lock");
  put_lock(kSlab + 0x200, 1, 100000, LockdepKernel::kTask);  // no such CPU
  put_lock(kSlab + 0x300, 1, 3, 0x1234);                     // no such task
  const auto found = scan();
  ASSERT_THAT(found.spinlocks, SizeIs(2));
  EXPECT_EQ(found.spinlocks[0].address, kSlab);
  EXPECT_EQ(found.spinlocks[0].owner_cpu, -1);
  EXPECT_EQ(found.spinlocks[0].owner, 0U);
  EXPECT_EQ(found.spinlocks[1].address, kSlab + 0x100);
  EXPECT_EQ(found.spinlocks[1].value, 1U);
  EXPECT_EQ(found.spinlocks[1].owner_cpu, 3);
  EXPECT_EQ(found.spinlocks[1].owner, LockdepKernel::kTask);
  EXPECT_EQ(found.spinlocks[1].map, kSlab + 0x118);
  EXPECT_EQ(found.spinlocks[1].name, "&rq->__lock");
  EXPECT_THAT(found.maps, SizeIs(1));
}

TEST_F(MemoryScanTest, MissingPagesAreCountedAndSkipped) {
  put_map(kSlab + 0x2000, kernel_.key_of(0), kernel_.class_at(0), 0, "after the hole");
  kernel_.memory.exclude(kSlab + 0x1000);
  const auto found = scan();
  EXPECT_EQ(found.bytes_missing, 4096U);
  EXPECT_EQ(found.bytes_covered, kImageSize + kSlabSize - 4096);
  EXPECT_THAT(found.maps, SizeIs(1));
}

TEST_F(MemoryScanTest, ManyAlikeAreCountedNotListed) {
  constexpr uint64_t kMany = kDirect + 0x10000000;
  constexpr uint64_t kCount = 17000;
  kernel_.memory.map(kMany, kCount * 64);
  dump_.add({kMany, kMany - kDirect, (kCount * 64 + 4095) / 4096 * 4096});
  const uint64_t name = kernel_.text("&inode->i_lock");
  for (uint64_t i = 0; i < kCount; ++i) {
    kernel_.set(kMany + i * 64, "lockdep_map.key", kernel_.key_of(0));
    kernel_.set(kMany + i * 64, "lockdep_map.name", name);
  }
  put_map(kSlab, kernel_.key_of(0), kernel_.class_at(0), 0, "&inode->i_lock");
  const auto found = scan();
  EXPECT_EQ(found.maps.size() + found.alike_left_out, kCount + 1);
  EXPECT_GT(found.alike_left_out, 0U);
  EXPECT_EQ(found.maps[0].address, kSlab);
}

TEST_F(MemoryScanTest, ThreadsFindWhatOneFinds) {
  constexpr uint64_t kMore = kDirect + 0x10000000;
  constexpr uint64_t kMoreSize = 48 << 20;
  kernel_.memory.map(kMore, kMoreSize);
  dump_.add({kMore, kMore - kDirect, kMoreSize});
  for (uint64_t at = kMore; at < kMore + kMoreSize; at += 0x30008) {
    put_map(at, kernel_.key_of(0), kernel_.class_at(0), 0, "&dev->mutex");
  }
  // More alike than are listed, but not in the part of each thread.
  const uint64_t name = kernel_.text("&inode->i_lock");
  for (uint64_t at = kMore + 0x1000010; at < kMore + 0x1200010; at += 64) {
    kernel_.set(at, "lockdep_map.key", kernel_.key_of(0));
    kernel_.set(at, "lockdep_map.name", name);
  }
  const auto one = scan(1);
  const auto three = scan(3);
  EXPECT_GT(one.alike_left_out, 0U);
  EXPECT_EQ(one.alike_left_out, three.alike_left_out);
  EXPECT_EQ(one.bytes_covered, three.bytes_covered);
  ASSERT_EQ(one.maps.size(), three.maps.size());
  EXPECT_GT(one.maps.size(), 200U);
  for (size_t i = 0; i < one.maps.size(); ++i) {
    EXPECT_EQ(one.maps[i].address, three.maps[i].address);
  }
}

TEST_F(MemoryScanTest, WhereADumpIsMappedTheSameIsFound) {
  put_map(kSlab + 0x48, kernel_.key_of(0), kernel_.class_at(0), 0, "&dev->mutex");
  put_map(kSlab + 0x2fe8, kernel_.key_of(1), kernel_.class_at(1), 0, "across pages");
  const auto copied = map_addresses();
  dump_.map_file(kSlab - kDirect, kSlabSize);
  // What read_physical() gives from now on is not what is looked at.
  kernel_.set(kSlab + 0x48, "lockdep_map.key", 0);
  EXPECT_THAT(map_addresses(), testing::ElementsAreArray(copied));
  EXPECT_THAT(copied, ElementsAre(kSlab + 0x48, kSlab + 0x2fe8));
}

/// Runs out of memory at the first piece.
class GreedyVisitor : public HitVisitor {
 public:
  void visit(std::span<const Hit>, const PhysicalBytes&) override { throw std::bad_alloc(); }
};

TEST_F(MemoryScanTest, WhatAThreadThrowsReachesTheCaller) {
  const auto second = dump_.clone();
  GreedyVisitor greedy;
  const std::vector<SweepLane> lanes = {{&dump_, &greedy}, {second.get(), &greedy}};
  EXPECT_THROW(sweep_memory(lanes, WordPatterns()), std::bad_alloc);
}

TEST(MemoryScan, SaysWhyNotWithoutDebuggingOptions) {
  test::FakeKernel kernel;
  test::FakeDump dump(kernel.memory);
  const auto found = scan_memory(dump, kernel.target(), {}, {});
  EXPECT_FALSE(found.done);
  EXPECT_EQ(found.why_not, "the kernel has neither lockdep nor CONFIG_DEBUG_SPINLOCK");
}

}  // namespace
}  // namespace kmortem::locks
