// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/value_reader.h"

namespace kmortem::locks {

namespace {

// Expressions are at most CodeValues::kDeepest deep, but each may be a sum of two.
constexpr unsigned kDeepest = 12;

uint64_t plus(uint64_t value, int64_t offset) {
  return value + static_cast<uint64_t>(offset);
}

uint64_t truncate(uint64_t value, uint8_t size) {
  return size >= 8 ? value : value & ((uint64_t{1} << (size * 8)) - 1);
}

}  // namespace

std::optional<uint64_t> ValueReader::in_register(uint32_t number) const {
  for (size_t i = 0; i < state_.registers.size(); ++i) {
    const CodeValue& held = state_.registers[i];
    if (held.node != number) continue;
    const auto value = registers_.get(static_cast<Register>(i));
    if (value) return *value - static_cast<uint64_t>(held.offset);
  }
  return std::nullopt;
}

std::optional<uint64_t> ValueReader::in_slot(uint32_t number) const {
  for (const StackSlot& slot : state_.slots) {
    if (slot.value.node != number || slot.size != 8) continue;
    const auto base = in_register(slot.address.node);
    if (!base) continue;
    const auto value = memory_.read_u64(plus(*base, slot.address.offset));
    if (value) return *value - static_cast<uint64_t>(slot.value.offset);
  }
  return std::nullopt;
}

std::optional<ReadValue> ValueReader::in_memory(uint32_t number, unsigned depth) const {
  for (const StackSlot& slot : state_.stored) {
    if (slot.value.node != number) continue;
    const auto base = node(slot.address.node, depth + 1);
    if (!base) continue;
    const auto value = memory_.read_u64(plus(base->value, slot.address.offset));
    if (value) return ReadValue{*value - static_cast<uint64_t>(slot.value.offset), false};
  }
  return std::nullopt;
}

std::optional<ReadValue> ValueReader::structure(const CodeValues::Node& at, unsigned depth) const {
  using Kind = CodeValues::Kind;
  auto inner = [&](CodeValue value) -> std::optional<ReadValue> {
    auto result = node(value.node, depth + 1);
    if (result) result->value = plus(result->value, value.offset);
    return result;
  };
  const auto a = inner(at.a);
  if (!a) return std::nullopt;
  switch (at.kind) {
    case Kind::load:
    case Kind::per_cpu: {
      if (at.kind == Kind::per_cpu && !percpu_base_) return std::nullopt;
      const uint64_t base = at.kind == Kind::per_cpu ? *percpu_base_ : 0;
      const auto loaded = memory_.read_u64(a->value + base);
      if (!loaded) return std::nullopt;
      return ReadValue{*loaded, false};
    }
    case Kind::sum: {
      const auto b = inner(at.b);
      if (!b) return std::nullopt;
      return ReadValue{a->value + b->value, a->exact && b->exact};
    }
    case Kind::scaled:
      return ReadValue{a->value * at.site, a->exact};
    case Kind::low_half:
      return ReadValue{truncate(a->value, 4), a->exact};
    case Kind::signed_half:
      return ReadValue{static_cast<uint64_t>(int64_t{static_cast<int32_t>(a->value)}), a->exact};
    default:
      return std::nullopt;
  }
}

std::optional<ReadValue> ValueReader::node(uint32_t number, unsigned depth) const {
  if (number == 0) return ReadValue{0, true};
  if (depth > kDeepest) return std::nullopt;
  if (const auto value = in_register(number)) return ReadValue{*value, true};
  if (const auto value = in_slot(number)) return ReadValue{*value, true};
  const CodeValues::Node& at = values_.at(number);
  using Kind = CodeValues::Kind;
  const bool opaque = at.kind == Kind::entry || at.kind == Kind::made || at.kind == Kind::merged;
  const auto value = opaque ? std::nullopt : structure(at, depth);
  return value ? value : in_memory(number, depth);
}

std::optional<ReadValue> ValueReader::read(CodeValue value) const {
  auto result = node(value.node, 0);
  if (result) result->value = plus(result->value, value.offset);
  return result;
}

bool ValueReader::contradicts(const CodeFact& fact) const {
  auto value = in_register(fact.value.node);
  if (!value) value = in_slot(fact.value.node);
  if (!value) return false;
  const uint64_t number = truncate(plus(*value, fact.value.offset), fact.size);
  const bool equal = number == truncate(static_cast<uint64_t>(fact.constant), fact.size);
  return equal != fact.equal;
}

bool ValueReader::possible() const {
  for (size_t i = 0; i < state_.registers.size(); ++i) {
    if (!state_.registers[i].is_constant()) continue;
    const auto value = registers_.get(static_cast<Register>(i));
    if (value && *value != static_cast<uint64_t>(state_.registers[i].offset)) return false;
  }
  for (const CodeFact& fact : state_.facts) {
    if (contradicts(fact)) return false;
  }
  return true;
}

}  // namespace kmortem::locks
