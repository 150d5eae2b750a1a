// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/stack_locks.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "locks/value_reader.h"

namespace kmortem::locks {

namespace {

using model::Grade;

class StackReader {
 public:
  StackReader(HeldAt& held_at, const kernel::UnwoundStack& stack,
              std::optional<uint64_t> percpu_base)
      : held_at_(held_at), stack_(stack), percpu_base_(percpu_base) {}

  StackLocks read();

 private:
  void read_frame(size_t index);
  void add_held(size_t index, LockAtPoint& lock, const LocksAtPoint& point);
  PartyAt party_of(size_t index, LockAtPoint& lock) const;
  void add_arriving(size_t index);
  void add_leaving();
  bool taken_again(const LockAtPoint& lock) const;
  void settle_returned();
  std::string cancelled_by(const LockAtPoint& lock, bool* surely) const;
  void doubt(size_t index, const LockAtPoint& lock, const std::string& why,
             const std::string& function);

  HeldAt& held_at_;
  const kernel::UnwoundStack& stack_;
  std::optional<uint64_t> percpu_base_;
  StackLocks result_;
  /// What inner frames released without having taken it, and in which function.
  std::vector<std::pair<LockAtPoint, std::string>> released_;
  std::vector<uint64_t> zeroed_;
  /// Held by inner frames, which had released them for a while: their callers hold the same.
  std::vector<uint64_t> again_;
  struct Doubt {
    size_t index;
    LockAtPoint lock;
    std::string why;
    std::string function;
  };
  /// What functions that unlock got: mostly their callers say that they hold it.
  std::vector<PartyAt> leaving_;
  std::vector<Doubt> returned_;  ///< such locks where not all paths had released them
};

bool StackReader::taken_again(const LockAtPoint& lock) const {
  return std::ranges::find(again_, *lock.address) != again_.end();
}

// A lock that is held although the function that took it is on no stack: it ended in a jump to
// lock_acquired(), which CONFIG_LOCK_STAT has count it.
void StackReader::add_arriving(size_t index) {
  const kernel::UnwoundFrame& frame = stack_.frames[index];
  if (index == 0 || frame.interrupted || frame.found_by == model::FoundBy::scan) return;
  const uint64_t inner = stack_.frames[index - 1].inside();
  const FunctionSymbol* counting = held_at_.analyses().reader().symbol(inner);
  if (counting == nullptr || counting->name != "lock_acquired") return;
  const HeldAt::States& states = held_at_.states_at(frame.pc(), false);
  if (states.states.empty() || !states.why.empty()) return;
  const FunctionCode& code = states.paths->code();
  const Instruction& call = code.instructions[states.instruction];
  const LockFunction* taker = held_at_.analyses().functions().at(call.target);
  if (taker == nullptr || taker->effect != LockFunction::Effect::acquire) return;
  LockAtPoint lock;
  for (const CodeState& state : states.states) {
    const ValueReader reader(states.paths->values(), state, frame.registers, held_at_.memory(),
                             percpu_base_);
    if (!reader.possible()) continue;
    const auto address = reader.read(state.reg(taker->argument));
    if (!address || (lock.address && *lock.address != address->value)) return;
    lock.address = address->value;
  }
  if (!lock.address) return;
  lock.type = taker->type;
  lock.shared = taker->shared;
  lock.grade = Grade::inferred;
  lock.site = call.address;
  lock.evidence =
      fmt::format("{}() has just got it: it is being counted in lock_acquired()", code.name);
  result_.parties.push_back(party_of(index, lock));
}

void StackReader::add_leaving() {
  for (PartyAt& party : leaving_) {
    const auto same = [&](const PartyAt& other) { return other.lock == party.lock; };
    if (std::ranges::none_of(result_.parties, same)) result_.parties.push_back(std::move(party));
  }
}

void StackReader::settle_returned() {
  for (const Doubt& each : returned_) {
    const bool said = std::ranges::any_of(
        result_.parties, [&](const PartyAt& party) { return party.lock == *each.lock.address; });
    if (!said) doubt(each.index, each.lock, each.why, each.function);
  }
}

// Which inner frame has released the lock, or may have; empty when none.
std::string StackReader::cancelled_by(const LockAtPoint& lock, bool* surely) const {
  *surely = false;
  if (lock.address && std::ranges::find(zeroed_, *lock.address) != zeroed_.end() &&
      lock.type == model::LockType::raw_spinlock) {
    return "a called function, which cleared its first byte";
  }
  std::string perhaps;
  for (const auto& [released, function] : released_) {
    const bool comparable = lock.address && released.address;
    if (comparable && *lock.address != *released.address) continue;
    if (released.shared != lock.shared) continue;
    // A release of who knows what is mostly of the function's own lock.
    if (!comparable && (released.type != lock.type || released.maybe)) continue;
    *surely = comparable && !released.maybe;
    if (*surely) return function;
    perhaps = function;
  }
  return perhaps;
}

PartyAt StackReader::party_of(size_t index, LockAtPoint& lock) const {
  PartyAt party;
  party.lock = *lock.address;
  party.type = lock.type;
  party.party.task = stack_.task;
  party.party.cpu = stack_.cpu;
  party.party.shared = lock.shared;
  party.party.source = model::LockSource::instructions;
  party.party.grade = lock.grade;
  party.party.frame = static_cast<int>(index);
  party.party.code = lock.site;
  party.party.call = std::move(lock.function);
  party.party.evidence = std::move(lock.evidence);
  return party;
}

void StackReader::doubt(size_t index, const LockAtPoint& lock, const std::string& why,
                        const std::string& function) {
  const std::string address = lock.address ? hex_address(*lock.address) : "an unknown address";
  result_.undecided.push_back(fmt::format("frame {} {}(): {} may be held: {} ({})", index, function,
                                          address, why, lock.evidence));
}

void StackReader::add_held(size_t index, LockAtPoint& lock, const LocksAtPoint& point) {
  bool surely = false;
  const std::string canceller = cancelled_by(lock, &surely);
  if (surely) return;
  if (!canceller.empty()) {
    doubt(index, lock, canceller + "() may have released it", point.function);
    return;
  }
  if (point.switching) {
    if (stack_.cpu >= 0) doubt(index, lock, "it is handed to the next task", point.function);
    return;
  }
  if (lock.maybe) {
    const std::string why =
        point.undecided.empty() ? "not on every path to here" : "not certain, " + point.undecided;
    // On the others the caller still has it, who will say so.
    if (lock.again && lock.address) {
      returned_.push_back({index, lock, why, point.function});
    } else {
      doubt(index, lock, why, point.function);
    }
    return;
  }
  if (!lock.address) {
    doubt(index, lock, "its address is no longer known", point.function);
    return;
  }
  if (taken_again(lock)) return;
  if (lock.again) again_.push_back(*lock.address);
  result_.parties.push_back(party_of(index, lock));
}

void StackReader::read_frame(size_t index) {
  const kernel::UnwoundFrame& frame = stack_.frames[index];
  const uint64_t inside = frame.interrupted ? frame.pc() : frame.pc() - 1;
  if (!held_at_.analyses().touches_locks(inside)) return;
  add_arriving(index);
  LocksAtPoint point = held_at_.at({frame.pc(), frame.interrupted, frame.registers, percpu_base_});
  // A frame found by scanning the stack may be none at all.
  const bool guessed = frame.found_by == model::FoundBy::scan;
  if (point.held.empty() && !point.undecided.empty()) {
    result_.undecided.push_back(
        fmt::format("frame {} {}(): {}", index, point.function, point.undecided));
  }
  for (LockAtPoint& lock : point.held) {
    if (guessed && lock.grade == Grade::proven) lock.grade = Grade::inferred;
    add_held(index, lock, point);
  }
  const bool spins = point.leaving && (point.leaving->type == model::LockType::raw_spinlock ||
                                       point.leaving->type == model::LockType::rwlock);
  bool gone = false;
  if (spins && cancelled_by(*point.leaving, &gone).empty()) {
    leaving_.push_back(party_of(index, *point.leaving));
  }
  for (LockAtPoint& lock : point.released) {
    if (guessed) lock.maybe = true;
    released_.emplace_back(std::move(lock), point.function);
  }
  zeroed_.insert(zeroed_.end(), point.zeroed.begin(), point.zeroed.end());
}

StackLocks StackReader::read() {
  for (size_t i = 0; i < stack_.frames.size(); ++i) {
    if (stack_.frames[i].interrupted) {
      // An interrupt leaves the locks of what it interrupted alone.
      released_.clear();
      zeroed_.clear();
    }
    read_frame(i);
  }
  add_leaving();
  settle_returned();
  return std::move(result_);
}

}  // namespace

StackLocks locks_held_on_stack(HeldAt& held_at, const kernel::UnwoundStack& stack,
                               std::optional<uint64_t> percpu_base) {
  return StackReader(held_at, stack, percpu_base).read();
}

}  // namespace kmortem::locks
