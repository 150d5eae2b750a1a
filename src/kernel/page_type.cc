// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/page_type.h"

namespace kmortem::kernel {

namespace {

constexpr unsigned kNumberShift = 24;

// Macros, of which debuginfo knows nothing, until 6.9.
constexpr uint32_t kMacroBase = 0xf0000000;
constexpr uint32_t kMacroBuddy = 0x80;
// PAGE_BUDDY_MAPCOUNT_VALUE, 2.6.38 to 4.17.
constexpr auto kBuddyMapCount = static_cast<uint32_t>(-128);

uint32_t number_or(std::optional<int64_t> enumerator, uint32_t otherwise) {
  return enumerator ? static_cast<uint32_t>(*enumerator) : otherwise;
}

}  // namespace

PageTypes::PageTypes(const debuginfo::TypeTable& types) {
  // PG_slab is a bit's number in enum pageflags until 6.9, a mask in enum pagetype in 6.10 and
  // 6.11, and PGTY_slab from 6.12 on.
  const auto slab = types.enumerator("PG_slab");
  if (slab && *slab >= 0 && *slab < 64) slab_flag_ = static_cast<unsigned>(*slab);
  field_ = types.field("page.page_type");  // 4.18
  if (!field_) {
    field_ = types.field("page._mapcount.counter");
    if (field_) kind_ = Kind::map_count;
    buddy_ = kBuddyMapCount;
    return;
  }
  if (const auto buddy = types.enumerator("PGTY_buddy")) {
    kind_ = Kind::number;
    buddy_ = number_or(buddy, 0);
    slab_ = number_or(types.enumerator("PGTY_slab"), 0);
    return;
  }
  kind_ = Kind::cleared_bit;
  base_ = number_or(types.enumerator("PAGE_TYPE_BASE"), kMacroBase);
  buddy_ = number_or(types.enumerator("PG_buddy"), kMacroBuddy);
  if (!slab_flag_) slab_ = number_or(slab, 0);
}

bool PageTypes::has_type(const Record& page, uint32_t type) const {
  if (!field_ || type == 0) return false;
  const auto value = static_cast<uint32_t>(page.get(*field_));
  switch (kind_) {
    case Kind::none:
      return false;
    case Kind::number:
      return value >> kNumberShift == type;
    case Kind::cleared_bit:
      return (value & (base_ | type)) == base_;
    case Kind::map_count:
      return value == type;
  }
  return false;
}

bool PageTypes::is_slab(const Record& page, uint64_t flags) const {
  if (slab_flag_) return (flags >> *slab_flag_ & 1) != 0;
  return has_type(page, slab_);
}

bool PageTypes::is_buddy(const Record& page) const {
  return has_type(page, buddy_);
}

}  // namespace kmortem::kernel
