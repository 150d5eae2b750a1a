// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/dwarf_attributes.h"

#include <dwarf.h>

#include <algorithm>

namespace kmortem::debuginfo {

namespace {

constexpr uint64_t kMaxStructureBytes = uint64_t{1} << 40;

// DWARF 2 wrote a member's offset as the expression DW_OP_plus_uconst N.
uint64_t byte_offset(Dwarf_Die* member) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(member, DW_AT_data_member_location, &attribute) == nullptr) return 0;
  Dwarf_Word value = 0;
  if (dwarf_formudata(&attribute, &value) == 0) return value;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1) return 0;
  const bool constant =
      operations[0].atom == DW_OP_plus_uconst || operations[0].atom == DW_OP_constu;
  return constant ? operations[0].number : 0;
}

}  // namespace

std::string_view die_name(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(die, DW_AT_name, &attribute) == nullptr) return {};
  const char* name = dwarf_formstring(&attribute);
  return name != nullptr ? name : std::string_view();
}

std::string_view die_full_name(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(die, DW_AT_name, &attribute) == nullptr) return {};
  const char* name = dwarf_formstring(&attribute);
  return name != nullptr ? name : std::string_view();
}

std::optional<uint64_t> unsigned_attribute(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formudata(&attribute, &value) != 0) return std::nullopt;
  return value;
}

std::optional<int64_t> signed_attribute(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(die, name, &attribute) == nullptr) return std::nullopt;
  const unsigned form = dwarf_whatform(&attribute);
  if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
    Dwarf_Sword value = 0;
    if (dwarf_formsdata(&attribute, &value) != 0) return std::nullopt;
    return value;
  }
  Dwarf_Word value = 0;
  if (dwarf_formudata(&attribute, &value) != 0) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::optional<Dwarf_Die> referred_die(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Die target;
  if (dwarf_attr(die, name, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formref_die(&attribute, &target) == nullptr) return std::nullopt;
  return target;
}

std::optional<Dwarf_Die> type_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  Dwarf_Die target;
  if (dwarf_attr_integrate(die, DW_AT_type, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formref_die(&attribute, &target) == nullptr) return std::nullopt;
  return target;
}

uint64_t subrange_count(Dwarf_Die* subrange) {
  if (auto count = unsigned_attribute(subrange, DW_AT_count)) return *count;
  const auto upper = unsigned_attribute(subrange, DW_AT_upper_bound);
  // GCC describes [0] by an upper bound of -1.
  if (!upper || *upper >= INT64_MAX) return 0;
  return *upper + 1;
}

MemberPlace member_place(Dwarf_Die* member, uint64_t storage_size) {
  MemberPlace place;
  place.bit_offset = std::min(byte_offset(member), kMaxStructureBytes) * 8;
  const auto bits = unsigned_attribute(member, DW_AT_bit_size);
  if (!bits || *bits == 0 || *bits > 128) return place;
  place.bit_size = static_cast<uint32_t>(*bits);

  if (auto offset = unsigned_attribute(member, DW_AT_data_bit_offset)) {
    place.bit_offset += std::min(*offset, kMaxStructureBytes);
  } else if (auto from_top = unsigned_attribute(member, DW_AT_bit_offset)) {
    const uint64_t storage = unsigned_attribute(member, DW_AT_byte_size).value_or(storage_size);
    // A field that straddles its storage unit has a negative offset, in two's complement.
    place.bit_offset += storage * 8 - *from_top - *bits;
  }
  return place;
}

}  // namespace kmortem::debuginfo
