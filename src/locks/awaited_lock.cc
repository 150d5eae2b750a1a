// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/awaited_lock.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/hex.h"
#include "locks/value_reader.h"

namespace kmortem::locks {

namespace {

using model::Grade;
using model::LockType;

// How many of the innermost frames may be scheduler, idle waiting and slow paths.
constexpr size_t kMostFrames = 12;

// Parts of waiting that get the lock as their first argument but are not among the acquiring
// functions that others call.
const LockFunction* waiting_part(std::string_view name) {
  static const std::map<std::string_view, LockFunction> kParts = [] {
    std::map<std::string_view, LockFunction> all;
    auto add = [&all](std::string_view part, LockType type, bool shared = false) {
      all.emplace(part, LockFunction{LockFunction::Effect::acquire, type, shared});
    };
    add("mutex_spin_on_owner", LockType::mutex);
    add("mutex_optimistic_spin", LockType::mutex);
    add("rwsem_spin_on_owner", LockType::rw_semaphore);
    add("rwsem_optimistic_spin", LockType::rw_semaphore);
    add("rwsem_down_read_slowpath", LockType::rw_semaphore, true);
    add("rwsem_down_write_slowpath", LockType::rw_semaphore);
    add("rwsem_down_read_failed", LockType::rw_semaphore, true);
    add("rwsem_down_write_failed", LockType::rw_semaphore);
    add("rt_mutex_slowlock", LockType::rt_mutex);
    add("rtlock_slowlock", LockType::rt_spinlock);
    add("rtlock_slowlock_locked", LockType::rt_spinlock);
    add("__down", LockType::semaphore);
    add("__down_common", LockType::semaphore);
    add("__down_interruptible", LockType::semaphore);
    add("__down_killable", LockType::semaphore);
    return all;
  }();
  const auto found = kParts.find(without_suffix(name));
  return found == kParts.end() ? nullptr : &found->second;
}

// Frames of going to sleep, and parts of waiting that know the lock by another address (a queue in
// it) or not at all.
bool is_passed_over(std::string_view name) {
  constexpr std::array<std::string_view, 14> kNames = {"__schedule",
                                                       "schedule",
                                                       "schedule_preempt_disabled",
                                                       "schedule_timeout",
                                                       "schedule_rtlock",
                                                       "io_schedule",
                                                       "osq_lock",
                                                       "pv_wait_head_or_lock",
                                                       "pv_wait_node",
                                                       "kvm_wait",
                                                       "rt_mutex_slowlock_block",
                                                       "delay_tsc",
                                                       "__delay",
                                                       "preempt_schedule_common"};
  return std::ranges::find(kNames, without_suffix(name)) != kNames.end();
}

struct Witness {
  uint64_t lock = 0;
  std::string text;
  bool caller = false;  ///< it passes the lock; the others are functions that hand it on
};

class AwaitedLock {
 public:
  AwaitedLock(HeldAt& held_at, const kernel::UnwoundStack& stack,
              std::optional<uint64_t> percpu_base)
      : held_at_(held_at), stack_(stack), percpu_base_(percpu_base) {}

  std::optional<PartyAt> find(size_t start);

 private:
  std::string name_of(const kernel::UnwoundFrame& frame) const;
  const LockFunction* waits_in(const std::string& name) const;
  void hear_frame(size_t index, const LockFunction& function, const std::string& name);
  void hear_caller(size_t index, const LockFunction& callee, const std::string& name);
  const LockFunction* called_at(size_t index);
  std::optional<uint64_t> value_at(
      size_t index, const std::function<CodeValue(const CodeState&, CodeValues&)>& what) const;
  bool already_holds(size_t index, const LockFunction& function) const;
  std::string register_with(size_t index, uint64_t value) const;

  HeldAt& held_at_;
  const kernel::UnwoundStack& stack_;
  std::optional<uint64_t> percpu_base_;
  std::vector<Witness> witnesses_;
};

std::string AwaitedLock::name_of(const kernel::UnwoundFrame& frame) const {
  const uint64_t inside = frame.interrupted ? frame.pc() : frame.pc() - 1;
  const FunctionSymbol* symbol = held_at_.analyses().reader().symbol(inside);
  return symbol == nullptr ? std::string() : std::string(without_cold(symbol->name));
}

const LockFunction* AwaitedLock::waits_in(const std::string& name) const {
  const LockFunction* function = LockFunctions::named(name);
  if (function != nullptr && function->acquires()) return function;
  return waiting_part(name);
}

// The number that `what` has in every state that is possible at a frame; nothing when they differ
// or it was only read from memory.
std::optional<uint64_t> AwaitedLock::value_at(
    size_t index, const std::function<CodeValue(const CodeState&, CodeValues&)>& what) const {
  const kernel::UnwoundFrame& frame = stack_.frames[index];
  const HeldAt::States& states = held_at_.states_at(frame.pc(), frame.interrupted);
  std::optional<uint64_t> result;
  for (const CodeState& state : states.states) {
    CodeValues& values = states.paths->values();
    const ValueReader reader(values, state, frame.registers, held_at_.memory(), percpu_base_);
    if (!reader.possible()) continue;
    const auto value = reader.read(what(state, values));
    if (!value || !value->exact) return std::nullopt;
    if (result && *result != value->value) return std::nullopt;
    result = value->value;
  }
  return result;
}

std::string AwaitedLock::register_with(size_t index, uint64_t value) const {
  constexpr std::array<std::string_view, 16> kNames = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi",
                                                       "rbp", "rsp", "r8",  "r9",  "r10", "r11",
                                                       "r12", "r13", "r14", "r15"};
  const auto& registers = stack_.frames[index].registers;
  if (registers.get(Register::rdi) == value) return "%rdi";
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (registers.get(static_cast<Register>(i)) == value) return "%" + std::string(kNames[i]);
  }
  return "an argument kept on the stack";
}

