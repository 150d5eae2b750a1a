// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_analyses.h"

#include <algorithm>
#include <cstring>

#include "locks/lock_effects.h"

namespace kmortem::locks {

namespace {

constexpr uint64_t kLargestScanned = uint64_t{64} << 10;
constexpr uint64_t kLargestWrapper = 1024;     // of functions looked into when they are called
constexpr uint64_t kLargestThinWrapper = 256;  // of those that only call others that lock
constexpr unsigned kDeepest = 4;

// Calls `visit` with the target of everything in `bytes` that may be a direct call, jump or branch.
// What is none gives targets that are no function's start.
template <typename Visit>
bool any_target(const std::vector<std::byte>& bytes, uint64_t begin, const Visit& visit) {
  for (size_t i = 0; i + 5 <= bytes.size(); ++i) {
    const auto opcode = std::to_integer<uint8_t>(bytes[i]);
    // E8 call, E9 jmp, 0F 8x jcc: its second byte stands right before the distance too.
    if (opcode != 0xe8 && opcode != 0xe9 && (opcode & 0xf0) != 0x80) continue;
    int32_t distance = 0;
    std::memcpy(&distance, &bytes[i + 1], sizeof(distance));
    if (visit(opcode, begin + i + 5 + static_cast<uint64_t>(int64_t{distance}))) return true;
  }
  return false;
}

// `movb $0x0,(%reg)` or with an 8-bit or 32-bit displacement.
bool zeroes_a_byte(const std::vector<std::byte>& bytes) {
  for (size_t i = 0; i + 3 <= bytes.size(); ++i) {
    if (bytes[i] != std::byte{0xc6}) continue;
    const auto modrm = std::to_integer<uint8_t>(bytes[i + 1]);
    if ((modrm & 0x38) == 0 && modrm < 0xc0) return true;
  }
  return false;
}

// A value of a called function in terms of its caller's at the call.
class Translation {
 public:
  Translation(const CodeValues& from, CodeValues& to, const CodeState& at_call, uint64_t site)
      : from_(from), to_(to), at_call_(at_call), site_(site) {}

  CodeValue translate(CodeValue value) {
    using Kind = CodeValues::Kind;
    const CodeValues::Node node = from_.at(value.node);
    CodeValue result;
    switch (node.kind) {
      case Kind::zero:
        break;
      case Kind::entry:
        result = at_call_.reg(static_cast<Register>(node.place));
        break;
      case Kind::load:
      case Kind::per_cpu:
        result = load(node);
        break;
      case Kind::sum:
        result = to_.sum(translate(node.a), translate(node.b));
        break;
      case Kind::scaled:
        result = to_.scaled(translate(node.a), static_cast<unsigned>(node.site));
        break;
      case Kind::low_half:
      case Kind::signed_half:
        result = to_.half(translate(node.a), node.kind == Kind::signed_half);
        break;
      default:
        // Known in the callee only.
        result = to_.made(site_, kCalleePlace + value.node);
        break;
    }
    if (to_.too_deep(result)) result = to_.made(site_, kCalleePlace + value.node);
    return to_.sum(result, constant(value.offset));
  }

 private:
  static constexpr int64_t kCalleePlace = int64_t{1} << 32;

  CodeValue load(const CodeValues::Node& node) {
    const CodeValue address = translate(node.a);
    if (node.kind == CodeValues::Kind::load && at_call_.on_stack(address)) {
      const StackSlot* slot = at_call_.slot(address, 8);
      if (slot != nullptr) return slot->value;
    }
    return to_.load(address, node.kind == CodeValues::Kind::per_cpu);
  }

