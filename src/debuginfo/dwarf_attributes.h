// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace kmortem::debuginfo {

/// DW_AT_name; empty when there is none.
std::string_view die_name(Dwarf_Die* die);

/// The name, also through DW_AT_specification and DW_AT_abstract_origin.
std::string_view die_full_name(Dwarf_Die* die);

std::optional<uint64_t> unsigned_attribute(Dwarf_Die* die, unsigned attribute);

/// A constant of either sign: the form decides whether it is sign-extended.
std::optional<int64_t> signed_attribute(Dwarf_Die* die, unsigned attribute);

/// What a reference attribute (DW_AT_type, DW_AT_import) leads to, in whatever unit or file.
std::optional<Dwarf_Die> referred_die(Dwarf_Die* die, unsigned attribute);

/// DW_AT_type, also through DW_AT_specification and DW_AT_abstract_origin.
std::optional<Dwarf_Die> type_of(Dwarf_Die* die);

/// Elements that a DW_TAG_subrange_type gives; 0 for a flexible or zero-length array.
uint64_t subrange_count(Dwarf_Die* subrange);

/// Where a DW_TAG_member lies.
struct MemberPlace {
  uint64_t bit_offset = 0;
  uint32_t bit_size = 0;  ///< 0 unless a bit-field
};

/// Understands DW_AT_data_bit_offset (DWARF 4 and later) and the DW_AT_bit_offset that counts
/// from the storage unit's most significant bit (DWARF 2 and 3, and GCC's DWARF 4).
/// `storage_size` is the size in bytes of the member's type.
MemberPlace member_place(Dwarf_Die* member, uint64_t storage_size);

}  // namespace kmortem::debuginfo
