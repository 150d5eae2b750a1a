// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "debuginfo/type_table.h"

namespace kmortem::test {

/// A TypeTable that a test fills by hand.
///
///   FakeTypes types;
///   types.define("list_head", 16, {types.at(0, "next", types.pointer()),
///                                  types.at(8, "prev", types.pointer())});
///   types.variable("tasks", types.find("list_head"));
class FakeTypes {
 public:
  FakeTypes()
      : u8(integer(1, false)),
        u16(integer(2, false)),
        u32(integer(4, false)),
        u64(integer(8, false)),
        s32(integer(4, true)),
        s64(integer(8, true)),
        character(integer(1, true)) {}

  debuginfo::TypeTable& table() { return table_; }
  const debuginfo::TypeTable& table() const { return table_; }

  debuginfo::TypeId integer(uint64_t size, bool is_signed) {
    debuginfo::Type type;
    type.kind = debuginfo::TypeKind::integer;
    type.size = size;
    type.is_signed = is_signed;
    return table_.add(std::move(type));
  }

  debuginfo::TypeId pointer(debuginfo::TypeId target = debuginfo::kVoid) {
    debuginfo::Type type;
    type.kind = debuginfo::TypeKind::pointer;
    type.size = 8;
    type.target = target;
    return table_.add(std::move(type));
  }

  debuginfo::TypeId array(debuginfo::TypeId element, uint64_t count) {
    debuginfo::Type type;
    type.kind = debuginfo::TypeKind::array;
    type.size = table_.at(element).size * count;
    type.target = element;
    type.count = count;
    return table_.add(std::move(type));
  }

  /// A member at a byte offset. An empty name makes an anonymous structure or union.
  debuginfo::Member at(uint64_t offset, std::string name, debuginfo::TypeId type) const {
    return {std::move(name), type, offset * 8, 0};
  }

  /// A bit-field, `bit` counted from the start of the structure.
  debuginfo::Member bits(uint64_t bit, uint32_t width, std::string name,
                         debuginfo::TypeId type) const {
    return {std::move(name), type, bit, width};
  }

  debuginfo::TypeId structure(std::string name, uint64_t size,
                              std::vector<debuginfo::Member> members,
                              debuginfo::TypeKind kind = debuginfo::TypeKind::structure) {
    debuginfo::Type type;
    type.kind = kind;
    type.size = size;
    type.name = std::move(name);
    type.members = std::move(members);
    return table_.add(std::move(type));
  }

  /// A structure that the table finds by name.
  debuginfo::TypeId define(std::string_view name, uint64_t size,
                           std::vector<debuginfo::Member> members) {
    const debuginfo::TypeId id = structure(std::string(name), size, std::move(members));
    table_.name_type(name, id);
    return id;
  }

  debuginfo::TypeId union_of(std::string name, uint64_t size,
                             std::vector<debuginfo::Member> members) {
    return structure(std::move(name), size, std::move(members), debuginfo::TypeKind::union_type);
  }

  debuginfo::TypeId alias(std::string_view name, debuginfo::TypeId target) {
    debuginfo::Type type;
    type.kind = debuginfo::TypeKind::typedef_name;
    type.name = name;
    type.size = table_.at(target).size;
    type.target = target;
    const debuginfo::TypeId id = table_.add(std::move(type));
    table_.name_type(name, id);
    return id;
  }

  void variable(std::string_view name, debuginfo::TypeId type) { table_.name_variable(name, type); }

  void enumerators(std::initializer_list<std::pair<std::string_view, int64_t>> values) {
    for (const auto& [name, value] : values) table_.name_enumerator(name, value);
  }

  /// The id of a named type; void when there is none.
  debuginfo::TypeId find(std::string_view name) const {
    return table_.find(name).value_or(debuginfo::kVoid);
  }

 private:
  debuginfo::TypeTable table_;

 public:
  debuginfo::TypeId u8, u16, u32, u64, s32, s64, character;
};

}  // namespace kmortem::test
