// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "support/fake_kernel.h"

namespace kmortem::test {

/// How kernels of different ages lay out struct page, struct slab and struct kmem_cache: from
/// include/linux/mm_types.h, page-flags.h, mm/slab.h and mm/slub.c of each.
struct MemoryLayout {
  std::string name;
  bool slab_is_page = false;    ///< struct slab is a part of struct page, until 5.16
  uint64_t slab_cache = 24;     ///< moved to the front in 6.2
  uint64_t freelist = 32;       ///< of the slab; its counts are behind it
  bool swaps_bytes = true;      ///< of the address that a freelist's pointer is xored with, 5.7
  uint32_t buddy = 0xffffff7f;  ///< page_type (or _mapcount) of a free block
  uint32_t slab = 0xffffffff;   ///< page_type of a slab
  uint64_t slab_flags = 0x200;  ///< page.flags of a slab
  bool counts_maps = false;     ///< _mapcount in page_type's place, until 4.17
  bool numbers_types = false;   ///< enum pagetype's PGTY_..., 6.12
  uint64_t list = 8;            ///< page.lru, and the compound page's head
  uint64_t order = 40;          ///< page.private
  uint64_t type = 48;           ///< page.page_type; page._refcount is behind it
};

inline std::ostream& operator<<(std::ostream& out, const MemoryLayout& layout) {
  return out << layout.name;
}

inline MemoryLayout linux_4_14() {
  return {"4.14", true, 48, 16, false, 0xffffff80, 0xffffffff, 0x100, true, false, 32, 48, 24};
}
inline MemoryLayout linux_5_4() {
  return {"5.4", true, 24, 32, false, 0xffffff7f, 0xffffffff, 0x200, false, false};
}
inline MemoryLayout linux_6_1() {
  return {"6.1", false, 24, 32, true, 0xffffff7f, 0xffffffff, 0x200, false, false};
}
inline MemoryLayout linux_6_12() {
  return {"6.12", false, 8, 32, true, 0xf0000000, 0xf5000000, 0, false, true};
}

/// Defines these types in `kernel`, and the zones' with per-CPU lists as 6.1 has them.
inline void define_memory(FakeKernel& kernel, const MemoryLayout& layout) {
  FakeTypes& t = kernel.types;
  const auto list =
      t.define("list_head", 16, {t.at(0, "next", t.pointer()), t.at(8, "prev", t.pointer())});
  const auto counter = t.structure("", 4, {t.at(0, "counter", t.s32)});
  const auto in_use = t.bits((layout.freelist + 8) * 8, 16, "inuse", t.u32);
  const auto objects = t.bits((layout.freelist + 8) * 8 + 16, 15, "objects", t.u32);
  std::vector<debuginfo::Member> page = {
      t.at(0, "flags", t.u64), t.at(layout.list, "compound_head", t.u64),
      t.at(layout.list, "lru", list), t.at(layout.order, "private", t.u64),
      t.at(layout.type + 4, "_refcount", counter)};
  if (layout.counts_maps) {
    page.push_back(t.at(layout.type, "_mapcount", counter));
  } else {
    page.push_back(t.at(layout.type, "page_type", t.u32));
  }
  const std::vector<debuginfo::Member> slab = {t.at(layout.slab_cache, "slab_cache", t.pointer()),
                                               t.at(layout.freelist, "freelist", t.pointer()),
                                               in_use, objects};
  if (layout.slab_is_page) {
    page.insert(page.end(), slab.begin(), slab.end());
  } else {
    t.define("slab", 64, slab);
  }
  t.define("page", 64, page);
  t.define(
      "kmem_cache", 128,
      {t.at(0, "cpu_slab", t.pointer()), t.at(8, "flags", t.u32), t.at(24, "size", t.u32),
       t.at(28, "object_size", t.u32), t.at(40, "offset", t.u32), t.at(96, "name", t.pointer()),
       t.at(104, "red_left_pad", t.u32), t.at(112, "random", t.u64)});
  t.define("kmem_cache_cpu", 32,
           {t.at(0, "freelist", t.pointer()),
            t.at(16, layout.slab_is_page ? "page" : "slab", t.pointer())});
  if (layout.numbers_types) {
    t.enumerators({{"PGTY_buddy", 0xf0}, {"PGTY_slab", 0xf5}, {"_SLAB_TYPESAFE_BY_RCU", 9}});
  } else {
    t.enumerators({{"PG_slab", layout.slab_flags == 0x100 ? 8 : 9}});
  }
  const auto zone = t.define(
      "zone", 64, {t.at(8, "per_cpu_pageset", t.pointer()), t.at(16, "present_pages", t.u64)});
  t.define("per_cpu_pages", 256, {t.at(4, "count", t.s32), t.at(24, "lists", t.array(list, 12))});
  t.define("pglist_data", 256, {t.at(0, "node_zones", t.array(zone, 3))});
}

}  // namespace kmortem::test
