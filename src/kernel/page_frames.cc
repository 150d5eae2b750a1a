// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/page_frames.h"

#include <cstring>

#include "base/checked.h"
#include "dump/physical_memory.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kLargestPage = 256;
// 64 TiB with four levels of page tables, 32 PiB with five; beyond lie vmalloc and vmemmap.
constexpr uint64_t kDirectMapSize = uint64_t{64} << 40;
// Without CONFIG_RANDOMIZE_MEMORY (before 4.8, and where five levels are not built) the bases are
// no variables. The direct map began lower until 4.20.
constexpr uint64_t kPagesBase = 0xffffea0000000000;
constexpr uint64_t kDirectBase = 0xffff888000000000;
constexpr uint64_t kOldDirectBase = 0xffff880000000000;
// Where a mask stands for the head's address (7.1), its upper half is all ones: no struct page lies
// so high.
constexpr uint64_t kLowestMask = 0xffffffff80000000;

std::optional<uint64_t> read_base(const Target& target, std::string_view name) {
  const auto symbol = target.symbol(name);
  if (!symbol) return std::nullopt;
  const auto value = target.memory.read_u64(*symbol);
  if (!value || *value % dump::kPageSize != 0) return std::nullopt;
  return *value;
}

uint64_t find_direct_base(const Target& target) {
  if (const auto base = read_base(target, "page_offset_base")) return *base;
  // What is mapped below the newer base is the older one's.
  const auto low = target.memory.read_u64(kOldDirectBase + dump::kPageSize);
  const bool mapped = low || low.error().kind != ReadError::Kind::unmapped;
  return mapped ? kOldDirectBase : kDirectBase;
}

}  // namespace

PageFrames::PageFrames(const Target& target)
    : target_(target),
      page_types_(target.types),
      size_(target.types.size_of("page").value_or(0)),
      pages_base_(read_base(target, "vmemmap_base").value_or(kPagesBase)),
      direct_base_(find_direct_base(target)),
      private_(target.types.field("page.private")),
      head_(target.types.field("page.compound_head")),
      first_page_(target.types.field("page.first_page")) {
  const debuginfo::TypeTable& types = target.types;
  if (size_ > kLargestPage) size_ = 0;
  direct_end_ = checked_add(direct_base_, kDirectMapSize).value_or(UINT64_MAX);
  const auto vmalloc = read_base(target, "vmalloc_base");
  if (vmalloc && *vmalloc > direct_base_) direct_end_ = *vmalloc;
  flags_ = types.field("page.flags.f");  // a structure since 6.18
  if (!flags_ || flags_->size > 8) flags_ = types.field("page.flags");
  references_ = types.field("page._refcount.counter");
  if (!references_) references_ = types.field("page._count.counter");  // until 4.6
  if (!head_) head_ = types.field("page.compound_info");               // 7.1
  list_ = types.field("page.buddy_list");                              // 5.19
  if (!list_) list_ = types.field("page.lru");
}

std::optional<uint64_t> PageFrames::number_of(uint64_t address) const {
  if (address < direct_base_ || address >= direct_end_) return std::nullopt;
  return (address - direct_base_) / dump::kPageSize;
}

std::optional<uint64_t> PageFrames::number_of_page(uint64_t page) const {
  if (!usable() || page < pages_base_ || (page - pages_base_) % size_ != 0) return std::nullopt;
  const uint64_t number = (page - pages_base_) / size_;
  if (number >= (direct_end_ - direct_base_) / dump::kPageSize) return std::nullopt;
  return number;
}

uint64_t PageFrames::address_of(uint64_t number) const {
  return direct_base_ + number * dump::kPageSize;
}

ReadResult<PageFrame> PageFrames::read(uint64_t number) const {
  const auto offset = checked_mul(number, size_);
  const auto address = offset ? checked_add(pages_base_, *offset) : std::nullopt;
  if (!usable() || !address) {
    return std::unexpected(ReadError{ReadError::Kind::invalid, pages_base_});
  }
  auto bytes = target_.memory.read_bytes(*address, size_);
  if (!bytes) return std::unexpected(bytes.error());
  return PageFrame{number, *address, std::move(*bytes)};
}

bool PageFrames::tail_bit(const PageFrame& page) const {
  const auto tail = target_.types.enumerator("PG_tail");
  if (!tail || *tail < 0 || *tail >= 64 || !flags_) return false;
  return (page.record().get(*flags_) >> *tail & 1) != 0;
}

std::optional<PageFrame> PageFrames::head_of(const PageFrame& page) const {
  uint64_t head = page.address;
  if (head_) {
    const uint64_t info = page.record().get(*head_);
    if ((info & 1) == 0) return page;
    head = info >= kLowestMask ? page.address & info : info - 1;
  } else if (first_page_ && tail_bit(page)) {
    head = page.record().get(*first_page_);
  } else {
    return page;
  }
  const auto number = number_of_page(head);
  // A compound page begins where its size says, and before its tails.
  if (!number || *number > page.number) return std::nullopt;
  auto found = read(*number);
  if (!found) return std::nullopt;
  return std::move(*found);
}

bool PageFrames::is_slab(const PageFrame& page) const {
  const uint64_t flags = flags_ ? page.record().get(*flags_) : 0;
  return page_types_.is_slab(page.record(), flags);
}

bool PageFrames::is_buddy(const PageFrame& page) const {
  return page_types_.is_buddy(page.record());
}

uint64_t PageFrames::references(const PageFrame& page) const {
  return references_ ? page.record().get(*references_) : 1;
}

uint64_t PageFrames::private_of(const PageFrame& page) const {
  return private_ ? page.record().get(*private_) : UINT64_MAX;
}

std::optional<uint64_t> PageFrames::list_offset() const {
  if (!list_ || !range_fits(list_->offset, sizeof(ListLinks), size_)) return std::nullopt;
  return list_->offset;
}

bool PageFrames::linked(const PageFrame& page) const {
  const auto offset = list_offset();
  if (!offset) return false;
  ListLinks links;
  std::memcpy(&links, page.bytes.data() + *offset, sizeof links);
  const uint64_t self = page.address + *offset;
  const auto after = target_.memory.read_u64(links.next + sizeof links.next);
  const auto before = target_.memory.read_u64(links.prev);
  return after && before && *after == self && *before == self;
}

}  // namespace kmortem::kernel
