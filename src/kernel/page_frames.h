// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernel/page_type.h"
#include "kernel/record.h"
#include "kernel/ring_walk.h"
#include "kernel/target.h"

namespace kmortem::kernel {

/// One struct page: what the kernel knows of a page frame.
struct PageFrame {
  uint64_t number = 0;   ///< physical address by 4096
  uint64_t address = 0;  ///< of its struct page
  std::vector<std::byte> bytes;

  Record record() const { return {address, bytes}; }
};

/// The struct pages of the direct map. x86-64 lays them out one after the other from vmemmap_base
/// on (SPARSEMEM_VMEMMAP; no other memory model is built there since 2.6.25).
class PageFrames {
 public:
  explicit PageFrames(const Target& target);

  /// False when the debuginfo does not describe struct page.
  bool usable() const { return size_ != 0; }

  /// The number of the frame behind a direct-map address; nothing for any other address.
  std::optional<uint64_t> number_of(uint64_t address) const;
  /// The number of the frame whose struct page is at `page`; nothing when none can be there.
  std::optional<uint64_t> number_of_page(uint64_t page) const;
  /// The direct-map address of a frame.
  uint64_t address_of(uint64_t number) const;

  ReadResult<PageFrame> read(uint64_t number) const;

  /// The first page of the compound page that `page` is in; `page` itself where it is in none.
  /// Fails where the head cannot be read; nothing when its number is nonsense.
  std::optional<PageFrame> head_of(const PageFrame& page) const;

  bool is_slab(const PageFrame& page) const;
  /// The first page of a free block of the buddy allocator.
  bool is_buddy(const PageFrame& page) const;
  uint64_t references(const PageFrame& page) const;
  /// page.private: the order of a free block.
  uint64_t private_of(const PageFrame& page) const;

  /// Offset of the list_head that free pages are linked by; nothing when there is none.
  std::optional<uint64_t> list_offset() const;
  /// Both neighbours on the list that the page is linked into point back at it.
  bool linked(const PageFrame& page) const;

 private:
  bool tail_bit(const PageFrame& page) const;

  const Target& target_;
  PageTypes page_types_;
  uint64_t size_ = 0;
  uint64_t pages_base_ = 0;   // vmemmap
  uint64_t direct_base_ = 0;  // PAGE_OFFSET
  uint64_t direct_end_ = 0;
  std::optional<debuginfo::Field> flags_;
  std::optional<debuginfo::Field> references_;
  std::optional<debuginfo::Field> private_;
  std::optional<debuginfo::Field> head_;        // 4.3
  std::optional<debuginfo::Field> first_page_;  // before, valid with PG_tail
  std::optional<debuginfo::Field> list_;
};

}  // namespace kmortem::kernel
