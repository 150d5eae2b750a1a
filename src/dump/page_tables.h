// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "base/read_error.h"
#include "dump/physical_memory.h"

namespace kmortem::dump {

/// Where a virtual address leads: the physical address, and how far the mapping it lies in goes on
/// from there (to the end of a 4 KiB, 2 MiB or 1 GiB page).
struct Translation {
  uint64_t physical = 0;
  uint64_t remaining = 0;
  uint64_t page_size = 0;
};

/// The kernel's x86-64 page tables, four or five levels (Intel SDM volume 3, chapter 4).
class PageTables {
 public:
  PageTables() = default;

  /// `root` is the physical address of the top table; `encryption_mask` the bits of an entry that
  /// say "encrypted" and are no address (NUMBER(sme_mask)).
  PageTables(uint64_t root, int levels, uint64_t encryption_mask = 0);

  /// False when there is no root to start from.
  bool usable() const { return levels_ != 0; }
  uint64_t root() const { return root_; }
  int levels() const { return levels_; }

  /// The lowest kernel address that these tables can map.
  uint64_t kernel_start() const;

  /// Fails with `unmapped` for an entry that is not present, `invalid` for an address that is not
  /// the kernel's, `corrupt` for an entry with reserved bits, and with the table's own error when
  /// a table cannot be read. The error names `address`.
  ReadResult<Translation> translate(PhysicalMemory& memory, uint64_t address) const;

  /// Mapped runs in [begin, end), neighbours merged, in ascending order. A table that is used
  /// twice, as KASAN's zero shadow is, is followed once. Returns how many table pages could not be
  /// read or were left out because there are more than any kernel needs.
  uint64_t for_each_mapping(PhysicalMemory& memory, uint64_t begin, uint64_t end,
                            const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) const;

 private:
  uint64_t root_ = 0;
  int levels_ = 0;
  uint64_t address_mask_ = 0;
};

}  // namespace kmortem::dump
