// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/percpu.h"

#include <array>
#include <cstring>
#include <span>

#include "kernel/record.h"

namespace kmortem::kernel {

namespace {

std::optional<PercpuField> find_variable(const Target& target, std::string_view name,
                                         uint32_t size) {
  const auto symbol = target.symbol(name);
  if (!symbol) return std::nullopt;
  PercpuField field{*symbol, size, false};
  if (const auto id = target.types.variable(name)) {
    const debuginfo::Type& type = target.types.at(target.types.resolve(*id));
    if (type.size >= 1 && type.size <= 8) field.size = static_cast<uint32_t>(type.size);
    field.is_signed = type.is_signed;
  }
  return field;
}

std::optional<PercpuField> find_member(const Target& target, std::string_view variable,
                                       std::string_view path) {
  const auto symbol = target.symbol(variable);
  if (!symbol) return std::nullopt;
  const auto type = target.types.variable(variable);
  auto member = type ? target.types.field(*type, path) : std::nullopt;
  if (!member || member->size == 0 || member->size > 8) return std::nullopt;
  return PercpuField{*symbol + member->offset, member->size, member->is_signed};
}

}  // namespace

std::vector<uint64_t> read_percpu_offsets(const Target& target, size_t count) {
  const auto array = target.symbol("__per_cpu_offset");
  if (!array) return {0};
  std::vector<uint64_t> offsets(count);
  auto done = target.memory.read(*array, std::as_writable_bytes(std::span(offsets)));
  if (done) return offsets;
  target.problems.add({"__per_cpu_offset", done.error().address,
                       std::string(describe(done.error().kind)),
                       "nothing that is kept per CPU can be found"});
  return {};
}

std::optional<uint64_t> percpu_address(const Target& target, std::string_view name, uint64_t base) {
  const auto symbol = target.symbol(name);
  if (!symbol) return std::nullopt;
  return *symbol + base;  // wraps by design: a normal address plus a negative distance
}

std::optional<PercpuField> find_percpu(const Target& target,
                                       std::initializer_list<std::string_view> places,
                                       uint32_t size) {
  for (std::string_view place : places) {
    const size_t dot = place.find('.');
    auto field = dot == std::string_view::npos
                     ? find_variable(target, place, size)
                     : find_member(target, place.substr(0, dot), place.substr(dot + 1));
    if (field) return field;
  }
  return std::nullopt;
}

ReadResult<uint64_t> read_percpu(const Target& target, const PercpuField& field, uint64_t base) {
  std::array<std::byte, 8> bytes{};
  const uint64_t address = field.address + base;
  auto done = target.memory.read(address, std::span(bytes).first(field.size));
  if (!done) return std::unexpected(done.error());
  debuginfo::Field plain;
  plain.size = field.size;
  plain.is_signed = field.is_signed;
  return Record(address, bytes).get(plain);
}

}  // namespace kmortem::kernel
