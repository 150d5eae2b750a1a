// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "debuginfo/type_table.h"
#include "kernel/record.h"

namespace kmortem::kernel {

/// How a kernel says in struct page that a page is a slab's or a free block's.
class PageTypes {
 public:
  explicit PageTypes(const debuginfo::TypeTable& types);

  bool is_slab(const Record& page, uint64_t flags) const;
  bool is_buddy(const Record& page) const;

 private:
  /// Where the type is: a number in the top byte (6.12), bits that are cleared (4.18), or a
  /// negative _mapcount.
  enum class Kind : uint8_t { none, number, cleared_bit, map_count };

  bool has_type(const Record& page, uint32_t type) const;

  Kind kind_ = Kind::none;
  std::optional<debuginfo::Field> field_;
  uint32_t base_ = 0;                  // bits that every typed page has set, for cleared_bit
  uint32_t buddy_ = 0;                 // the number, the bit or the count
  uint32_t slab_ = 0;                  // the same; 0 when a flag says so
  std::optional<unsigned> slab_flag_;  // bit of page.flags, until 6.9
};

}  // namespace kmortem::kernel
