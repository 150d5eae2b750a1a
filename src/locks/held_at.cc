// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/held_at.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"
#include "locks/value_reader.h"

namespace kmortem::locks {

namespace {

using model::Grade;

// How far before a call the instruction that sets its argument is looked for.
constexpr size_t kArgumentDistance = 16;

bool writes_register(const Instruction& at, Register which) {
  if ((at.writes & register_bit(which)) != 0) return true;
  const bool assigns = at.op == Op::move || at.op == Op::address || at.op == Op::add ||
                       at.op == Op::pop || at.op == Op::select;
  return assigns && at.dst.is_register() && at.dst.reg == which;
}

// Whether a trial succeeded whose result is still in a register.
std::optional<bool> outcome(const TriedLock& tried, const ValueReader& reader) {
  const auto result = reader.read({tried.result, 0});
  if (!result || !result->exact) return std::nullopt;
  // 0 or an error number is an int; some of those that return 1 or 0 are bool.
  if (tried.zero_is_success) return static_cast<uint32_t>(result->value) == 0;
  return static_cast<uint8_t>(result->value) != 0;
}

// One lock as the states see it in which control may be here.
struct Seen {
  SiteLock lock;
  std::optional<ReadValue> address;
  size_t states = 0;
  size_t last_state = 0;

  bool same(const SiteLock& other, const std::optional<ReadValue>& at) const {
    if (other.shared != lock.shared || other.lost != lock.lost) return false;
    if (address.has_value() != at.has_value()) return false;
    if (address) return address->value == at->value;
    return other.lock == lock.lock;
  }
};

class Merger {
 public:
  void begin_state() { ++state_; }

  void add(const SiteLock& lock, const std::optional<ReadValue>& address) {
    auto same = [&](const Seen& seen) { return seen.same(lock, address); };
    auto known = std::ranges::find_if(seen_, same);
    if (known == seen_.end()) {
      seen_.push_back({lock, address, 1, state_});
      return;
    }
    if (known->last_state != state_) ++known->states;
    known->last_state = state_;
    known->lock.maybe = known->lock.maybe || lock.maybe;
    known->lock.again = known->lock.again || lock.again;
    known->lock.doubted_by = std::max(known->lock.doubted_by, lock.doubted_by);
    if (address && !address->exact) known->address->exact = false;
  }

  std::vector<LockAtPoint> result() const {
    std::vector<LockAtPoint> locks;
    for (const Seen& seen : seen_) {
      LockAtPoint lock;
      if (seen.address) lock.address = seen.address->value;
      lock.type = seen.lock.type;
      lock.shared = seen.lock.shared;
      lock.maybe = seen.lock.maybe || seen.states < state_;
      lock.again = seen.lock.again;
      lock.site = seen.lock.site;
      lock.doubted_by = seen.lock.doubted_by;
      if (seen.address && !lock.maybe) {
        const bool sure = seen.address->exact && lock.doubted_by == 0;
        lock.grade = sure ? Grade::proven : Grade::inferred;
      }
      locks.push_back(std::move(lock));
    }
    return locks;
  }

