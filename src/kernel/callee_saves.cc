// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/callee_saves.h"

#include <algorithm>
#include <utility>

namespace kmortem::kernel {

namespace {

// The kernel's largest functions have some ten thousand instructions, and each is met a few times.
constexpr size_t kMaxSteps = 200'000;
constexpr int32_t kMaxDepth = 64 << 10;
constexpr size_t kBaseIndex = 1;
static_assert(kCalleeSaved[kBaseIndex] == Register::rbp);

/// A value saved below the stack pointer is gone: an interrupt may have overwritten it.
void forget_below(CalleeSaves& state) {
  for (auto& place : state.places) {
    if (place.slot > state.depth) place.slot = 0;
  }
}

void forget_slots(CalleeSaves& state) {
  for (auto& place : state.places) place.slot = 0;
}

void set_depth(CalleeSaves& state, int64_t depth) {
  if (depth < 8 || depth > kMaxDepth) {
    state.depth = 0;
    return forget_slots(state);
  }
  state.depth = static_cast<int32_t>(depth);
  forget_below(state);
}

void touch(CalleeSaves& state, size_t index) {
  state.places[index].untouched = false;
  if (index == kBaseIndex) state.base = 0;
}

void push(CalleeSaves& state, int8_t saved) {
  if (state.depth == 0) return;
  set_depth(state, int64_t{state.depth} + 8);
  if (saved < 0 || state.depth == 0) return;
  auto& place = state.places[static_cast<size_t>(saved)];
  if (place.untouched && place.slot == 0) place.slot = state.depth;
}

void pop(CalleeSaves& state, int8_t saved) {
  const int32_t slot = state.depth;
  if (saved >= 0) {
    const auto index = static_cast<size_t>(saved);
    const bool restored = slot != 0 && state.places[index].slot == slot;
    touch(state, index);
    state.places[index].untouched = restored;
  }
  if (slot != 0) return set_depth(state, int64_t{slot} - 8);
  forget_slots(state);  // it may be one of them that goes
}

void adjust(CalleeSaves& state, int64_t amount) {
  if (state.depth != 0) return set_depth(state, state.depth - amount);
  if (amount > 0) forget_slots(state);
}

/// Eight bytes go to CFA - slot.
void store(CalleeSaves& state, int64_t slot, int8_t saved) {
  for (size_t i = 0; i < state.places.size(); ++i) {
    const int64_t distance = state.places[i].slot - slot;
    const bool overlaps = state.places[i].slot != 0 && distance > -8 && distance < 8;
    const bool same = static_cast<int8_t>(i) == saved && state.places[i].untouched && distance == 0;
    if (overlaps && !same) state.places[i].slot = 0;
  }
  if (saved < 0 || slot < 16 || slot > kMaxDepth) return;
  auto& place = state.places[static_cast<size_t>(saved)];
  if (place.untouched && place.slot == 0 && slot <= state.depth) {
    place.slot = static_cast<int32_t>(slot);
  }
}

/// What both paths into a place agree on.
CalleeSaves merged(const CalleeSaves& a, const CalleeSaves& b) {
  CalleeSaves both = a;
  if (a.depth != b.depth) both.depth = 0;
  if (a.base != b.base) both.base = 0;
  for (size_t i = 0; i < both.places.size(); ++i) {
    both.places[i].untouched = a.places[i].untouched && b.places[i].untouched;
    if (a.places[i].slot != b.places[i].slot) both.places[i].slot = 0;
  }
  return both;
}

}  // namespace

CalleeSaves after_effect(CalleeSaves state, const StackEffect& effect) {
  using Kind = StackEffect::Kind;
  const bool popped = effect.kind == Kind::pop || effect.kind == Kind::leave;
  for (size_t i = 0; i < state.places.size(); ++i) {
    // A pop's own register is pop()'s business, and leave needs the base first.
    if (!popped && (effect.written >> i & 1) != 0) touch(state, i);
  }
  switch (effect.kind) {
    case Kind::push:
      push(state, effect.saved);
      break;
    case Kind::pop:
      pop(state, effect.saved);
      break;
    case Kind::adjust:
      adjust(state, effect.amount);
      break;
    case Kind::frame_base:
      touch(state, kBaseIndex);
      state.base = state.depth;
      break;
    case Kind::sp_from_base:
      set_depth(state, state.base == 0 ? 0 : state.base - effect.amount);
      break;
    case Kind::leave:
      set_depth(state, state.base);
      pop(state, kBaseIndex);
      break;
    case Kind::lose_sp:
      state.depth = 0;  // to another stack, or aligned: what was saved stays where it is
      break;
    case Kind::store_at_sp:
      if (state.depth != 0) store(state, state.depth - effect.amount, effect.saved);
      break;
    case Kind::store_at_base:
      if (state.base != 0) store(state, state.base - effect.amount, effect.saved);
      break;
    default:
      break;
  }
  return state;
}

FunctionSaves::FunctionSaves(StackEffectDecoder& decoder, std::vector<CodeRange> code)
    : decoder_(decoder), code_(std::move(code)) {
  if (code_.empty()) return;
  reach(code_.front().begin, {});
  follow();
}

const StackEffect* FunctionSaves::effect_at(uint64_t address) {
  const auto known = effects_.find(address);
  if (known != effects_.end()) return known->second ? &*known->second : nullptr;
  std::optional<StackEffect> effect;
  for (const CodeRange& range : code_) {
    if (!range.contains(address)) continue;
    effect = decoder_.decode(std::span(range.bytes).subspan(address - range.begin), address);
  }
  const auto& kept = effects_.emplace(address, effect).first->second;
  return kept ? &*kept : nullptr;
}

void FunctionSaves::reach(uint64_t address, const CalleeSaves& state) {
  const bool ours =
      std::ranges::any_of(code_, [&](const CodeRange& range) { return range.contains(address); });
  if (!ours) return;  // a tail call, or the end of the function
  const auto [known, first] = before_.try_emplace(address, state);
  if (first) {
    work_.push_back(address);
    return;
  }
  const CalleeSaves both = merged(known->second, state);
  if (both == known->second) return;
  known->second = both;
  work_.push_back(address);
}

void FunctionSaves::follow() {
  for (size_t steps = 0; !work_.empty(); ++steps) {
    if (steps == kMaxSteps) {
      before_.clear();  // what is there may be half-merged
      return;
    }
    const uint64_t address = work_.back();
    work_.pop_back();
    const StackEffect* effect = effect_at(address);
    if (effect == nullptr || effect->kind == StackEffect::Kind::stop) continue;
    const CalleeSaves after = after_effect(before_.at(address), *effect);
    const uint64_t next = address + effect->length;
    if (effect->kind == StackEffect::Kind::call) calls_[next] = address;
    const bool jumps = effect->kind == StackEffect::Kind::jump;
    if ((jumps || effect->kind == StackEffect::Kind::branch) && effect->target != 0) {
      reach(effect->target, after);
    }
    if (!jumps) reach(next, after);
  }
}

const CalleeSaves* FunctionSaves::before(uint64_t address) const {
  const auto found = before_.find(address);
  return found == before_.end() ? nullptr : &found->second;
}

const CalleeSaves* FunctionSaves::after_call(uint64_t address) const {
  const auto call = calls_.find(address);
  return call == calls_.end() ? nullptr : before(call->second);
}

}  // namespace kmortem::kernel
