// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/memory_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "kernel/memory_layouts.h"

namespace kmortem::kernel {
namespace {

using model::Grade;
using test::FakeKernel;
using test::MemoryLayout;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kDirect = 0xffff8da240000000;
constexpr uint64_t kPages = 0xfffffaac00000000;
constexpr uint64_t kVmalloc = 0xffff951c00000000;
constexpr uint64_t kData = 0xffffffff82000000;
constexpr uint64_t kCache = kData + 0x1000;
constexpr uint64_t kCpuSlab = 0x30000;   // per-CPU offset
constexpr uint64_t kCpuLists = 0x40000;  // the same
constexpr uint64_t kCpuBase = 0xffff888100000000;
constexpr uint64_t kSecret = 0x5eed5eed12345678;
constexpr uint64_t kSlab = 0x888;  // page frame numbers
constexpr uint64_t kBlock = 0x8e0;
constexpr uint64_t kSingle = 0x877;
constexpr uint64_t kRoom = 128;
constexpr uint64_t kLink = 64;  // kmem_cache.offset

class MemoryUseTest : public ::testing::TestWithParam<MemoryLayout> {
 protected:
  MemoryUseTest() : cpus_(2) {
    test::define_memory(kernel_, GetParam());
    add_base("page_offset_base", kData, kDirect);
    add_base("vmemmap_base", kData + 8, kPages);
    add_base("vmalloc_base", kData + 16, kVmalloc);
    kernel_.memory.map(page(0), 0x1000 * 64);
    for (uint64_t number = 0; number < 0x1000; ++number) {
      set_type(number, 0xffffffff, 1);
    }
    for (int i = 0; i < 2; ++i) {
      cpus_[i].number = i;
      cpus_[i].online = true;
      cpus_[i].percpu_base = kCpuBase + static_cast<uint64_t>(i) * 0x100000;
      kernel_.memory.map(cpus_[i].percpu_base + kCpuSlab, 32);
      for (uint64_t list = 0; list < 12; ++list) make_list(list_head(i, list), {});
    }
    make_zone();
    make_cache();
  }

  static uint64_t page(uint64_t number) { return kPages + number * 64; }
  static uint64_t node(uint64_t number) { return page(number) + GetParam().list; }
  static uint64_t object(uint64_t index) { return kDirect + kSlab * 4096 + index * kRoom; }
  uint64_t list_head(int cpu, uint64_t list) const {
    return cpus_[cpu].percpu_base + kCpuLists + 24 + list * 16;
  }

  void set_type(uint64_t number, uint32_t type, uint32_t references) {
    kernel_.memory.put_u32(page(number) + GetParam().type, type);
    kernel_.memory.put_u32(page(number) + GetParam().type + 4, references);
  }

  void add_base(const char* name, uint64_t at, uint64_t value) {
    kernel_.symbols.add(name, at, 8);
    kernel_.memory.put_u64(at, value);
  }

  void make_list(uint64_t head, const std::vector<uint64_t>& nodes) {
    uint64_t last = head;
    for (const uint64_t node : nodes) {
      kernel_.memory.put_u64(last, node);
      kernel_.memory.put_u64(node + 8, last);
      last = node;
    }
    kernel_.memory.put_u64(last, head);
    kernel_.memory.put_u64(head + 8, last);
  }

  void make_zone() {
    constexpr uint64_t kNode = kData + 0x2000;
    kernel_.symbols.add("contig_page_data", kNode, 256);
    kernel_.memory.map(kNode, 256);
    kernel_.set(kNode + 64, "zone.per_cpu_pageset", kCpuLists);
    kernel_.set(kNode + 64, "zone.present_pages", 0x1000);
  }

  void make_cache() {
    kernel_.memory.map(kCache, 128);
    kernel_.set(kCache, "kmem_cache.cpu_slab", kCpuSlab);
    kernel_.set(kCache, "kmem_cache.size", kRoom);
    kernel_.set(kCache, "kmem_cache.object_size", 120);
    kernel_.set(kCache, "kmem_cache.offset", kLink);
    kernel_.set(kCache, "kmem_cache.random", kSecret);
    kernel_.set(kCache, "kmem_cache.name", kData + 0x100);
    kernel_.memory.put_string(kData + 0x100, "lk_session");
    kernel_.memory.map(object(0), 4096);
    kernel_.memory.put_u64(page(kSlab), GetParam().slab_flags);
    if (GetParam().numbers_types) set_type(kSlab, GetParam().slab, 1);
    kernel_.set(page(kSlab), slab("slab_cache"), kCache);
    set_slab(0, 32);
  }