 private:
  std::vector<Seen> seen_;
  size_t state_ = 0;
};

}  // namespace

HeldAt::States HeldAt::follow(uint64_t pc, bool interrupted) {
  States result;
  // A call that does not return may be its function's last instruction.
  const uint64_t inside = interrupted ? pc : pc - 1;
  result.paths = analyses_.paths(inside);
  if (result.paths == nullptr) {
    result.why = "its code or its entry is not known";
    return result;
  }
  const FunctionCode& code = result.paths->code();
  const auto index = interrupted ? code.index_of(pc) : code.index_before(pc);
  const bool at_call = index && (interrupted || code.instructions[*index].op == Op::call);
  if (!at_call) {
    result.why = interrupted ? "no instruction begins there" : "no call ends there";
    return result;
  }
  result.instruction = *index;
  result.states = result.paths->at(*index);
  result.why = result.paths->incomplete();
  if (result.states.empty() && result.why.empty()) result.why = "no path leads there";
  return result;
}

const HeldAt::States& HeldAt::states_at(uint64_t pc, bool interrupted) {
  const uint64_t key = pc * 2 + (interrupted ? 1 : 0);
  const auto known = points_.find(key);
  if (known != points_.end()) return known->second;
  States states = follow(pc, interrupted);
  return points_.emplace(key, std::move(states)).first->second;
}

std::string HeldAt::called_at(const FunctionCode& code, uint64_t site) {
  const auto index = code.index_of(site);
  if (!index) return {};
  const uint64_t target = code.instructions[*index].target;
  const FunctionSymbol* symbol = target == 0 ? nullptr : analyses_.reader().symbol(target);
  return symbol == nullptr ? std::string() : symbol->name;
}

// "prune_wait_free+0x7: mov $0xffffffffc03ae3c8,%rdi; call _raw_spin_lock; no unlock on any path to
// +0x64"
std::string HeldAt::evidence(const States& states, const SiteLock& lock, uint64_t pc) {
  const FunctionCode& code = states.paths->code();
  const auto site = code.index_of(lock.site);
  if (!site) return {};
  const std::string called = called_at(code, lock.site);
  const LockFunction* function = LockFunctions::named(called);
  const Register argument = function == nullptr ? Register::rdi : function->argument;
  size_t from = *site;
  for (size_t back = 1; back <= std::min(*site, kArgumentDistance); ++back) {
    const Instruction& at = code.instructions[*site - back];
    if (at.op == Op::call || at.op == Op::ret || at.op == Op::jump) break;
    if (!writes_register(at, argument)) continue;
    from = *site - back;
    break;
  }
  auto place = [&](uint64_t address) { return "+" + hex_short(address - code.entry); };
  std::string text = code.name + place(code.instructions[from].address) + ": ";
  if (from != *site) {
    text += analyses_.reader().text(code, code.instructions[from].address) + "; ";
  }
  text += called.empty() ? analyses_.reader().text(code, lock.site) : "call " + called;
  text += lock.maybe ? "; unlocked on some paths to " : "; no unlock on any path to ";
  text += place(pc);
  if (lock.doubted_by == 0 || lock.maybe) return text;
  const std::string doubted = called_at(code, lock.doubted_by);
  return text + ", unless " + (doubted.empty() ? "the call" : doubted + "(), called") + " at " +
         place(lock.doubted_by) + " released it";
}

std::optional<LockAtPoint> HeldAt::leaving(const States& states, const CodePoint& point) {
  const FunctionCode& code = states.paths->code();
  const LockFunction* itself = analyses_.functions().at(code.entry);
  if (itself == nullptr || itself->effect != LockFunction::Effect::release) return std::nullopt;
  if (!states.why.empty()) return std::nullopt;
  const CodeValue lock = states.paths->values().entry(itself->argument);
  LockAtPoint result;
  for (const CodeState& state : states.states) {
    const auto gone = [&](const SiteLock& released) { return released.lock == lock; };
    if (std::ranges::any_of(state.released, gone)) return std::nullopt;
    const ValueReader reader(states.paths->values(), state, point.registers, memory_,
                             point.percpu_base);
    const auto address = reader.read(lock);
    if (!address || (result.address && *result.address != address->value)) return std::nullopt;
    result.address = address->value;
  }
  result.type = itself->type;
  result.shared = itself->shared;
  result.grade = Grade::inferred;
  result.site = point.pc;
  result.function = code.name;
  result.evidence =
      code.name + "() got it and has not released it at +" + hex_short(point.pc - code.entry);
  return result;
}

namespace {

auto address_in(const ValueReader& reader, const SiteLock& lock) {
  return lock.lost ? std::nullopt : reader.read(lock.lock);
}

void add_held(const CodeState& state, const ValueReader& reader, Merger& held) {
  for (const SiteLock& lock : state.held) held.add(lock, address_in(reader, lock));
  for (const TriedLock& tried : state.tried) {
    const auto succeeded = outcome(tried, reader);
    if (succeeded && !*succeeded) continue;
    SiteLock lock = tried.lock;
    lock.maybe = lock.maybe || !succeeded;
    held.add(lock, address_in(reader, lock));
  }
}

}  // namespace

LocksAtPoint HeldAt::at(const CodePoint& point) {
  const States& states = states_at(point.pc, point.interrupted);
  LocksAtPoint result;
  const FunctionSymbol* symbol =
      analyses_.reader().symbol(point.interrupted ? point.pc : point.pc - 1);
  if (symbol != nullptr) result.function = symbol->name;
  result.undecided = states.why;
  if (states.states.empty()) return result;
  const Instruction& at = states.paths->code().instructions[states.instruction];
  result.switching = !point.interrupted && analyses_.switches_tasks(at.target);

  result.leaving = leaving(states, point);
  Merger held;
  Merger released;
  bool possible = false;
  for (const CodeState& state : states.states) {
    const ValueReader reader(states.paths->values(), state, point.registers, memory_,
                             point.percpu_base);
    if (!reader.possible()) continue;
    possible = true;
    held.begin_state();
    released.begin_state();
    add_held(state, reader, held);
    for (const SiteLock& lock : state.released) released.add(lock, address_in(reader, lock));
    for (const SiteLock& lock : state.zeroed) {
      if (const auto address = address_in(reader, lock)) result.zeroed.push_back(address->value);
    }
  }
  if (!possible) {
    result.undecided = "the frame's registers fit none of the paths there";
    return result;
  }
  result.held = held.result();
  result.released = released.result();
  for (auto* list : {&result.held, &result.released}) {
    for (LockAtPoint& lock : *list) {
      if (!result.undecided.empty()) lock.maybe = true;
      if (lock.maybe) lock.grade = Grade::unknown;
      SiteLock site;
      site.site = lock.site;
      site.maybe = lock.maybe;
      site.doubted_by = lock.doubted_by;
      lock.function = called_at(states.paths->code(), lock.site);
      lock.evidence = evidence(states, site, point.pc);
    }
  }
  return result;
}

}  // namespace kmortem::locks
