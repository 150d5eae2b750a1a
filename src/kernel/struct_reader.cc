// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/struct_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/checked.h"
#include "base/hex.h"
#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

using debuginfo::Field;
using debuginfo::Member;
using debuginfo::Type;
using debuginfo::TypeId;
using debuginfo::TypeKind;
using model::StructValue;

// gdb stops at 200 elements as well; a kernel structure's nesting is far below the depth.
constexpr uint64_t kMaxElements = 200;
constexpr int kMaxDepth = 24;
constexpr size_t kMaxString = 200;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\t'; });
}

class StructReader {
 public:
  StructReader(const Target& target, Symbolizer& symbolizer, Record record)
      : target_(target), symbolizer_(symbolizer), record_(record) {}

  StructValue value(TypeId id, uint64_t offset, int depth);
  StructValue member(const Member& member, uint64_t offset, int depth);

 private:
  StructValue aggregate(const Type& type, uint64_t offset, int depth);
  StructValue array(const Type& type, uint64_t offset, int depth);
  StructValue characters(uint64_t offset, uint64_t length);
  StructValue pointer(const Type& type, uint64_t offset);
  StructValue scalar(const Type& type, uint64_t number);
  uint64_t number_at(uint64_t offset, uint32_t size, bool is_signed) const;

  const Target& target_;
  Symbolizer& symbolizer_;
  Record record_;
};

uint64_t StructReader::number_at(uint64_t offset, uint32_t size, bool is_signed) const {
  Field field;
  field.offset = offset;
  field.size = size;
  field.is_signed = is_signed;
  return record_.get(field);
}

StructValue StructReader::value(TypeId id, uint64_t offset, int depth) {
  const Type& type = target_.types.at(target_.types.resolve(id));
  StructValue omitted;
  omitted.kind = StructValue::Kind::omitted;
  if (depth > kMaxDepth) return omitted;
  switch (type.kind) {
    case TypeKind::structure:
    case TypeKind::union_type:
      return aggregate(type, offset, depth);
    case TypeKind::array:
      return array(type, offset, depth);
    case TypeKind::pointer:
      return pointer(type, offset);
    case TypeKind::void_type:
    case TypeKind::function:
    case TypeKind::typedef_name:
      return omitted;
    default:
      return scalar(type, number_at(offset, static_cast<uint32_t>(type.size), type.is_signed));
  }
}

StructValue StructReader::member(const Member& member, uint64_t offset, int depth) {
  StructValue result;
  if (member.bit_size == 0) {
    result = value(member.type, offset + member.bit_offset / 8, depth);
  } else {
    const Type& type = target_.types.at(target_.types.resolve(member.type));
    Field field;
    field.offset = offset + member.bit_offset / 8;
    field.bit_shift = static_cast<uint32_t>(member.bit_offset % 8);
    field.bit_size = member.bit_size;
    field.size = (field.bit_shift + field.bit_size + 7) / 8;
    field.is_signed = type.is_signed;
    result = scalar(type, record_.get(field));
    result.bits = member.bit_size;
  }
  result.name = member.name;
  return result;
}

StructValue StructReader::aggregate(const Type& type, uint64_t offset, int depth) {
  StructValue result;
  result.kind = StructValue::Kind::aggregate;
  for (const Member& each : type.members) {
    result.children.push_back(member(each, offset, depth + 1));
  }
  return result;
}

StructValue StructReader::array(const Type& type, uint64_t offset, int depth) {
  const Type& element = target_.types.at(target_.types.resolve(type.target));
  if (element.kind == TypeKind::character) return characters(offset, type.count);
  StructValue result;
  result.kind = StructValue::Kind::array;
  for (uint64_t i = 0; i < std::min(type.count, kMaxElements); ++i) {
    const auto step = checked_mul(i, element.size);
    if (!step || !range_fits(offset + *step, element.size, record_.bytes().size())) break;
    result.children.push_back(value(type.target, offset + *step, depth + 1));
  }
  if (type.count > kMaxElements) {
    result.children.emplace_back();
    result.children.back().kind = StructValue::Kind::omitted;
  }
  return result;
}

StructValue StructReader::characters(uint64_t offset, uint64_t length) {
  StructValue result;
  result.kind = StructValue::Kind::characters;
  const auto bytes = record_.bytes();
  if (offset >= bytes.size()) return result;
  const uint64_t available = std::min<uint64_t>(length, bytes.size() - offset);
  const auto* begin = reinterpret_cast<const char*>(bytes.data()) + offset;
  result.text.assign(begin, strnlen(begin, available));
  return result;
}

StructValue StructReader::pointer(const Type& type, uint64_t offset) {
  StructValue result;
  result.kind = StructValue::Kind::pointer;
  result.value = number_at(offset, 8, false);
  if (result.value == 0) return result;
  const Type& pointee = target_.types.at(target_.types.resolve(type.target));
  if (pointee.kind == TypeKind::character) {
    if (auto text = target_.memory.read_string(result.value, kMaxString)) {
      result.has_text = true;
      result.text = std::move(*text);
      // The symbol before a string literal has nothing to do with it.
      if (is_printable(result.text)) return result;
    }
  }
  const model::Frame place = symbolizer_.symbolize(result.value);
  result.symbol = place.function;
  if (!place.function.empty() && place.offset != 0) {
    result.symbol += fmt::format("+{}", place.offset);
  }
  return result;
}

StructValue StructReader::scalar(const Type& type, uint64_t number) {
  StructValue result;
  result.value = number;
  result.is_signed = type.is_signed;
  result.bits = static_cast<unsigned>(type.size * 8);
  if (type.kind == TypeKind::boolean) result.kind = StructValue::Kind::boolean;
  if (type.kind == TypeKind::enumeration) {
    result.kind = StructValue::Kind::enumerator;
    for (const auto& each : type.enumerators) {
      if (static_cast<uint64_t>(each.value) == number) result.text = each.name;
    }
  }
  return result;
}

}  // namespace

std::string_view bare_type_name(std::string_view name) {
  for (const std::string_view prefix : {"struct ", "union ", "enum "}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  return name;
}

Result<StructValue> read_struct(const Target& target, Symbolizer& symbolizer,
                                std::string_view type_name, uint64_t address) {
  const std::string_view name = bare_type_name(type_name);
  const auto id = target.types.find(name);
  const auto size = target.types.size_of(name);
  if (!id || !size) return fail(fmt::format("no type \"{}\" in the debuginfo", name));
  auto bytes = target.memory.read_bytes(address, *size);
  if (!bytes) {
    return fail(fmt::format("cannot read {} at {}: {}: {}", name, hex_address(address),
                            hex_address(bytes.error().address), describe(bytes.error().kind)));
  }
  StructReader reader(target, symbolizer, Record(address, *bytes));
  StructValue value = reader.value(*id, 0, 0);
  value.name = name;
  return value;
}

}  // namespace kmortem::kernel