  std::string slab(const std::string& member) const {
    return (GetParam().slab_is_page ? "page." : "slab.") + member;
  }

  /// freelist_ptr() of mm/slub.c.
  void link(uint64_t from, uint64_t to) {
    const uint64_t place = from + kLink;
    const uint64_t mask = GetParam().swaps_bytes ? std::byteswap(place) : place;
    kernel_.memory.put_u64(place, to ^ kSecret ^ mask);
  }

  /// Chains the objects; returns the first.
  uint64_t chain(const std::vector<uint64_t>& indexes) {
    for (size_t i = 0; i < indexes.size(); ++i) {
      link(object(indexes[i]), i + 1 < indexes.size() ? object(indexes[i + 1]) : 0);
    }
    return indexes.empty() ? 0 : object(indexes[0]);
  }

  void set_slab(uint64_t freelist, uint64_t in_use) {
    kernel_.set(page(kSlab), slab("freelist"), freelist);
    kernel_.set(page(kSlab), slab("inuse"), in_use);
    kernel_.set(page(kSlab), slab("objects"), 32);
  }

  void make_block(uint64_t first, uint64_t order) {
    set_type(first, GetParam().buddy, 0);
    kernel_.set(page(first), "page.private", order);
    kernel_.memory.map(kData + 0x3000, 16);
    make_list(kData + 0x3000, {node(first)});
  }

  MemoryUse at(uint64_t address) {
    const Target target = kernel_.target();
    return MemoryUseReader(target, cpus_).at(address);
  }

