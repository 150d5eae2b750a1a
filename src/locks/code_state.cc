// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/code_state.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace kmortem::locks {

namespace {

constexpr size_t kMostSlots = 256;
constexpr size_t kMostFacts = 16;
constexpr size_t kMostStored = 16;
// Places of made and merged values: registers are 0 to 15, stack slots and forgotten values lie
// apart from them.
constexpr int64_t kSlotPlace = int64_t{1} << 40;
constexpr int64_t kForgottenPlace = int64_t{1} << 50;
constexpr int64_t kStoredPlace = int64_t{1} << 60;
constexpr unsigned kStoredOffsetBits = 24;

int64_t truncate(int64_t value, uint8_t size) {
  if (size >= 8) return value;
  return static_cast<int64_t>(static_cast<uint64_t>(value) & ((uint64_t{1} << (size * 8)) - 1));
}

bool overlaps(const StackSlot& slot, CodeValue address, uint8_t size) {
  return slot.address.node == address.node && slot.address.offset < address.offset + size &&
         address.offset < slot.address.offset + slot.size;
}

}  // namespace

CodeState CodeState::at_entry(CodeValues& values) {
  CodeState state;
  for (size_t i = 0; i < state.registers.size(); ++i) {
    state.registers[i] = values.entry(static_cast<Register>(i));
  }
  return state;
}

const StackSlot* CodeState::slot(CodeValue address, uint8_t size) const {
  for (const StackSlot& slot : slots) {
    if (slot.address == address) return slot.size == size ? &slot : nullptr;
  }
  return nullptr;
}

void CodeState::store(CodeValue address, CodeValue value, uint8_t size, bool pushed) {
  std::erase_if(slots, [&](const StackSlot& slot) { return overlaps(slot, address, size); });
  if (slots.size() >= kMostSlots) return;
  const auto at = std::ranges::lower_bound(slots, address, {}, &StackSlot::address);
  slots.insert(at, {address, value, size, pushed});
}

void CodeState::store_elsewhere(CodeValue address, CodeValue value, uint8_t size) {
  std::erase_if(stored, [&](const StackSlot& slot) { return overlaps(slot, address, size); });
  if (size != 8 || value.is_constant() || stored.size() >= kMostStored) return;
  stored.push_back({address, value, size, false});
}

void CodeState::forget_escaped() {
  if (!escaped) return;
  const auto written = [&](const StackSlot& slot) {
    return !slot.pushed && slot.address.offset >= *escaped;
  };
  // Mostly it is still there: a structure on the stack that a function got to read.
  for (const StackSlot& slot : slots) {
    if (written(slot)) store_elsewhere(slot.address, slot.value, slot.size);
  }
  std::erase_if(slots, written);
}

void CodeState::forget(CodeValues& values, const NodeSet& stale, uint64_t site) {
  const auto is_stale = [&](CodeValue value) { return values.mentions(value, stale); };
  int64_t place = kForgottenPlace;
  // What was one value stays one, whatever it is called.
  std::vector<std::pair<uint32_t, uint32_t>> renewed;
  auto new_name = [&](uint32_t old) {
    const auto known = std::ranges::find(renewed, old, &std::pair<uint32_t, uint32_t>::first);
    return known == renewed.end() ? 0 : known->second;
  };
  auto renew = [&](CodeValue& value) {
    ++place;
    if (!is_stale(value)) return;
    uint32_t name = new_name(value.node);
    if (name == 0) {
      name = values.made(site, place).node;
      renewed.emplace_back(value.node, name);
    }
    value.node = name;
  };
  for (CodeValue& value : registers) renew(value);
  for (StackSlot& slot : slots) renew(slot.value);
  std::erase_if(slots, [&](const StackSlot& s) { return is_stale(s.address); });
  for (StackSlot& slot : stored) renew(slot.value);
  std::erase_if(stored, [&](const StackSlot& s) { return is_stale(s.address); });
  // A lock keeps its address where a register or slot does, unless its new name was another's.
  auto renew_lock = [&](SiteLock& lock) {
    const bool taken = std::ranges::find(renewed, lock.lock.node,
                                         &std::pair<uint32_t, uint32_t>::second) != renewed.end();
    if (taken) lock.lost = true;
    if (lock.lost || !is_stale(lock.lock)) return;
    const uint32_t name = new_name(lock.lock.node);
    if (name == 0) {
      lock.lost = true;
    } else {
      lock.lock.node = name;
    }
  };
  for (SiteLock& lock : held) renew_lock(lock);
  for (SiteLock& lock : released) renew_lock(lock);
  std::erase_if(zeroed, [&](const SiteLock& z) { return is_stale(z.lock); });
  for (TriedLock& lock : tried) renew_lock(lock.lock);
  // A trial whose result went unseen before the same call was made again.
  for (const TriedLock& lock : tried) {
    if (!stale.contains(lock.result)) continue;
    held.push_back(lock.lock);
    held.back().maybe = true;
  }
  std::erase_if(tried, [&](const TriedLock& lock) { return stale.contains(lock.result); });
  std::erase_if(facts, [&](const CodeFact& fact) { return is_stale(fact.value); });
  if (flags && is_stale(flags->value)) flags.reset();
}

