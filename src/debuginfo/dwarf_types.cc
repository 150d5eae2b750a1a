// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/dwarf_types.h"

#include <dwarf.h>

#include <algorithm>
#include <limits>

#include "debuginfo/dwarf_attributes.h"

namespace kmortem::debuginfo {

namespace {

// The kernel nests some 15 deep; more is a loop in damaged DWARF.
constexpr int kMaxDepth = 64;
constexpr int kMaxQualifiers = 16;
constexpr int kMaxDimensions = 16;
constexpr size_t kMaxMembers = 65536;

bool is_qualifier(int tag) {
  return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
         tag == DW_TAG_atomic_type;
}

// False when nothing is left: const void.
bool strip_qualifiers(Dwarf_Die* die) {
  for (int i = 0; i < kMaxQualifiers && is_qualifier(dwarf_tag(die)); ++i) {
    auto inner = referred_die(die, DW_AT_type);
    if (!inner) return false;
    *die = *inner;
  }
  return !is_qualifier(dwarf_tag(die));
}

std::string key_of(TypeKind kind, std::string_view name) {
  std::string key(1, static_cast<char>('A' + static_cast<int>(kind)));
  return key.append(name);
}

std::string key_of(TypeKind kind, std::string_view name, uint64_t size) {
  return key_of(kind, name).append(1, '\0').append(std::to_string(size));
}

uint64_t saturating_product(uint64_t a, uint64_t b) {
  if (b != 0 && a > std::numeric_limits<uint64_t>::max() / b) return 0;
  return a * b;
}

}  // namespace

DwarfTypeReader::DwarfTypeReader(TypeTable& table) : table_(table) {
  for (const auto& [name, id] : table_.names()) note_known(id);
}

void DwarfTypeReader::note_known(TypeId id) {
  const Type& type = table_.at(id);
  declared_.emplace(key_of(type.kind, type.name), id);
  // Where a typedef leads may be incomplete.
  if (type.is_declaration || type.kind == TypeKind::typedef_name) return;
  defined_.emplace(key_of(type.kind, type.name, type.size), id);
  set_complete(id);
}

TypeId DwarfTypeReader::add(Type type) {
  return table_.add(std::move(type));
}

void DwarfTypeReader::set_complete(TypeId id) {
  if (id >= complete_.size()) complete_.resize(std::max<size_t>(id + 1, complete_.size() * 2));
  complete_[id] = true;
}

TypeId DwarfTypeReader::read(Dwarf_Die die, Extent extent, int depth) {
  if (depth > kMaxDepth || !strip_qualifiers(&die)) return kVoid;
  const auto known = by_die_.find(die.addr);
  if (known != by_die_.end() && (extent == Extent::declared || is_complete(known->second))) {
    return known->second;
  }
  switch (dwarf_tag(&die)) {
    case DW_TAG_base_type:
      return read_base(&die);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
      return read_pointer(&die, depth);
    case DW_TAG_array_type:
      return read_array(&die, extent, depth);
    case DW_TAG_typedef:
      return read_typedef(&die, extent, depth);
    case DW_TAG_enumeration_type:
      return read_enumeration(&die, depth);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
      return read_aggregate(&die, TypeKind::structure, extent, depth);
    case DW_TAG_union_type:
      return read_aggregate(&die, TypeKind::union_type, extent, depth);
    case DW_TAG_subroutine_type:
      return function_type();
    default:
      return kVoid;
  }
}

TypeId DwarfTypeReader::read_target(Dwarf_Die* die, Extent extent, int depth) {
  const auto target = referred_die(die, DW_AT_type);
  return target ? read(*target, extent, depth + 1) : kVoid;
}

TypeId DwarfTypeReader::function_type() {
  if (function_ == kVoid) {
    Type type;
    type.kind = TypeKind::function;
    function_ = add(std::move(type));
  }
  return function_;
}

TypeId DwarfTypeReader::read_base(Dwarf_Die* die) {
  Type type;
  type.name = die_name(die);
  type.size = unsigned_attribute(die, DW_AT_byte_size).value_or(0);
  switch (unsigned_attribute(die, DW_AT_encoding).value_or(0)) {
    case DW_ATE_boolean:
      type.kind = TypeKind::boolean;
      break;
    case DW_ATE_signed_char:
    case DW_ATE_unsigned_char:
      type.kind = TypeKind::character;
      break;
    case DW_ATE_float:
    case DW_ATE_complex_float:
      type.kind = TypeKind::floating;
      break;
    default:
      type.kind = TypeKind::integer;
  }
  const auto encoding = unsigned_attribute(die, DW_AT_encoding).value_or(0);
  type.is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;

  const auto [it, inserted] = defined_.emplace(key_of(type.kind, type.name, type.size), kVoid);
  if (inserted) {
    const std::string name = type.name;
    it->second = add(std::move(type));
    table_.name_type(name, it->second);
    set_complete(it->second);
  }
  return by_die_[die->addr] = it->second;
}

TypeId DwarfTypeReader::read_pointer(Dwarf_Die* die, int depth) {
  const TypeId target = read_target(die, Extent::declared, depth);
  const auto [it, inserted] = pointers_.emplace(target, kVoid);
  if (inserted) {
    Type type;
    type.kind = TypeKind::pointer;
    type.size = 8;
    type.target = target;
    it->second = add(std::move(type));
    set_complete(it->second);
  }
  return by_die_[die->addr] = it->second;
}

TypeId DwarfTypeReader::read_array(Dwarf_Die* die, Extent extent, int depth) {
  std::vector<uint64_t> counts;
  Dwarf_Die child;
  for (int more = dwarf_child(die, &child); more == 0 && counts.size() < kMaxDimensions;
       more = dwarf_siblingof(&child, &child)) {
    if (dwarf_tag(&child) == DW_TAG_subrange_type) counts.push_back(subrange_count(&child));
  }
  if (counts.empty()) counts.push_back(0);

  TypeId id = read_target(die, extent, depth);
  for (auto count = counts.rbegin(); count != counts.rend(); ++count) {
    Type type;
    type.kind = TypeKind::array;
    type.target = id;
    type.count = *count;
    type.size = saturating_product(*count, table_.at(id).size);
    id = add(std::move(type));
  }
  if (extent == Extent::complete) set_complete(id);
  return by_die_[die->addr] = id;
}

TypeId DwarfTypeReader::read_typedef(Dwarf_Die* die, Extent extent, int depth) {
  const std::string name(die_name(die));
  const auto [it, inserted] = declared_.emplace(key_of(TypeKind::typedef_name, name), kVoid);
  if (inserted) {
    Type type;
    type.kind = TypeKind::typedef_name;
    type.name = name;
    it->second = add(std::move(type));
    table_.name_type(name, it->second);
  }
  const TypeId id = it->second;
  by_die_[die->addr] = id;
  if (!inserted && (extent == Extent::declared || is_complete(id))) return id;

  // Before its target, lest a loop in damaged DWARF comes back here.
  if (extent == Extent::complete) set_complete(id);
  const TypeId target = read_target(die, extent, depth);
  table_.edit(id).target = target;
  table_.edit(id).size = table_.at(target).size;
  return id;
}

TypeId DwarfTypeReader::read_enumeration(Dwarf_Die* die, int depth) {
  Type type;
  type.kind = TypeKind::enumeration;
  type.name = die_name(die);
  type.size = unsigned_attribute(die, DW_AT_byte_size).value_or(0);
  const std::string key = key_of(type.kind, type.name, type.size);
  if (!type.name.empty()) {
    if (auto it = defined_.find(key); it != defined_.end()) return by_die_[die->addr] = it->second;
  }

  type.target = read_target(die, Extent::complete, depth);
  type.is_declaration = dwarf_hasattr(die, DW_AT_declaration) != 0;
  Dwarf_Die child;
  for (int more = dwarf_child(die, &child); more == 0 && type.enumerators.size() < kMaxMembers;
       more = dwarf_siblingof(&child, &child)) {
    if (dwarf_tag(&child) != DW_TAG_enumerator) continue;
    const int64_t value = signed_attribute(&child, DW_AT_const_value).value_or(0);
    type.enumerators.push_back({std::string(die_name(&child)), value});
    type.is_signed |= value < 0;
    table_.name_enumerator(type.enumerators.back().name, value);
  }

  const std::string name = type.name;
  const bool declaration = type.is_declaration;
  const TypeId id = add(std::move(type));
  if (!name.empty()) {
    table_.name_type(name, id);
    if (!declaration) defined_.emplace(key, id);
  }
  set_complete(id);
  return by_die_[die->addr] = id;
}

TypeId DwarfTypeReader::read_aggregate(Dwarf_Die* die, TypeKind kind, Extent extent, int depth) {
  const bool declaration = dwarf_hasattr(die, DW_AT_declaration) != 0;
  const uint64_t size = declaration ? 0 : unsigned_attribute(die, DW_AT_byte_size).value_or(0);
  if (declaration) extent = Extent::declared;
  // A nameless structure cannot be completed by name later, nor can it contain itself.
  if (!declaration && dwarf_hasattr(die, DW_AT_name) == 0) extent = Extent::complete;

  const TypeId id = aggregate_slot(die, kind, size, extent);
  by_die_[die->addr] = id;
  if (extent == Extent::complete && !is_complete(id)) fill_aggregate(id, die, kind, size, depth);
  return id;
}

TypeId DwarfTypeReader::aggregate_slot(Dwarf_Die* die, TypeKind kind, uint64_t size,
                                       Extent extent) {
  if (auto it = by_die_.find(die->addr); it != by_die_.end()) return it->second;
  Type blank;
  blank.kind = kind;
  blank.name = die_name(die);
  blank.is_declaration = true;
  if (blank.name.empty()) return add(std::move(blank));

  if (auto it = defined_.find(key_of(kind, blank.name, size)); it != defined_.end()) {
    return it->second;
  }
  const std::string name = blank.name;
  auto any = declared_.find(key_of(kind, name));
  // A definition of another size is another structure; a pointer takes what there is.
  const bool usable = any != declared_.end() &&
                      (table_.at(any->second).is_declaration || extent == Extent::declared);
  if (usable && !(extent == Extent::complete && is_complete(any->second))) return any->second;

  const TypeId id = add(std::move(blank));
  if (any == declared_.end()) declared_.emplace(key_of(kind, name), id);
  table_.name_type(name, id);
  return id;
}

void DwarfTypeReader::fill_aggregate(TypeId id, Dwarf_Die* die, TypeKind kind, uint64_t size,
                                     int depth) {
  set_complete(id);
  Type type;
  type.kind = kind;
  type.name = die_name(die);
  type.size = size;
  if (!type.name.empty()) defined_.emplace(key_of(kind, type.name, size), id);

  Dwarf_Die child;
  for (int more = dwarf_child(die, &child); more == 0 && type.members.size() < kMaxMembers;
       more = dwarf_siblingof(&child, &child)) {
    if (dwarf_tag(&child) == DW_TAG_member) type.members.push_back(read_member(&child, depth));
  }
  const std::string name = type.name;
  table_.edit(id) = std::move(type);
  if (!name.empty()) table_.name_type(name, id);
}

Member DwarfTypeReader::read_member(Dwarf_Die* die, int depth) {
  Member member;
  member.name = die_name(die);
  member.type = read_target(die, Extent::complete, depth);
  const MemberPlace place = member_place(die, table_.at(table_.resolve(member.type)).size);
  member.bit_offset = place.bit_offset;
  member.bit_size = place.bit_size;
  return member;
}

}  // namespace kmortem::debuginfo
