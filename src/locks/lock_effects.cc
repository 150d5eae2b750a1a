// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_effects.h"

#include <algorithm>
#include <array>

namespace kmortem::locks {

namespace {

using Effect = LockFunction::Effect;
using model::LockType;

bool is_spinning(LockType type) {
  return type == LockType::raw_spinlock || type == LockType::rwlock;
}

bool same_family(const SiteLock& a, const SiteLock& b) {
  if (a.type == LockType::unknown || b.type == LockType::unknown) return true;
  return a.shared == b.shared && (a.type == b.type || (is_spinning(a.type) && is_spinning(b.type)));
}

// Values that differ may be the same address, but not two constants, nor two members of one object.
bool may_alias(const SiteLock& a, const SiteLock& b) {
  if (a.lost || b.lost) return true;
  return a.lock.node != b.lock.node;
}

using Held = std::vector<SiteLock>::reverse_iterator;

// A lock of the caller's is then released, not one that was never held.
void give_up(const Held& held, uint64_t site, CodeState& state) {
  if (held->again) {
    SiteLock released = *held;
    released.site = site;
    released.again = false;
    state.released.push_back(released);
  }
  state.held.erase(std::next(held).base());
}

// Whether the function had released exactly this lock, which it now gives back.
bool take_back(const SiteLock& lock, CodeState& state) {
  const auto found = std::ranges::find_if(state.released, [&](const SiteLock& released) {
    return !released.lost && !released.maybe && released.lock == lock.lock &&
           same_family(released, lock);
  });
  if (found == state.released.end()) return false;
  state.released.erase(found);
  return true;
}

}  // namespace

void take_lock(const SiteLock& lock, Effect effect, uint32_t result, CodeState& state) {
  if (effect == Effect::acquire) {
    const bool again = !lock.maybe && take_back(lock, state);
    state.held.push_back(lock);
    state.held.back().again = again;
    return;
  }
  state.tried.push_back({lock, result, effect == Effect::acquire_if_zero});
}

void release_lock(const SiteLock& lock, CodeState& state) {
  std::erase_if(state.tried, [&](const TriedLock& tried) {
    return tried.lock.lock == lock.lock && same_family(tried.lock, lock);
  });
  auto exact = [&](const SiteLock& held) {
    return !held.lost && held.lock == lock.lock && same_family(held, lock);
  };
  const auto found = std::find_if(state.held.rbegin(), state.held.rend(), exact);
  if (found != state.held.rend()) {
    if (lock.maybe) {
      found->maybe = true;
    } else {
      give_up(found, lock.site, state);
    }
    return;
  }
  bool doubtful = false;
  for (SiteLock& held : state.held) {
    if (!same_family(held, lock) || !may_alias(held, lock)) continue;
    held.maybe = true;
    doubtful = true;
  }
  SiteLock released = lock;
  released.maybe = lock.maybe || doubtful;
  // Once is enough, or a loop would make it a list without end.
  auto known = [&](const SiteLock& other) { return other.site == lock.site; };
  if (std::ranges::none_of(state.released, known)) state.released.push_back(released);
}

void zero_lock(const SiteLock& lock, CodeState& state) {
  auto exact = [&](const SiteLock& held) {
    return !held.lost && held.lock == lock.lock && is_spinning(held.type) && !held.shared;
  };
  const auto found = std::find_if(state.held.rbegin(), state.held.rend(), exact);
  if (found == state.held.rend()) return;
  if (lock.maybe) {
    found->maybe = true;
  } else {
    give_up(found, lock.site, state);
  }
}

void hand_over_locks(CodeState& state) {
  state.held.clear();
  state.tried.clear();
}

void doubt_locks(const CodeState& before, uint64_t site, bool in_object, CodeState& state) {
  constexpr std::array kArguments = {Register::rdi, Register::rsi, Register::rdx,
                                     Register::rcx, Register::r8,  Register::r9};
  for (SiteLock& held : state.held) {
    if (held.lost || held.doubted_by != 0) continue;
    // From another member (obj->timer) nobody gets to the lock; a pointer to one local variable is
    // none to another.
    const bool object = in_object && !held.lock.is_constant() && !before.on_stack(held.lock);
    const bool gets = std::ranges::any_of(kArguments, [&](Register argument) {
      const CodeValue value = before.reg(argument);
      return value == held.lock || (object && value == CodeValue{held.lock.node, 0});
    });
    if (gets) held.doubted_by = site;
  }
}

void downgrade_lock(CodeValue lock, CodeState& state) {
  for (SiteLock& held : state.held) {
    if (held.lock == lock) held.shared = true;
  }
}

}  // namespace kmortem::locks