uint64_t CodeState::lock_signature() const {
  uint64_t hash = 0;
  auto mix = [&hash](uint64_t part) {
    part = (part + 1) * 0x9e3779b97f4a7c15;
    hash += part ^ (part >> 31);
  };
  for (const SiteLock& lock : held) mix(lock.site * 8 + 1);
  for (const SiteLock& lock : released) mix(lock.site * 8 + 2);
  for (const TriedLock& lock : tried) mix(lock.lock.site * 8 + 3);
  return hash;
}

bool CodeState::learn(const CodeValues& values, const CodeFact& fact) {
  CodeFact subject = fact;
  subject.constant = truncate(subject.constant, subject.size);
  if (subject.value.is_constant()) {
    return (truncate(subject.value.offset, subject.size) == subject.constant) == fact.equal;
  }
  const CodeValues::Node& node = values.at(subject.value.node);
  const bool is_truth =
      node.kind == CodeValues::Kind::is_zero || node.kind == CodeValues::Kind::non_zero;
  if (is_truth && subject.value.offset == 0) {
    if (subject.constant != 0 && subject.constant != 1) return !fact.equal;
    const bool one = (subject.constant == 1) == fact.equal;
    return learn(values, {node.a, 8, 0, one == (node.kind == CodeValues::Kind::is_zero)});
  }
  if (node.kind == CodeValues::Kind::low_half && subject.value.offset == 0 && subject.size >= 4) {
    return learn(values, {node.a, 4, subject.constant, fact.equal});
  }
  for (const CodeFact& known : facts) {
    if (!known.same_subject(subject)) continue;
    if (known.equal && (known.constant == subject.constant) != subject.equal) return false;
    if (!known.equal && subject.equal && known.constant == subject.constant) return false;
  }
  if (std::ranges::find(facts, subject) == facts.end() && facts.size() < kMostFacts) {
    facts.push_back(subject);
  }
  return true;
}

