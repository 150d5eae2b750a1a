// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/held_claims.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hex.h"

namespace kmortem::locks {

namespace {

using model::Grade;
using model::LockParty;
using model::LockSource;
using model::LockState;

std::string slot_text(const HeldClaim& claim) {
  std::string text =
      fmt::format("held_locks[{}] of {} [{}]", claim.slot, claim.task->comm, claim.task->pid);
  if (!claim.live) text += ", as of when lockdep stopped";
  return text;
}

LockParty party_of(const HeldClaim& claim, Grade grade) {
  LockParty party;
  party.task = claim.task->address;
  party.cpu = claim.task->on_cpu ? claim.task->cpu : -1;
  party.shared = claim.held().read != 0;
  party.source = LockSource::held_locks;
  party.grade = claim.live ? grade : Grade::stale;
  party.hint = !claim.live;
  party.code = claim.held().acquire_ip;
  party.evidence = slot_text(claim);
  return party;
}

/// The owner that the lock's own word or an instruction names, not a mere hint.
const LockParty* sure_owner(const LockState& state) {
  const auto found = std::ranges::find_if(state.owners, [](const LockParty& owner) {
    return !owner.hint && owner.source != LockSource::held_locks && owner.task != 0;
  });
  return found == state.owners.end() ? nullptr : &*found;
}

void add_waiter(const HeldClaim& claim, Grade grade, LockState* state) {
  LockParty party = party_of(claim, grade);
  // The same task may be queued twice, in itself and in an interrupt: the record names one of them.
  merge_party(&state->waiters, party);
}

void judge_against_owner(const HeldClaim& claim, const LockParty& owner, const LockWord& word,
                         LockState* state) {
  if (owner.task == claim.task->address && !claim.repeated) {
    merge_party(&state->owners, party_of(claim, Grade::proven));
    return;
  }
  if (owner.task == claim.task->address) {
    // Nobody holds such a lock twice: the second time it waits for itself.
    add_waiter(claim, word.has_waiters ? Grade::proven : Grade::inferred, state);
    return;
  }
  if (!claim.went_on && !claim.held().trylock) {
    add_waiter(claim, Grade::proven, state);
    return;
  }
  state->undecided.push_back(slot_text(claim) + " lists it, but its owner is another task");
}

}  // namespace

std::vector<HeldClaim> claims_of(const model::Task& task, bool live) {
  std::vector<HeldClaim> claims;
  const auto& held = task.held_locks;
  for (size_t slot = 0; slot < held.size(); ++slot) {
    HeldClaim claim{&task, slot, false, false, live};
    for (size_t later = slot + 1; later < held.size(); ++later) {
      if (held[later].irq_context == held[slot].irq_context) claim.went_on = true;
    }
    for (size_t earlier = 0; earlier < slot; ++earlier) {
      if (held[earlier].address == held[slot].address) claim.repeated = true;
    }
    claims.push_back(claim);
  }
  return claims;
}

void judge_claim(const HeldClaim& claim, const LockWord* word, LockState* state) {
  const bool sure = claim.went_on || claim.held().trylock;
  if (word == nullptr) {
    const bool only_lockdep = state->type == model::LockType::lockdep_only;
    const Grade grade = only_lockdep ? Grade::proven : Grade::inferred;
    merge_party(&state->owners, party_of(claim, grade));
    return;
  }
  if (find_party(state->waiters, claim.task->address) != nullptr && !sure) {
    add_waiter(claim, Grade::proven, state);
    return;
  }
  if (word->locked && !*word->locked) {
    state->undecided.push_back(slot_text(claim) +
                               " lists it, but its own word says that it is free");
    return;
  }
  const LockParty* owner = sure_owner(*state);
  if (owner != nullptr && (word->writing || !owner->shared)) {
    judge_against_owner(claim, *owner, *word, state);
    return;
  }
  const bool wants_to_write = claim.held().read == 0;
  if (wants_to_write && word->locked && !word->writing && word->no_owner_kept && !sure &&
      state->type != model::LockType::raw_spinlock) {
    add_waiter(claim, Grade::inferred, state);  // readers are inside
    return;
  }
  merge_party(&state->owners, party_of(claim, sure ? Grade::proven : Grade::inferred));
}

}  // namespace kmortem::locks