void AwaitedLock::hear_frame(size_t index, const LockFunction& function, const std::string& name) {
  const auto value = value_at(
      index, [&](const CodeState&, CodeValues& values) { return values.entry(function.argument); });
  if (!value || !dump::is_kernel_address(*value)) return;
  witnesses_.push_back({*value, fmt::format("{} of {} = {}", register_with(index, *value), name,
                                            hex_address(*value))});
}

// The locking function that a frame's call goes to. Null for any other: what it calls may have
// ended in a jump to the one that waits (rtnl_lock() does), and got other arguments.
const LockFunction* AwaitedLock::called_at(size_t index) {
  const uint64_t pc = stack_.frames[index].pc();
  const FunctionCode* code = held_at_.analyses().reader().function(pc - 1);
  if (code == nullptr) return nullptr;
  const auto call = code->index_before(pc);
  if (!call || code->instructions[*call].target == 0) return nullptr;
  const uint64_t entry = code->instructions[*call].target;
  const FunctionSymbol* target = held_at_.analyses().reader().symbol(entry);
  return target == nullptr ? nullptr : waits_in(std::string(without_cold(target->name)));
}

void AwaitedLock::hear_caller(size_t index, const LockFunction& callee, const std::string& name) {
  if (stack_.frames[index].interrupted) return;
  const LockFunction* called = called_at(index);
  if (called == nullptr || called->type != callee.type) return;
  const auto value = value_at(
      index, [&](const CodeState& state, CodeValues&) { return state.reg(called->argument); });
  if (!value || !dump::is_kernel_address(*value)) return;
  witnesses_.push_back(
      {*value,
       fmt::format("{} calls {} with {}", name_of(stack_.frames[index]), name, hex_address(*value)),
       true});
}

// Interrupted after the exchange that took the lock, or on the way to a return with it.
bool AwaitedLock::already_holds(size_t index, const LockFunction& function) const {
  const kernel::UnwoundFrame& frame = stack_.frames[index];
  if (!frame.interrupted) return false;
  const HeldAt::States& states = held_at_.states_at(frame.pc(), frame.interrupted);
  return std::ranges::any_of(states.states, [&](const CodeState& state) {
    return std::ranges::any_of(state.held, [&](const SiteLock& lock) {
      return lock.lock == states.paths->values().entry(function.argument);
    });
  });
}

std::optional<PartyAt> AwaitedLock::find(size_t start) {
  witnesses_.clear();
  size_t index = start;
  const size_t end = std::min(stack_.frames.size(), start + kMostFrames);
  while (index < end && is_passed_over(name_of(stack_.frames[index]))) ++index;
  const LockFunction* last = nullptr;
  std::string last_name;
  for (; index < end; ++index) {
    std::string name = name_of(stack_.frames[index]);
    const LockFunction* function = waits_in(name);
    if (function == nullptr) break;
    if (last == nullptr && already_holds(index, *function)) return std::nullopt;
    // A mutex is waited for with its inner spinlock in hand: a spinner on that waits for no mutex.
    if (last != nullptr && last->type != function->type) break;
    hear_frame(index, *function, name);
    last = function;
    last_name = std::move(name);
  }
  if (last == nullptr) return std::nullopt;
  if (index < stack_.frames.size()) hear_caller(index, *last, last_name);
  if (witnesses_.empty()) return std::nullopt;
  PartyAt result;
  result.lock = witnesses_.front().lock;
  for (const Witness& witness : witnesses_) {
    if (witness.lock != result.lock) return std::nullopt;
    if (!result.party.evidence.empty()) result.party.evidence += "; ";
    result.party.evidence += witness.text;
  }
  result.waits = true;
  result.type = last->type;
  result.party.task = stack_.task;
  result.party.cpu = stack_.cpu;
  result.party.shared = last->shared;
  result.party.source = model::LockSource::registers;
  // What one function hands to the next is one value, however often it is met.
  const bool two = std::ranges::any_of(witnesses_, &Witness::caller) &&
                   !std::ranges::all_of(witnesses_, &Witness::caller);
  result.party.grade = two ? Grade::proven : Grade::inferred;
  result.party.frame = static_cast<int>(index < stack_.frames.size() ? index : index - 1);
  result.party.code = index < stack_.frames.size() ? stack_.frames[index].pc() : 0;
  return result;
}

}  // namespace

std::vector<PartyAt> awaited_locks(HeldAt& held_at, const kernel::UnwoundStack& stack,
                                   std::optional<uint64_t> percpu_base) {
  AwaitedLock reader(held_at, stack, percpu_base);
  std::vector<PartyAt> found;
  for (size_t start = 0; start < stack.frames.size(); ++start) {
    if (start != 0 && !stack.frames[start].interrupted) continue;
    auto awaited = reader.find(start);
    if (!awaited) continue;
    found.push_back(std::move(*awaited));
  }
  return found;
}

}  // namespace kmortem::locks