  FakeKernel kernel_;
  std::vector<model::Cpu> cpus_;
};

INSTANTIATE_TEST_SUITE_P(Kernels, MemoryUseTest,
                         ::testing::Values(test::linux_4_14(), test::linux_5_4(), test::linux_6_1(),
                                           test::linux_6_12()),
                         [](const auto& tested) {
                           std::string name = "Linux" + tested.param.name;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST_P(MemoryUseTest, ObjectsOnTheSlabsFreelist) {
  set_slab(chain({5, 3, 9}), 29);
  const MemoryUse free = at(object(3) + 8);
  EXPECT_TRUE(free.free);
  EXPECT_EQ(free.grade, Grade::proven);
  EXPECT_EQ(free.slab, "lk_session+0x8");
  EXPECT_THAT(free.because, HasSubstr("the slab's freelist"));
  EXPECT_TRUE(at(object(9)).free);
  const MemoryUse used = at(object(4) + 16);
  EXPECT_FALSE(used.free);
  EXPECT_EQ(used.slab, "lk_session+0x10");
}

TEST_P(MemoryUseTest, ObjectsOnACpusFreelist) {
  set_slab(chain({7}), 31);
  const uint64_t cpu = cpus_[1].percpu_base + kCpuSlab;
  kernel_.memory.put_u64(cpu, chain({2, 1}));
  kernel_.memory.put_u64(cpu + 16, page(kSlab));
  const MemoryUse free = at(object(1));
  EXPECT_TRUE(free.free);
  EXPECT_EQ(free.grade, Grade::proven);
  EXPECT_THAT(free.because, HasSubstr("CPU 1's freelist"));
  EXPECT_TRUE(at(object(7)).free);
  EXPECT_FALSE(at(object(3)).free);
}

TEST_P(MemoryUseTest, AnotherSlabsCpuFreelistSaysNothing) {
  const uint64_t cpu = cpus_[1].percpu_base + kCpuSlab;
  kernel_.memory.put_u64(cpu, chain({2, 1}));
  kernel_.memory.put_u64(cpu + 16, page(kSlab + 1));
  EXPECT_FALSE(at(object(1)).free);
}

TEST_P(MemoryUseTest, AFreelistThatIsOverwrittenProvesNothing) {
  set_slab(chain({5, 3, 9}), 29);
  kernel_.memory.put_u64(object(3) + kLink, 0x4141414141414141);
  EXPECT_FALSE(at(object(9)).free);
  const MemoryUse before = at(object(3));
  EXPECT_TRUE(before.free);
  EXPECT_EQ(before.grade, Grade::inferred);
}

TEST_P(MemoryUseTest, AFreelistOfAnotherLengthIsNoProof) {
  set_slab(chain({5, 3, 9}), 25);
  EXPECT_EQ(at(object(3)).grade, Grade::inferred);
}

TEST_P(MemoryUseTest, AFreelistThatIsARingEnds) {
  set_slab(chain({5, 3, 9}), 29);
  link(object(9), object(5));
  EXPECT_FALSE(at(object(4)).free);
  EXPECT_EQ(at(object(3)).grade, Grade::inferred);
}

TEST_P(MemoryUseTest, ObjectsThatAreLockedWhileFree) {
  set_slab(chain({5, 3, 9}), 29);
  kernel_.set(kCache, "kmem_cache.flags", GetParam().numbers_types ? 0x200 : 0x80000);
  EXPECT_FALSE(at(object(3)).free);
  EXPECT_EQ(at(object(3)).slab, "lk_session");
}

TEST_P(MemoryUseTest, ALargerSlabIsFoundByItsHead) {
  kernel_.memory.put_u64(node(kSlab + 1), page(kSlab) + 1);
  kernel_.memory.map(object(32), 4096);
  kernel_.set(page(kSlab), slab("objects"), 64);
  kernel_.set(page(kSlab), slab("freelist"), chain({40}));
  kernel_.set(page(kSlab), slab("inuse"), 63);
  EXPECT_TRUE(at(object(40)).free);
  EXPECT_EQ(at(object(41)).slab, "lk_session");
}

TEST_P(MemoryUseTest, ACacheThatIsNoneIsNotBelieved) {
  set_slab(chain({5, 3, 9}), 29);
  kernel_.set(kCache, "kmem_cache.size", 0);
  EXPECT_FALSE(at(object(3)).free);
  EXPECT_THAT(at(object(3)).slab, IsEmpty());
}

TEST_P(MemoryUseTest, PagesOfAFreeBlock) {
  make_block(kBlock, 4);
  const MemoryUse inside = at(kDirect + (kBlock + 3) * 4096 + 0x10);
  EXPECT_TRUE(inside.free);
  EXPECT_EQ(inside.grade, Grade::proven);
  EXPECT_THAT(inside.because, HasSubstr("of the 16 pages from 0xffff8da2408e0000 on"));
  EXPECT_TRUE(at(kDirect + (kBlock + 15) * 4096).free);
  EXPECT_FALSE(at(kDirect + (kBlock + 16) * 4096).free);
  EXPECT_FALSE(at(kDirect + (kBlock - 1) * 4096).free);
}

TEST_P(MemoryUseTest, ABlockOnNoListIsNoProof) {
  make_block(kBlock, 4);
  kernel_.memory.put_u64(kData + 0x3000, 0);
  EXPECT_EQ(at(kDirect + kBlock * 4096).grade, Grade::inferred);
}

TEST_P(MemoryUseTest, AFreePageThatTheDumpLeavesOut) {
  make_block(kBlock, 4);
  kernel_.memory.exclude(kDirect + kBlock * 4096, 16 * 4096);
  EXPECT_TRUE(at(kDirect + (kBlock + 3) * 4096).free);
}

TEST_P(MemoryUseTest, APageThatTheDumpLeavesOutIsNotFree) {
  kernel_.memory.exclude(kDirect + kBlock * 4096);
  EXPECT_FALSE(at(kDirect + kBlock * 4096).free);
}

TEST_P(MemoryUseTest, PagesOnACpusList) {
  set_type(kSingle, 0xffffffff, 0);
  EXPECT_FALSE(at(kDirect + kSingle * 4096).free) << "the tail of a block in use looks so too";
  make_list(list_head(1, 2), {node(kSingle + 5), node(kSingle)});
  const MemoryUse free = at(kDirect + kSingle * 4096 + 8);
  EXPECT_TRUE(free.free);
  EXPECT_EQ(free.grade, Grade::proven);
  EXPECT_THAT(free.because, HasSubstr("CPU 1's list"));
  EXPECT_FALSE(at(kDirect + (kSingle + 1) * 4096).free);
}

TEST_P(MemoryUseTest, PagesWithoutTheirStructPage) {
  kernel_.memory.exclude(page(0), 0x1000 * 64);
  EXPECT_FALSE(at(object(3)).free);
  EXPECT_FALSE(at(kDirect + kBlock * 4096).free);
}

TEST_P(MemoryUseTest, WhatIsNotMapped) {
  const MemoryUse gone = at(kVmalloc + 0x1000);
  EXPECT_TRUE(gone.free);
  EXPECT_EQ(gone.grade, Grade::inferred);
  kernel_.memory.exclude(kVmalloc + 0x2000);
  EXPECT_FALSE(at(kVmalloc + 0x2000).free);
  EXPECT_FALSE(at(kData).free);
  EXPECT_FALSE(at(0x1000).free);
}

}  // namespace
}  // namespace kmortem::kernel
