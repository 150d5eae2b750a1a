// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/splat.h"

#include <algorithm>
#include <array>

namespace kmortem::model {

namespace {

constexpr std::array<std::string_view, 25> kTypes = {
    "circular",
    "recursive",
    "inconsistent-state",
    "irq-safe-unsafe",
    "irq-inversion",
    "invalid-wait-context",
    "lock-held-freed",
    "lock-held-returning-user",
    "lock-held-exit",
    "bad-unlock-balance",
    "bad-contention",
    "suspicious-rcu",
    "non-static-key",
    "max-lockdep",
    "lockdep-internal",
    "deadlock-other",
    "spinlock-bad-magic",
    "spinlock-lockup",
    "spinlock-wrong-owner",
    "sleeping-atomic",
    "scheduling-atomic",
    "soft-lockup",
    "hard-lockup",
    "rcu-stall",
    "hung-task",
};
constexpr std::array<std::string_view, 5> kRoles = {"acquiring", "holding", "held", "chain",
                                                    "other"};
constexpr std::array<std::string_view, 4> kMatches = {"not-compared", "confirmed", "contradicted",
                                                      "only-in-log"};

}  // namespace

std::string_view splat_type_name(SplatType type) {
  return kTypes.at(static_cast<size_t>(type));
}

bool is_lockdep_report(SplatType type) {
  switch (type) {
    case SplatType::circular:
    case SplatType::recursive:
    case SplatType::inconsistent_state:
    case SplatType::irq_safe_unsafe:
    case SplatType::irq_inversion:
    case SplatType::invalid_wait_context:
    case SplatType::lock_held_freed:
    case SplatType::lock_held_returning_user:
    case SplatType::lock_held_exit:
    case SplatType::bad_unlock_balance:
    case SplatType::bad_contention:
      return true;
    default:
      return false;
  }
}

std::string_view splat_role_name(SplatRole role) {
  return kRoles.at(static_cast<size_t>(role));
}

std::string_view splat_match_name(SplatMatch match) {
  return kMatches.at(static_cast<size_t>(match));
}

std::string Splat::usage() const {
  if (usage_from.empty() || usage_to.empty()) return usage_from + usage_to;
  return usage_from + " -> " + usage_to;
}

const SplatLock* Splat::lock(SplatRole role) const {
  const auto it = std::find_if(locks.begin(), locks.end(),
                               [&](const SplatLock& lock) { return lock.role == role; });
  return it == locks.end() ? nullptr : &*it;
}

std::vector<const SplatLock*> Splat::chain() const {
  std::vector<const SplatLock*> chain;
  for (const SplatLock& lock : locks) {
    if (lock.role == SplatRole::chain) chain.push_back(&lock);
  }
  return chain;
}

}  // namespace kmortem::model
