// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/code_interpreter.h"

#include <algorithm>

#include "locks/lock_effects.h"

namespace kmortem::locks {

namespace {

constexpr int64_t kMemoryPlace = 100;
constexpr size_t kMostZeroed = 8;
constexpr int64_t kDerivedPlace = 101;

int64_t place_of(Register which) {
  return static_cast<int64_t>(which);
}

// The node whose sign a condition on `value` tells.
uint32_t stripped(const CodeValues& values, CodeValue value) {
  using Kind = CodeValues::Kind;
  while (value.offset == 0) {
    const CodeValues::Node& node = values.at(value.node);
    if (node.kind != Kind::low_half && node.kind != Kind::signed_half) break;
    value = node.a;
  }
  return value.offset == 0 ? value.node : 0;
}

bool is_store(const Instruction& at) {
  return at.dst.is_memory();
}

}  // namespace

void decide_tried(uint32_t result, bool zero, CodeState& state) {
  if (result == 0) return;
  for (const TriedLock& tried : state.tried) {
    if (tried.result == result && tried.zero_is_success == zero) state.held.push_back(tried.lock);
  }
  std::erase_if(state.tried, [&](const TriedLock& tried) { return tried.result == result; });
}

CodeValue CodeInterpreter::make(CodeState& state, uint64_t site, int64_t place) {
  const size_t before = values_.size();
  const CodeValue value = values_.made(site, place);
  if (values_.size() == before) state.forget(values_, values_.set_of(value.node), site);
  return value;
}

CodeValue CodeInterpreter::address_of(const MemoryOperand& memory, const CodeState& state) const {
  CodeValue address = constant(memory.displacement);
  if (memory.base != Register::rip) address = values_.sum(address, state.reg(memory.base));
  if (memory.index != Register::rip) {
    const CodeValue index = values_.scaled(state.reg(memory.index), memory.scale);
    address = values_.sum(address, index);
  }
  return address;
}

CodeValue CodeInterpreter::value_of(const Operand& operand, const CodeState& state,
                                    uint64_t site) const {
  if (operand.is_immediate()) return constant(operand.immediate);
  if (operand.is_register()) return state.reg(operand.reg);
  if (!operand.is_memory()) return values_.made(site, kDerivedPlace);
  const CodeValue address = address_of(operand.memory, state);
  if (!operand.memory.per_cpu && state.on_stack(address)) {
    const StackSlot* slot = state.slot(address, operand.size);
    if (slot != nullptr) return slot->value;
    return values_.made(site, kMemoryPlace);
  }
  const bool whole = operand.size == 8 || operand.size == 4;
  if (!whole || values_.too_deep(address)) return values_.made(site, kMemoryPlace);
  const CodeValue loaded = values_.load(address, operand.memory.per_cpu);
  return operand.size == 8 ? loaded : values_.half(loaded, false);
}

void CodeInterpreter::assign(const Instruction& at, CodeState& state, CodeValue value) {
  if (values_.too_deep(value)) value = make(state, at.address, place_of(at.dst.reg));
  state.reg(at.dst.reg) = value;
}

void CodeInterpreter::clobber(const Instruction& at, uint32_t registers, CodeState& state) {
  for (size_t i = 0; i < state.registers.size(); ++i) {
    const auto which = static_cast<Register>(i);
    if ((registers & register_bit(which)) == 0) continue;
    state.reg(which) = make(state, at.address, place_of(which));
  }
}

// A store through a pointer makes loads of the same place mean something new. Stores through other
// pointers to the same place go unnoticed.
void CodeInterpreter::store(const Instruction& at, CodeState& state, CodeValue value) {
  const MemoryOperand& memory = at.dst.memory;
  if (memory.per_cpu) return;
  const CodeValue address = address_of(memory, state);
  if (state.on_stack(address)) {
    state.store(address, value, at.dst.size, false);
    return;
  }
  state.store_elsewhere(address, value, at.dst.size);
  if (values_.too_deep(address)) return;
  const size_t before = values_.size();
  const CodeValue loaded = values_.load(address, false);
  if (values_.size() == before) state.forget(values_, values_.set_of(loaded.node), at.address);
}

void CodeInterpreter::move(const Instruction& at, CodeState& state) {
  CodeValue value = value_of(at.src, state, at.address);
  if (at.src.is_memory() && values_.at(value.node).kind == CodeValues::Kind::made) {
    value = make(state, at.address, kMemoryPlace);
  }
  if (at.dst.is_memory()) {
    store(at, state, value);
    return;
  }
  const uint8_t read = at.src.is_immediate() ? at.dst.size : at.src.size;
  if (read == 4) {
    value = values_.half(value, at.sign_extends);
  } else if (read < 4 && at.src.is_register()) {
    // A flag: what it is made of stays known, for the branch on it.
    const auto kind = values_.at(value.node).kind;
    const bool flag = kind == CodeValues::Kind::is_zero || kind == CodeValues::Kind::non_zero ||
                      kind == CodeValues::Kind::made;
    if (!flag || value.offset != 0) value = make(state, at.address, place_of(at.dst.reg));
  }
  assign(at, state, value);
}

void CodeInterpreter::push(const Instruction& at, CodeState& state) {
  const CodeValue value = value_of(at.src, state, at.address);
  CodeValue& top = state.reg(Register::rsp);
  top.offset -= 8;
  state.store(top, value, 8, true);
}

void CodeInterpreter::pop(const Instruction& at, CodeState& state) {
  CodeValue& top = state.reg(Register::rsp);
  const StackSlot* slot = state.slot(top, 8);
  const bool known = slot != nullptr;
  const CodeValue value = known ? slot->value : CodeValue{};
  top.offset += 8;
  if (!at.dst.is_register() || at.dst.reg == Register::rsp) return;
  state.reg(at.dst.reg) = known ? value : make(state, at.address, place_of(at.dst.reg));
}

void CodeInterpreter::call(const Instruction& at, CodeState& state) {
  if (at.target != 0 && calls_.preserves_registers(at.target)) {
    calls_.apply(*this, at, state, state);
    return;
  }
  const CodeState before = state;
  state.forget_escaped();
  clobber(at, kCallClobbers, state);
  state.flags.reset();
  calls_.apply(*this, at, before, state);
}

void CodeInterpreter::set_flags(const Instruction& at, CodeState& state) {
  state.flags.reset();
  const Operand& subject = at.dst;
  if (at.op == Op::compare && !at.src.is_immediate()) return;
  if (!subject.is_memory() && !subject.is_register()) return;
  // Other memory may have changed when the code looks again.
  if (subject.is_memory() &&
      state.slot(address_of(subject.memory, state), subject.size) == nullptr) {
    return;
  }
  const CodeValue value = value_of(subject, state, at.address);
  state.flags = CodeFact{value, subject.size, at.op == Op::test ? 0 : at.src.immediate, true};
}

void CodeInterpreter::set_condition(const Instruction& at, CodeState& state) {
  const bool zero = at.condition == Condition::zero;
  const bool plain =
      state.flags && state.flags->constant == 0 && (zero || at.condition == Condition::not_zero);
  if (!plain) {
    state.reg(at.dst.reg) = make(state, at.address, place_of(at.dst.reg));
    return;
  }
  CodeValue subject = state.flags->value;
  if (state.flags->size == 4) subject = values_.half(subject, false);
  assign(at, state, values_.truth(subject, !zero));
}

void CodeInterpreter::select(const Instruction& at, CodeState& state) {
  const CodeValue other = value_of(at.src, state, at.address);
  if (state.reg(at.dst.reg) == other) return;
  state.reg(at.dst.reg) = make(state, at.address, place_of(at.dst.reg));
}

void CodeInterpreter::exchange_if(const Instruction& at, CodeState& state) {
  const CodeValue expected = state.reg(Register::rax);
  const CodeValue wanted = value_of(at.src, state, at.address);
  const bool memory = at.dst.is_memory() && !at.dst.memory.per_cpu;
  const CodeValue address = memory ? address_of(at.dst.memory, state) : CodeValue{};
  clobber(at, at.writes, state);
  state.flags.reset();
  if (!memory || expected != constant(0)) return;
  // The value found is 0 just when the exchange was made.
  const CodeValue found = state.reg(Register::rax);
  state.flags = CodeFact{found, at.dst.size, 0, true};
  const bool spin = wanted == constant(1);
  const bool write = wanted == constant(0xff);
  if (!options_.inlined_acquisitions || at.dst.size != 4 || (!spin && !write)) return;
  SiteLock lock;
  lock.lock = address;
  lock.site = at.address;
  lock.type = spin ? model::LockType::raw_spinlock : model::LockType::rwlock;
  state.tried.push_back({lock, found.node, true});
}

// An unlock without a call: a store of 0 into a held lock's first byte, or an atomic subtraction.
void CodeInterpreter::release_inlined(const Instruction& at, CodeState& state) {
  if (!is_store(at) || at.dst.memory.per_cpu) return;
  const bool zero = at.op == Op::move && at.src.is_immediate() && at.src.immediate == 0 &&
                    (at.dst.size == 1 || at.dst.size == 4);
  if (!zero && !at.adjusts_memory) return;
  const CodeValue address = address_of(at.dst.memory, state);
  // Only what spins is unlocked in line; what adjusts is a ticket or a reader count.
  auto releases = [&](const SiteLock& lock) {
    return lock.lock == address && !lock.lost && !(lock.shared && zero) &&
           (lock.type == model::LockType::raw_spinlock || lock.type == model::LockType::rwlock);
  };
  const auto held = std::find_if(state.held.rbegin(), state.held.rend(), releases);
  if (held != state.held.rend()) {
    SiteLock lock = *held;
    lock.site = at.address;
    lock.maybe = false;
    return release_lock(lock, state);
  }
  SiteLock lock;
  lock.lock = address;
  lock.site = at.address;
  if (options_.inlined_releases && zero && at.dst.size == 1 && !state.on_stack(address) &&
      state.zeroed.size() < kMostZeroed) {
    lock.type = model::LockType::raw_spinlock;
    state.zeroed.push_back(lock);
  }
  if (options_.unlocks == nullptr) return;
  if (address != values_.entry(options_.unlocks->argument)) return;
  lock.type = options_.unlocks->type;
  lock.shared = options_.unlocks->shared;
  state.released.push_back(lock);
}

// percpu_down_read() and percpu_up_read(): the CPU's own count, to which read_count leads, goes up
// or down.
void CodeInterpreter::count_reader(const Instruction& at, CodeState& state) {
  if (!options_.read_count || at.counts == 0 || !at.dst.memory.per_cpu || at.dst.size != 4) return;
  const CodeValue counter = address_of(at.dst.memory, state);
  const CodeValues::Node node = values_.at(counter.node);
  if (counter.offset != 0 || node.kind != CodeValues::Kind::load) return;
  SiteLock lock;
  lock.lock = values_.sum(node.a, constant(-static_cast<int64_t>(*options_.read_count)));
  lock.site = at.address;
  lock.type = model::LockType::percpu_rwsem;
  lock.shared = true;
  if (at.counts > 0) {
    take_lock(lock, LockFunction::Effect::acquire, 0, state);
  } else {
    release_lock(lock, state);
  }
}

void CodeInterpreter::step(const Instruction& at, CodeState& state) {
  count_reader(at, state);
  release_inlined(at, state);
  switch (at.op) {
    case Op::move:
      move(at, state);
      return;
    case Op::address: {
      const CodeValue address = address_of(at.src.memory, state);
      if (state.on_stack(address) && at.dst.reg != Register::rsp && at.dst.reg != Register::rbp) {
        state.escaped = std::min(state.escaped.value_or(address.offset), address.offset);
      }
      assign(at, state, address);
      return;
    }
    case Op::add: {
      CodeValue value = value_of(at.src, state, at.address);
      if (values_.at(value.node).kind == CodeValues::Kind::made && at.src.is_memory()) {
        value = make(state, at.address, kMemoryPlace);
      }
      assign(at, state, values_.sum(state.reg(at.dst.reg), value));
      state.flags.reset();
      return;
    }
    case Op::compare:
    case Op::test:
      set_flags(at, state);
      return;
    case Op::set_condition:
      set_condition(at, state);
      return;
    case Op::select:
      select(at, state);
      return;
    case Op::exchange_if:
      exchange_if(at, state);
      return;
    case Op::push:
      push(at, state);
      return;
    case Op::pop:
      pop(at, state);
      return;
    case Op::call:
      call(at, state);
      return;
    case Op::jump:
    case Op::branch:
    case Op::ret:
    case Op::stop:
    case Op::trap:
      return;
    case Op::other:
      if (is_store(at)) store(at, state, make(state, at.address, kMemoryPlace));
      clobber(at, at.writes, state);
      if (at.changes_flags) state.flags.reset();
      return;
  }
}

bool CodeInterpreter::follow(const Instruction& branch, bool taken, CodeState& state) {
  if (!state.flags) return true;
  const CodeFact flags = *state.flags;
  const uint32_t result = stripped(values_, flags.value);
  if (branch.condition == Condition::zero || branch.condition == Condition::not_zero) {
    const bool equal = (branch.condition == Condition::zero) == taken;
    if (!state.learn(values_, {flags.value, flags.size, flags.constant, equal})) return false;
    const bool boolean = flags.constant == 0 || flags.constant == 1;
    if (!boolean) return true;
    uint32_t subject = result;
    bool zero = equal == (flags.constant == 0);
    // A flag made of the result tells the result.
    for (int i = 0; i < 4 && subject != 0; ++i) {
      const CodeValues::Node& node = values_.at(subject);
      if (node.kind != CodeValues::Kind::is_zero && node.kind != CodeValues::Kind::non_zero) break;
      if (node.kind == CodeValues::Kind::is_zero) zero = !zero;
      subject = stripped(values_, node.a);
    }
    decide_tried(subject, zero, state);
    return true;
  }
  if (flags.constant == 0 &&
      (branch.condition == Condition::negative || branch.condition == Condition::not_negative)) {
    const bool negative = (branch.condition == Condition::negative) == taken;
    if (negative && !state.learn(values_, {flags.value, flags.size, 0, false})) return false;
    decide_tried(result, !negative, state);
  }
  return true;
}

}  // namespace kmortem::locks
