// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/type_codec.h"

#include <utility>

namespace kmortem::debuginfo {

namespace {

constexpr uint64_t kSigned = 1;
constexpr uint64_t kDeclaration = 2;

void encode_type(const Type& type, ByteWriter& out) {
  out.number(static_cast<uint64_t>(type.kind));
  out.number((type.is_signed ? kSigned : 0) | (type.is_declaration ? kDeclaration : 0));
  out.text(type.name);
  out.number(type.size);
  out.number(type.target);
  out.number(type.count);
  out.number(type.members.size());
  for (const Member& member : type.members) {
    out.text(member.name);
    out.number(member.type);
    out.number(member.bit_offset);
    out.number(member.bit_size);
  }
  out.number(type.enumerators.size());
  for (const Enumerator& enumerator : type.enumerators) {
    out.text(enumerator.name);
    out.signed_number(enumerator.value);
  }
}

bool decode_type(ByteReader& in, size_t type_count, Type& type) {
  const uint64_t kind = in.number();
  const uint64_t flags = in.number();
  if (kind > static_cast<uint64_t>(TypeKind::function)) return false;
  type.kind = static_cast<TypeKind>(kind);
  type.is_signed = (flags & kSigned) != 0;
  type.is_declaration = (flags & kDeclaration) != 0;
  type.name = in.text();
  type.size = in.number();
  const uint64_t target = in.number();
  type.count = in.number();
  if (target >= type_count) return false;
  type.target = static_cast<TypeId>(target);

  type.members.resize(in.count());
  for (Member& member : type.members) {
    member.name = in.text();
    const uint64_t id = in.number();
    member.bit_offset = in.number();
    const uint64_t bits = in.number();
    if (id >= type_count || bits > UINT32_MAX) return false;
    member.type = static_cast<TypeId>(id);
    member.bit_size = static_cast<uint32_t>(bits);
  }
  type.enumerators.resize(in.count());
  for (Enumerator& enumerator : type.enumerators) {
    enumerator.name = in.text();
    enumerator.value = in.signed_number();
  }
  return in.ok();
}

template <typename Take>
bool decode_names(ByteReader& in, size_t type_count, Take take) {
  for (size_t left = in.count(); left != 0; --left) {
    const std::string_view name = in.text();
    const uint64_t id = in.number();
    if (!in.ok() || id >= type_count) return false;
    take(name, static_cast<TypeId>(id));
  }
  return in.ok();
}

}  // namespace

void encode_types(const TypeTable& table, ByteWriter& out) {
  out.number(table.size());
  for (TypeId id = 1; id < table.size(); ++id) encode_type(table.at(id), out);
  for (const auto* names : {&table.names(), &table.variables()}) {
    out.number(names->size());
    for (const auto& [name, id] : *names) {
      out.text(name);
      out.number(id);
    }
  }
  out.number(table.enumerators().size());
  for (const auto& [name, value] : table.enumerators()) {
    out.text(name);
    out.signed_number(value);
  }
}

bool decode_types(ByteReader& in, TypeTable& table) {
  const size_t types = in.count();
  for (size_t id = 1; id < types; ++id) {
    Type type;
    if (!decode_type(in, types, type)) return false;
    table.add(std::move(type));
  }
  const auto name_type = [&](std::string_view name, TypeId id) { table.name_type(name, id); };
  const auto name_variable = [&](std::string_view name, TypeId id) {
    table.name_variable(name, id);
  };
  if (!decode_names(in, types, name_type) || !decode_names(in, types, name_variable)) return false;
  for (size_t left = in.count(); left != 0; --left) {
    const std::string_view name = in.text();
    const int64_t value = in.signed_number();
    if (!in.ok()) return false;
    table.name_enumerator(name, value);
  }
  return in.at_end();
}

void encode_lines(const ResolvedLines& lines, ByteWriter& out) {
  out.number(lines.size());
  for (const auto& [pc, frames] : lines) {
    out.number(pc);
    out.number(frames.size());
    for (const SourceFrame& frame : frames) {
      out.text(frame.function);
      out.text(frame.file);
      out.number(frame.line);
      out.number(frame.inlined ? 1 : 0);
    }
  }
}

bool decode_lines(ByteReader& in, ResolvedLines& lines) {
  for (size_t left = in.count(); left != 0; --left) {
    const uint64_t pc = in.number();
    std::vector<SourceFrame> frames(in.count());
    for (SourceFrame& frame : frames) {
      frame.function = in.text();
      frame.file = in.text();
      frame.line = static_cast<uint32_t>(in.number());
      frame.inlined = in.number() != 0;
    }
    if (!in.ok()) return false;
    lines.emplace_hint(lines.end(), pc, std::move(frames));
  }
  return in.at_end();
}

}  // namespace kmortem::debuginfo
