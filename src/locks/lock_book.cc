// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_book.h"

#include <algorithm>

namespace kmortem::locks {

namespace {

using model::LockParty;

bool same_party(const LockParty& a, const LockParty& b) {
  // One task may hold or wait at two places: in itself and in an interrupt that hit it.
  if (a.frame >= 0 && b.frame >= 0 && a.frame != b.frame) return false;
  if (a.task != 0 && b.task != 0) return a.task == b.task;
  return a.cpu >= 0 && a.cpu == b.cpu;
}

// A list on the stack and a register of the function that waits, each found without the other.
bool confirm_each_other(const LockParty& a, const LockParty& b) {
  using model::LockSource;
  const auto is = [](const LockParty& party, LockSource source) {
    return party.source == source && party.grade == model::Grade::inferred;
  };
  return (is(a, LockSource::stack_slot) && is(b, LockSource::registers)) ||
         (is(a, LockSource::registers) && is(b, LockSource::stack_slot));
}

void merge(const LockParty& from, LockParty* into) {
  const bool confirmed = confirm_each_other(from, *into);
  const bool better = from.grade < into->grade;
  const std::string evidence =
      into->evidence.empty() || from.evidence.empty() || into->evidence == from.evidence
          ? (into->evidence.empty() ? from.evidence : into->evidence)
          : (better ? from.evidence + "; " + into->evidence
                    : into->evidence + "; " + from.evidence);
  if (better) {
    into->grade = from.grade;
    into->source = from.source;
    into->shared = from.shared;
  }
  if (confirmed) into->grade = model::Grade::proven;
  into->evidence = evidence;
  into->hint = into->hint && from.hint;
  if (into->task == 0) into->task = from.task;
  if (into->cpu < 0) into->cpu = from.cpu;
  if (into->frame < 0) into->frame = from.frame;
  if (into->code == 0) into->code = from.code;
  into->waited_ns = std::max(into->waited_ns, from.waited_ns);
}

}  // namespace

LockParty& merge_party(std::vector<LockParty>* parties, const LockParty& party) {
  for (LockParty& known : *parties) {
    if (!same_party(known, party)) continue;
    merge(party, &known);
    return known;
  }
  parties->push_back(party);
  return parties->back();
}

const LockParty* find_party(const std::vector<LockParty>& parties, uint64_t task) {
  const auto found = std::ranges::find(parties, task, &LockParty::task);
  return found == parties.end() || task == 0 ? nullptr : &*found;
}

model::LockState& LockBook::lock(uint64_t address, model::LockType type) {
  if (type == model::LockType::unknown) {
    const auto known = locks_.lower_bound({address, type});
    if (known != locks_.end() && known->first.first == address) return known->second;
  } else if (auto untyped = locks_.extract({address, model::LockType::unknown}); !untyped.empty()) {
    untyped.key().second = type;
    untyped.mapped().type = type;
    return locks_.insert(std::move(untyped)).position->second;
  }
  model::LockState& state = locks_[{address, type}];
  state.address = address;
  state.type = type;
  return state;
}

LockParty& LockBook::add(const PartyAt& found) {
  model::LockState& state = lock(found.lock, found.type);
  return merge_party(found.waits ? &state.waiters : &state.owners, found.party);
}

std::vector<model::LockState> LockBook::take() {
  std::vector<model::LockState> all;
  all.reserve(locks_.size());
  for (auto& [key, state] : locks_) all.push_back(std::move(state));
  locks_.clear();
  return all;
}

}  // namespace kmortem::locks
