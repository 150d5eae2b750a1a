// SPDX-License-Identifier: GPL-3.0-or-later
#include "splats/completeness.h"

#include <vector>

namespace kmortem::splats {

namespace {

using model::Splat;
using model::SplatRole;
using model::SplatType;

// "-> #2", "-> #1", "-> #0": a gap is a lost element.
bool whole_chain(const Splat& splat) {
  const std::vector<const model::SplatLock*> chain = splat.chain();
  if (chain.size() < 2 || chain.back()->depth != 0) return false;
  for (size_t i = 1; i < chain.size(); ++i) {
    if (chain[i]->depth + 1 != chain[i - 1]->depth) return false;
  }
  return true;
}

bool named(const Splat& splat, SplatRole role) {
  return splat.lock(role) != nullptr;
}

// The locks that the report's first part names, by type.
bool has_locks(const Splat& splat) {
  switch (splat.type) {
    case SplatType::circular:
      return named(splat, SplatRole::acquiring) && named(splat, SplatRole::holding) &&
             whole_chain(splat);
    case SplatType::recursive:
    case SplatType::irq_safe_unsafe:
      return named(splat, SplatRole::acquiring) && named(splat, SplatRole::holding);
    case SplatType::inconsistent_state:
      return named(splat, SplatRole::acquiring) && !splat.usage_to.empty();
    case SplatType::irq_inversion:
      return named(splat, SplatRole::acquiring) && !splat.usage_from.empty();
    case SplatType::invalid_wait_context:
      return named(splat, SplatRole::acquiring);
    case SplatType::spinlock_bad_magic:
    case SplatType::spinlock_lockup:
    case SplatType::spinlock_wrong_owner:
      return !splat.locks.empty();
    default:
      return true;
  }
}

bool has_held_locks(const Splat& splat, const Evidence& evidence) {
  if (evidence.held_announced) return evidence.held_seen >= *evidence.held_announced;
  return evidence.turned_off || !model::is_lockdep_report(splat.type);
}

bool has_stack(const Splat& splat, const Evidence& evidence) {
  if (splat.type == SplatType::lock_held_returning_user) return true;  // prints none
  if (splat.type == SplatType::rcu_stall && evidence.stall_ended) return true;
  return evidence.stack && !evidence.broken_stack;
}

}  // namespace

bool is_complete(const Splat& splat, const Evidence& evidence) {
  return !evidence.lost_lines && has_locks(splat) && has_held_locks(splat, evidence) &&
         has_stack(splat, evidence);
}

}  // namespace kmortem::splats
