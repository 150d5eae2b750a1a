// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_summary.h"

#include <algorithm>
#include <optional>

namespace kmortem::locks {

namespace {

using Effect = LockFunction::Effect;

// What the returned value says on one exit.
enum class Answer : uint8_t { zero, non_zero, unknown };

bool same_lock(const LockEffect& a, const LockEffect& b) {
  return a.from_result == b.from_result && a.lock == b.lock && a.shared == b.shared;
}

class Summary {
 public:
  explicit Summary(LockPaths& paths) : paths_(paths) {}

  std::vector<LockEffect> make();

 private:
  LockEffect effect_of(const SiteLock& lock, const CodeState& state) const;
  Answer answer(const CodeState& state) const;
  void add_acquired();
  void add_released();
  LockEffect decide(const LockEffect& lock) const;

  LockPaths& paths_;
  std::vector<LockEffect> effects_;
};

// What is on the function's own stack is gone when it returns.
bool outlives(CodeValues& values, CodeValue lock) {
  return lock.node != values.entry(Register::rsp).node;
}

LockEffect Summary::effect_of(const SiteLock& lock, const CodeState& state) const {
  LockEffect effect;
  effect.type = lock.type;
  effect.shared = lock.shared;
  effect.lock = lock.lock;
  const CodeValue result = state.reg(Register::rax);
  const auto kind = paths_.values().at(lock.lock.node).kind;
  const bool own = kind != CodeValues::Kind::entry && kind != CodeValues::Kind::zero;
  if (own && result.node == lock.lock.node) {
    effect.from_result = true;
    effect.lock = constant(lock.lock.offset - result.offset);
  }
  return effect;
}

Answer Summary::answer(const CodeState& state) const {
  const CodeValue result = state.reg(Register::rax);
  CodeState zero = state;
  CodeState other = state;
  // An int: what the upper half holds does not count.
  const bool may_be_zero = zero.learn(paths_.values(), {result, 4, 0, true});
  const bool may_be_other = other.learn(paths_.values(), {result, 4, 0, false});
  if (may_be_zero == may_be_other) return Answer::unknown;
  return may_be_zero ? Answer::zero : Answer::non_zero;
}

// How one lock stands over all exits.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): one pass over every kind of exit
LockEffect Summary::decide(const LockEffect& lock) const {
  bool always = true;
  bool if_true = true;
  bool if_zero = true;
  for (const FunctionExit& exit : paths_.exits()) {
    bool held = false;
    bool maybe = false;
    for (const SiteLock& site : exit.state.held) {
      if (site.lost || !same_lock(effect_of(site, exit.state), lock)) continue;
      held = true;
      maybe = maybe || site.maybe;
    }
    std::optional<bool> on_zero;  // a trial whose result is returned
    for (const TriedLock& tried : exit.state.tried) {
      if (same_lock(effect_of(tried.lock, exit.state), lock)) on_zero = tried.zero_is_success;
    }
    if (on_zero) {
      always = false;
      (*on_zero ? if_true : if_zero) = false;
      continue;
    }
    const bool surely = held && !maybe;
    always = always && surely;
    // A pointer to what holds the lock is not null.
    const Answer said = lock.from_result && held ? Answer::non_zero : answer(exit.state);
    if_true = if_true && said == (surely ? Answer::non_zero : Answer::zero) && !maybe;
    if_zero = if_zero && said == (surely ? Answer::zero : Answer::non_zero) && !maybe;
  }
  LockEffect result = lock;
  result.effect = Effect::acquire;
  if (always) return result;
  if (if_true) {
    result.effect = Effect::acquire_if_true;
  } else if (if_zero) {
    result.effect = Effect::acquire_if_zero;
  } else {
    result.maybe = true;
  }
  return result;
}

void Summary::add_acquired() {
  std::vector<LockEffect> locks;
  auto add = [&](const SiteLock& lock, const CodeState& state) {
    const LockEffect effect = effect_of(lock, state);
    // What was the caller's before is that again: nothing has changed for him.
    if (lock.lost || lock.again || !outlives(paths_.values(), effect.lock)) return;
    auto same = [&](const LockEffect& known) { return same_lock(known, effect); };
    if (std::ranges::none_of(locks, same)) locks.push_back(effect);
  };
  for (const FunctionExit& exit : paths_.exits()) {
    for (const SiteLock& lock : exit.state.held) add(lock, exit.state);
    for (const TriedLock& tried : exit.state.tried) add(tried.lock, exit.state);
  }
  for (const LockEffect& lock : locks) effects_.push_back(decide(lock));
}

void Summary::add_released() {
  std::vector<LockEffect> released;
  for (const bool zeroed : {false, true}) {
    for (const FunctionExit& exit : paths_.exits()) {
      for (const SiteLock& lock : zeroed ? exit.state.zeroed : exit.state.released) {
        if (!outlives(paths_.values(), lock.lock)) continue;
        LockEffect effect;
        effect.effect = Effect::release;
        effect.type = lock.type;
        effect.shared = lock.shared;
        effect.lock = lock.lock;
        effect.zeroed = zeroed;
        auto same = [&](const LockEffect& known) {
          return same_lock(known, effect) && known.zeroed == zeroed;
        };
        if (std::ranges::none_of(released, same)) released.push_back(effect);
      }
    }
  }
  for (LockEffect& effect : released) {
    for (const FunctionExit& exit : paths_.exits()) {
      const auto& list = effect.zeroed ? exit.state.zeroed : exit.state.released;
      const bool surely = std::ranges::any_of(list, [&](const SiteLock& lock) {
        return lock.lock == effect.lock && lock.shared == effect.shared && !lock.maybe;
      });
      if (!surely) effect.maybe = true;
    }
    effects_.push_back(effect);
  }
}

std::vector<LockEffect> Summary::make() {
  if (paths_.exits().empty()) return {};
  // Releases come first: of a lock that was given up and taken anew, the caller holds it again.
  add_released();
  add_acquired();
  if (!paths_.incomplete().empty()) {
    for (LockEffect& effect : effects_) effect.maybe = true;
  }
  return std::move(effects_);
}

}  // namespace

std::vector<LockEffect> summarize_locks(LockPaths& paths) {
  return Summary(paths).make();
}

}  // namespace kmortem::locks
