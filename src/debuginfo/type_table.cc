// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/type_table.h"

#include <utility>

namespace kmortem::debuginfo {

namespace {

// Deeper nesting of typedefs or anonymous members is a loop in corrupt DWARF.
constexpr int kMaxNesting = 32;

bool is_aggregate(const Type& type) {
  return type.kind == TypeKind::structure || type.kind == TypeKind::union_type;
}

}  // namespace

TypeTable::TypeTable() {
  types_.emplace_back();
}

TypeId TypeTable::add(Type type) {
  types_.push_back(std::move(type));
  return static_cast<TypeId>(types_.size() - 1);
}

void TypeTable::name_type(std::string_view name, TypeId id) {
  auto [it, inserted] = names_.emplace(name, id);
  if (inserted) return;
  const Type& known = at(it->second);
  const Type& offered = at(id);
  const bool better_tag = is_aggregate(offered) && known.kind == TypeKind::typedef_name;
  const bool now_defined = known.is_declaration && !offered.is_declaration;
  if (better_tag || now_defined) it->second = id;
}

void TypeTable::name_variable(std::string_view name, TypeId id) {
  variables_.emplace(name, id);
}

void TypeTable::name_enumerator(std::string_view name, int64_t value) {
  enumerators_.emplace(name, value);
}

std::optional<TypeId> TypeTable::find(std::string_view name) const {
  auto it = names_.find(name);
  if (it == names_.end()) return std::nullopt;
  return it->second;
}

std::optional<TypeId> TypeTable::variable(std::string_view name) const {
  auto it = variables_.find(name);
  if (it == variables_.end()) return std::nullopt;
  return it->second;
}

std::optional<int64_t> TypeTable::enumerator(std::string_view name) const {
  auto it = enumerators_.find(name);
  if (it == enumerators_.end()) return std::nullopt;
  return it->second;
}

TypeId TypeTable::resolve(TypeId id) const {
  for (int i = 0; i < kMaxNesting && at(id).kind == TypeKind::typedef_name; ++i) {
    id = at(id).target;
  }
  return id;
}

std::optional<uint64_t> TypeTable::size_of(std::string_view name) const {
  auto id = find(name);
  if (!id) return std::nullopt;
  const Type& type = at(resolve(*id));
  if (type.is_declaration || type.size == 0) return std::nullopt;
  return type.size;
}

std::optional<uint64_t> TypeTable::variable_count(std::string_view name) const {
  auto id = variable(name);
  if (!id) return std::nullopt;
  const Type& type = at(resolve(*id));
  if (type.kind != TypeKind::array) return std::nullopt;
  return type.count;
}

std::optional<Field> TypeTable::field(std::string_view path) const {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  auto id = find(path.substr(0, dot));
  if (!id) return std::nullopt;
  return field(*id, path.substr(dot + 1));
}

std::optional<Field> TypeTable::first_field(std::initializer_list<std::string_view> paths) const {
  for (const std::string_view path : paths) {
    if (auto found = field(path)) return found;
  }
  return std::nullopt;
}

std::optional<Field> TypeTable::field(TypeId structure, std::string_view path) const {
  uint64_t bit_offset = 0;
  const Member* member = nullptr;
  TypeId inside = structure;
  while (true) {
    const size_t dot = path.find('.');
    member = find_member(inside, path.substr(0, dot), &bit_offset, 0);
    if (member == nullptr) return std::nullopt;
    if (dot == std::string_view::npos) break;
    inside = member->type;
    path.remove_prefix(dot + 1);
  }

  Field field;
  TypeId type = resolve(member->type);
  for (int i = 0; i < kMaxNesting && at(type).kind == TypeKind::array; ++i) {
    field.count *= at(type).count;
    field.is_array = true;
    type = resolve(at(type).target);
  }
  field.type = type;
  field.is_signed = at(type).is_signed;
  field.size = static_cast<uint32_t>(at(type).size);
  field.offset = bit_offset / 8;
  if (member->bit_size != 0) {
    field.bit_size = member->bit_size;
    field.bit_shift = static_cast<uint32_t>(bit_offset % 8);
    field.size = (field.bit_shift + field.bit_size + 7) / 8;
  }
  return field;
}

const Member* TypeTable::find_member(TypeId structure, std::string_view name, uint64_t* bit_base,
                                     int depth) const {
  if (depth > kMaxNesting || name.empty()) return nullptr;
  const Type& type = at(resolve(structure));
  if (!is_aggregate(type)) return nullptr;
  for (const Member& member : type.members) {
    if (member.name != name) continue;
    *bit_base += member.bit_offset;
    return &member;
  }
  for (const Member& member : type.members) {
    if (!member.name.empty()) continue;
    uint64_t base = *bit_base + member.bit_offset;
    if (const Member* found = find_member(member.type, name, &base, depth + 1)) {
      *bit_base = base;
      return found;
    }
  }
  return nullptr;
}

}  // namespace kmortem::debuginfo