  const CodeValues& from_;
  CodeValues& to_;
  const CodeState& at_call_;
  uint64_t site_;
};

}  // namespace

LockAnalyses::LockAnalyses(const kernel::Target& target, kernel::Symbolizer& symbolizer)
    : target_(target),
      reader_(target, symbolizer),
      functions_(target),
      read_count_(target.types.field("percpu_rw_semaphore.read_count")) {
  // Without PREEMPT unlocking is inlined (CONFIG_INLINE_SPIN_UNLOCK), and these do not exist.
  inlined_releases_ = !target.symbol("_raw_spin_unlock") && !target.symbol("rt_spin_unlock");
}

unsigned LockAnalyses::lock_distance(const FunctionSymbol& symbol, bool look_into_calls) {
  const auto known = distances_.find(symbol.address * 2 + (look_into_calls ? 1 : 0));
  if (known != distances_.end()) return known->second;
  const auto bytes = reader_.bytes(symbol, kLargestScanned);
  unsigned distance = 0;
  auto locks = [&](uint8_t, uint64_t target) { return functions_.at(target) != nullptr; };
  auto calls_wrapper = [&](uint8_t opcode, uint64_t target) {
    if (opcode != 0xe8 && opcode != 0xe9) return false;
    const FunctionSymbol* there = reader_.symbol(target);
    if (there == nullptr || there->address != target || there == &symbol) return false;
    return there->size <= kLargestWrapper && lock_distance(*there, false) != 0;
  };
  if (any_target(bytes, symbol.address, locks)) {
    distance = 1;
  } else if (look_into_calls && any_target(bytes, symbol.address, calls_wrapper)) {
    distance = 2;
  }
  distances_[symbol.address * 2 + (look_into_calls ? 1 : 0)] = distance;
  return distance;
}

bool LockAnalyses::touches_locks(uint64_t address) {
  const FunctionSymbol* symbol = reader_.symbol(address);
  if (symbol == nullptr) return false;
  if (functions_.at(symbol->address) != nullptr) return true;
  // A .cold piece is looked at with its function.
  if (without_cold(symbol->name) != symbol->name) return true;
  return lock_distance(*symbol, true) != 0 ||
         (inlined_releases_ && zeroes_a_byte(reader_.bytes(*symbol, kLargestScanned)));
}

bool LockAnalyses::worth_summarizing(const FunctionSymbol& symbol, bool caller_holds) {
  if (symbol.size > kLargestWrapper || never_returns(symbol.name)) return false;
  const unsigned distance = lock_distance(symbol, symbol.size <= kLargestThinWrapper);
  if (distance != 0) return true;
  return inlined_releases_ && caller_holds && symbol.size <= kLargestThinWrapper &&
         zeroes_a_byte(reader_.bytes(symbol, kLargestThinWrapper));
}

const std::vector<LockEffect>* LockAnalyses::summary(uint64_t target, bool caller_holds) {
  const FunctionSymbol* symbol = reader_.symbol(target);
  if (symbol == nullptr || symbol->address != target || depth_ >= kDeepest) return nullptr;
  if (!worth_summarizing(*symbol, caller_holds)) return nullptr;
  LockPaths* inside = paths(target);
  if (inside == nullptr) return nullptr;
  Analysis& analysis = analyses_[target];
  if (!analysis.summary) {
    analysis.summary = std::make_unique<std::vector<LockEffect>>(summarize_locks(*inside));
  }
  return analysis.summary.get();
}

CodeInterpreter::Options LockAnalyses::options_for(const FunctionCode& code) {
  CodeInterpreter::Options options;
  options.inlined_releases = inlined_releases_;
  const LockFunction* itself = functions_.at(code.entry);
  if (itself != nullptr && itself->effect == LockFunction::Effect::release) {
    options.unlocks = itself;
  }
  const auto about_readers = [&](const Instruction& at) {
    const LockFunction* called = at.target == 0 ? nullptr : functions_.at(at.target);
    return called != nullptr && called->type == model::LockType::percpu_rwsem && called->shared;
  };
  if (read_count_ && std::ranges::any_of(code.instructions, about_readers)) {
    options.read_count = read_count_->offset;
  }
  options.inlined_acquisitions = std::ranges::any_of(code.instructions, [&](const auto& at) {
    const LockFunction* called = at.target == 0 ? nullptr : functions_.at(at.target);
    return called != nullptr && called->slow_path;
  });
  return options;
}

LockPaths* LockAnalyses::paths(uint64_t address) {
  const FunctionCode* code = reader_.function(address);
  if (code == nullptr || !code->entry_known) return nullptr;
  Analysis& analysis = analyses_[code->entry];
  if (analysis.running) return nullptr;
  if (!analysis.paths) {
    analysis.running = true;
    ++depth_;
    CallEffects& calls = *this;
    auto paths = std::make_unique<LockPaths>(*code, ControlFlow::of(*code, target_.memory, reader_),
                                             options_for(*code), calls);
    --depth_;
    // The table may have grown meanwhile: references into it stay, but say so by looking again.
    Analysis& done = analyses_[code->entry];
    done.paths = std::move(paths);
    done.running = false;
    return done.paths.get();
  }
  return analysis.paths.get();
}

bool LockAnalyses::switches_tasks(uint64_t target) {
  const FunctionSymbol* symbol = target == 0 ? nullptr : reader_.symbol(target);
  return symbol != nullptr && symbol->address == target && locks::switches_tasks(symbol->name);
}

bool LockAnalyses::preserves_registers(uint64_t target) {
  const FunctionSymbol* symbol = reader_.symbol(target);
  return symbol != nullptr && locks::preserves_registers(symbol->name);
}

namespace {

LockFunction::Effect settled_effect(const LockFunction& function, const CodeState& before) {
  if (function.effect != LockFunction::Effect::acquire_or_try) return function.effect;
  return before.reg(Register::rsi) == constant(0) ? LockFunction::Effect::acquire
                                                  : LockFunction::Effect::acquire_if_true;
}

}  // namespace

void LockAnalyses::apply(CodeInterpreter& interpreter, const Instruction& call,
                         const CodeState& before, CodeState& after) {
  if (call.target == 0) {
    doubt_locks(before, call.address, false, after);
    return;
  }
  if (const LockFunction* function = functions_.at(call.target)) {
    SiteLock lock;
    lock.lock = before.reg(function->argument);
    lock.site = call.address;
    lock.type = function->type;
    lock.shared = function->shared;
    const uint32_t result = after.reg(Register::rax).node;
    if (function->effect == LockFunction::Effect::nothing) return;
    if (function->effect == LockFunction::Effect::release) {
      release_lock(lock, after);
    } else if (function->effect == LockFunction::Effect::downgrade) {
      downgrade_lock(lock.lock, after);
    } else {
      take_lock(lock, settled_effect(*function, before), result, after);
    }
    return;
  }
  if (switches_tasks(call.target)) return hand_over_locks(after);
  const auto* effects = summary(call.target, !before.held.empty());
  if (effects != nullptr && !effects->empty()) {
    apply_summary(interpreter, call.address, call.target, *effects, before, after);
  }
  const Reach reach = after.held.empty() ? Reach::nothing : reach_of(call.target, effects);
  if (reach != Reach::nothing) doubt_locks(before, call.address, reach == Reach::object, after);
}

// What a function that locks does to the lock that it gets, or to one in the object that it gets,
// is not known where its paths were not all followed, or when it releases something on some.
LockAnalyses::Reach LockAnalyses::reach_of(uint64_t target,
                                           const std::vector<LockEffect>* effects) {
  const FunctionSymbol* symbol = reader_.symbol(target);
  if (symbol == nullptr || never_returns(symbol->name)) return Reach::nothing;
  if (symbol->name.starts_with("__x86_indirect_thunk")) return Reach::lock;
  if (effects == nullptr) {
    return lock_distance(*symbol, false) != 0 ? Reach::object : Reach::nothing;
  }
  if (!analyses_[target].paths->incomplete().empty()) return Reach::object;
  const bool releases = std::ranges::any_of(*effects, [](const LockEffect& effect) {
    return effect.effect == LockFunction::Effect::release && !effect.zeroed && effect.maybe;
  });
  return releases ? Reach::object : Reach::nothing;
}

// A function around a lock does the same to it on every path. Most functions that lock are
// balanced, and where following them says "perhaps", that is for want of knowing better: they are
// taken to leave the caller's locks alone, but for one that they may release.
bool LockAnalyses::is_wrapper(uint64_t target, const std::vector<LockEffect>& effects) {
  if (!analyses_[target].paths->incomplete().empty()) return false;
  return std::ranges::none_of(effects, [](const LockEffect& effect) { return effect.maybe; });
}

void LockAnalyses::apply_summary(CodeInterpreter& interpreter, uint64_t site, uint64_t target,
                                 const std::vector<LockEffect>& effects, const CodeState& before,
                                 CodeState& after) {
  LockPaths* inside = analyses_[target].paths.get();
  Translation translation(inside->values(), interpreter.values(), before, site);
  const uint32_t result = after.reg(Register::rax).node;
  const bool wrapper = is_wrapper(target, effects);
  for (const LockEffect& effect : effects) {
    SiteLock lock;
    lock.lock = effect.from_result ? CodeValue{result, effect.lock.offset}
                                   : translation.translate(effect.lock);
    lock.site = site;
    lock.type = effect.type;
    lock.shared = effect.shared;
    lock.maybe = effect.maybe || !wrapper;
    const bool releases = effect.zeroed || effect.effect == LockFunction::Effect::release;
    const bool of_caller = std::ranges::any_of(
        before.held, [&](const SiteLock& held) { return held.lock == lock.lock && !held.lost; });
    if (!wrapper && !(releases && of_caller)) continue;
    if (effect.zeroed) {
      zero_lock(lock, after);
    } else if (effect.effect == LockFunction::Effect::release) {
      release_lock(lock, after);
    } else {
      take_lock(lock, effect.effect, result, after);
    }
  }
}

}  // namespace kmortem::locks