namespace {

/// Where two states are joined. Widening gives up values that still change after some rounds.
struct JoinPlace {
  CodeValues& values;
  uint64_t block;
  bool widen;
};

CodeValue join_values(const JoinPlace& at, int64_t place, CodeValue a, CodeValue b) {
  if (a == b) return a;
  const CodeValue merged = at.values.merged(at.block, place);
  if (at.widen) return merged;
  // What comes round a loop unchanged says nothing new.
  if (a == merged) return b;
  if (b == merged) return a;
  return merged;
}

// A loop that takes a lock in each round makes no end of them: one for each place in the code is
// kept, without saying any more which lock it is.
void keep_one_a_site(const JoinPlace& at, std::vector<SiteLock>& locks) {
  std::vector<SiteLock> kept;
  for (const SiteLock& lock : locks) {
    const auto known = std::ranges::find_if(kept, [&](const SiteLock& each) {
      return each.site == lock.site && each.shared == lock.shared;
    });
    if (known == kept.end()) {
      kept.push_back(lock);
      continue;
    }
    known->lock = at.values.merged(at.block, static_cast<int64_t>(lock.site));
    known->maybe = known->maybe || lock.maybe;
    known->again = known->again || lock.again;
    known->doubted_by = std::max(known->doubted_by, lock.doubted_by);
    known->lost = true;
  }
  locks = std::move(kept);
}

const StackSlot* slot_at(const std::vector<StackSlot>& slots, CodeValue address) {
  const auto found = std::ranges::find(slots, address, &StackSlot::address);
  return found == slots.end() ? nullptr : &*found;
}

// What of a state can be joined with another's: where a value that differs is found afterwards.
struct Joined {
  const CodeState& a;
  const CodeState& b;
  const CodeState& result;  ///< registers and slots are done
};

// A lock that the same register or slot leads to in both states is found by it afterwards.
std::optional<CodeValue> joined_by_place(const Joined& states, CodeValue a, CodeValue b) {
  const auto leads = [&](CodeValue in_a, CodeValue in_b) {
    return in_a.node == a.node && in_b.node == b.node &&
           a.offset - in_a.offset == b.offset - in_b.offset;
  };
  for (size_t i = 0; i < states.a.registers.size(); ++i) {
    const CodeValue in_a = states.a.registers[i];
    if (!leads(in_a, states.b.registers[i])) continue;
    const CodeValue joined = states.result.registers[i];
    return CodeValue{joined.node, joined.offset + (a.offset - in_a.offset)};
  }
  for (auto slots : {&CodeState::slots, &CodeState::stored}) {
    for (const StackSlot& slot : states.result.*slots) {
      const StackSlot* in_a = slot_at(states.a.*slots, slot.address);
      const StackSlot* in_b = slot_at(states.b.*slots, slot.address);
      if (slot.size != 8 || in_a == nullptr || in_b == nullptr) continue;
      if (!leads(in_a->value, in_b->value)) continue;
      return CodeValue{slot.value.node, slot.value.offset + (a.offset - in_a->value.offset)};
    }
  }
  return std::nullopt;
}

void join_stored(const JoinPlace& at, const CodeState& a, const CodeState& b, CodeState& result) {
  for (const StackSlot& slot : a.stored) {
    const StackSlot* other = slot_at(b.stored, slot.address);
    if (other == nullptr) continue;
    const int64_t place =
        kStoredPlace + (int64_t{slot.address.node} << kStoredOffsetBits) + slot.address.offset;
    StackSlot joined = slot;
    joined.value = join_values(at, place, slot.value, other->value);
    result.stored.push_back(joined);
  }
}

void join_lock(const JoinPlace& at, const Joined& states, const SiteLock& other, SiteLock& lock) {
  lock.maybe = lock.maybe || other.maybe;
  lock.lost = lock.lost || other.lost;
  lock.again = lock.again || other.again;
  lock.doubted_by = std::max(lock.doubted_by, other.doubted_by);
  const auto joined =
      lock.lock == other.lock ? std::nullopt : joined_by_place(states, lock.lock, other.lock);
  lock.lock =
      joined ? *joined : join_values(at, static_cast<int64_t>(lock.site), lock.lock, other.lock);
}

std::vector<SiteLock> join_locks(const JoinPlace& at, const Joined& states,
                                 const std::vector<SiteLock>& a, const std::vector<SiteLock>& b) {
  std::vector<SiteLock> result;
  std::vector<bool> used(b.size(), false);
  auto match = [&](const SiteLock& lock) -> const SiteLock* {
    for (const bool by_value : {true, false}) {
      for (size_t i = 0; i < b.size(); ++i) {
        const bool same = by_value ? b[i].lock == lock.lock && b[i].shared == lock.shared
                                   : b[i].site == lock.site;
        if (used[i] || !same) continue;
        used[i] = true;
        return &b[i];
      }
    }
    return nullptr;
  };
  for (SiteLock lock : a) {
    if (const SiteLock* other = match(lock)) {
      join_lock(at, states, *other, lock);
    } else {
      lock.maybe = true;
    }
    result.push_back(lock);
  }
  for (size_t i = 0; i < b.size(); ++i) {
    if (used[i]) continue;
    result.push_back(b[i]);
    result.back().maybe = true;
  }
  if (at.widen) keep_one_a_site(at, result);
  return result;
}

template <typename T>
std::vector<T> in_both(const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> result;
  for (const T& item : a) {
    if (std::ranges::find(b, item) != b.end()) result.push_back(item);
  }
  return result;
}

// What is tried on one side only may be held.
void join_tried(const CodeState& a, const CodeState& b, CodeState& result) {
  result.tried = in_both(a.tried, b.tried);
  for (const CodeState* side : {&a, &b}) {
    for (const TriedLock& tried : side->tried) {
      if (std::ranges::find(result.tried, tried) != result.tried.end()) continue;
      const bool known = std::ranges::any_of(
          result.held, [&](const SiteLock& lock) { return lock.site == tried.lock.site; });
      if (known) continue;
      result.held.push_back(tried.lock);
      result.held.back().maybe = true;
    }
  }
}

}  // namespace

CodeState join(CodeValues& values, uint64_t block, const CodeState& a, const CodeState& b,
               bool widen) {
  const JoinPlace at{values, block, widen};
  CodeState result;
  for (size_t i = 0; i < result.registers.size(); ++i) {
    result.registers[i] = join_values(at, static_cast<int64_t>(i), a.registers[i], b.registers[i]);
  }
  for (const StackSlot& slot : a.slots) {
    const StackSlot* other = b.slot(slot.address, slot.size);
    if (other == nullptr) continue;
    StackSlot joined = slot;
    joined.value = join_values(at, kSlotPlace + slot.address.offset, slot.value, other->value);
    joined.pushed = slot.pushed && other->pushed;
    result.slots.push_back(joined);
  }
  if (a.flags == b.flags) result.flags = a.flags;
  join_stored(at, a, b, result);
  const Joined states{a, b, result};
  result.held = join_locks(at, states, a.held, b.held);
  result.released = join_locks(at, states, a.released, b.released);
  result.zeroed = join_locks(at, states, a.zeroed, b.zeroed);
  join_tried(a, b, result);
  result.facts = in_both(a.facts, b.facts);
  if (a.escaped && b.escaped) result.escaped = std::min(*a.escaped, *b.escaped);
  if (a.escaped.has_value() != b.escaped.has_value()) {
    result.escaped = a.escaped ? a.escaped : b.escaped;
  }
  return result;
}

}  // namespace kmortem::locks
