// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/page_tables.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_set>

#include "dump/page_entry.h"

namespace kmortem::dump {

namespace {

// 4 GiB of tables map 2 TiB in 4 KiB pages; a healthy kernel's tables stay far below.
constexpr size_t kMaxTables = size_t{1} << 20;

using Table = std::array<uint64_t, kEntriesPerTable>;

/// One walk over all tables of a range.
class MappingWalk {
 public:
  MappingWalk(PhysicalMemory& memory, uint64_t address_mask, uint64_t begin, uint64_t end,
              const std::function<void(uint64_t, uint64_t, uint64_t)>& visit)
      : memory_(memory), address_mask_(address_mask), begin_(begin), end_(end), visit_(visit) {}

  uint64_t run(uint64_t root, int levels, uint64_t base) {
    walk_table(root, levels, base);
    flush();
    return unreadable_;
  }

 private:
  void walk_table(uint64_t physical, int level, uint64_t base) {
    if (!seen_.insert(physical).second) return;
    Table table;
    if (seen_.size() > kMaxTables ||
        !memory_.read(physical, std::as_writable_bytes(std::span(table)))) {
      ++unreadable_;
      return;
    }
    const uint64_t span = entry_span(level);
    for (uint64_t index = 0; index < kEntriesPerTable; ++index) {
      const uint64_t address = base + index * span;
      // Compared by last bytes: the end of the top entry is 2^64.
      if (address + (span - 1) < begin_) continue;
      if (address > end_ - 1) return;
      walk_entry(table[index], level, address);
    }
  }

  void walk_entry(uint64_t entry, int level, uint64_t address) {
    switch (entry_kind(entry, level)) {
      case EntryKind::absent:
      case EntryKind::reserved:
        return;
      case EntryKind::table:
        walk_table(entry & address_mask_, level - 1, address);
        return;
      case EntryKind::page: {
        const uint64_t span = entry_span(level);
        add(address, entry & address_mask_ & ~(span - 1), span);
        return;
      }
    }
  }

  void add(uint64_t address, uint64_t physical, uint64_t length) {
    if (address < begin_) {
      physical += begin_ - address;
      length -= begin_ - address;
      address = begin_;
    }
    length = std::min(length, end_ - address);
    if (length_ != 0 && address == address_ + length_ && physical == physical_ + length_) {
      length_ += length;
      return;
    }
    flush();
    address_ = address;
    physical_ = physical;
    length_ = length;
  }

  void flush() {
    if (length_ != 0) visit_(address_, physical_, length_);
    length_ = 0;
  }

  PhysicalMemory& memory_;
  uint64_t address_mask_;
  uint64_t begin_;
  uint64_t end_;
  const std::function<void(uint64_t, uint64_t, uint64_t)>& visit_;
  std::unordered_set<uint64_t> seen_;
  uint64_t unreadable_ = 0;
  uint64_t address_ = 0;
  uint64_t physical_ = 0;
  uint64_t length_ = 0;
};

}  // namespace

PageTables::PageTables(uint64_t root, int levels, uint64_t encryption_mask)
    : root_(root & kEntryAddress & ~encryption_mask),
      levels_(levels),
      address_mask_(kEntryAddress & ~encryption_mask) {}

uint64_t PageTables::kernel_start() const {
  return levels_ == 5 ? 0xff00000000000000 : 0xffff800000000000;
}

ReadResult<Translation> PageTables::translate(PhysicalMemory& memory, uint64_t address) const {
  const auto error = [address](ReadError::Kind kind) {
    return std::unexpected(ReadError{kind, address});
  };
  if (!usable() || address < kernel_start()) return error(ReadError::Kind::invalid);
  uint64_t table = root_;
  for (int level = levels_; level >= 1; --level) {
    uint64_t entry = 0;
    const uint64_t at = table + entry_index(address, level) * sizeof entry;
    if (auto done = memory.read(at, std::as_writable_bytes(std::span(&entry, 1))); !done) {
      return error(done.error().kind);
    }
    const uint64_t span = entry_span(level);
    switch (entry_kind(entry, level)) {
      case EntryKind::absent:
        return error(ReadError::Kind::unmapped);
      case EntryKind::reserved:
        return error(ReadError::Kind::corrupt);
      case EntryKind::table:
        table = entry & address_mask_;
        break;
      case EntryKind::page: {
        const uint64_t offset = address & (span - 1);
        return Translation{(entry & address_mask_ & ~(span - 1)) + offset, span - offset, span};
      }
    }
  }
  return error(ReadError::Kind::corrupt);
}

uint64_t PageTables::for_each_mapping(
    PhysicalMemory& memory, uint64_t begin, uint64_t end,
    const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) const {
  if (!usable()) return 0;
  begin = std::max(begin, kernel_start());
  if (begin >= end) return 0;
  // The lower half belongs to a process; its entries are passed over by `begin`.
  const uint64_t base = uint64_t{0} - entry_span(levels_) * kEntriesPerTable;
  return MappingWalk(memory, address_mask_, begin, end, visit).run(root_, levels_, base);
}

}  // namespace kmortem::dump
