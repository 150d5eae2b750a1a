// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "locks/party_at.h"
#include "model/lock_state.h"

namespace kmortem::locks {

/// Every lock that some source has named, with what each said of it, merged.
class LockBook {
 public:
  /// The lock, new if need be. One that was entered without a type gets it.
  model::LockState& lock(uint64_t address, model::LockType type);

  /// Whether a source has named a lock of that type there.
  bool has(uint64_t address, model::LockType type) const {
    return locks_.contains({address, type});
  }

  /// Enters one source's word: a party that is there already keeps the better grade's source, and
  /// the evidence of both.
  model::LockParty& add(const PartyAt& found);

  /// By address.
  std::vector<model::LockState> take();
  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [key, state] : locks_) visit(state);
  }

 private:
  std::map<std::pair<uint64_t, model::LockType>, model::LockState> locks_;
};

/// Adds `party` to `parties`, or to the entry that is the same task or CPU at the same frame.
model::LockParty& merge_party(std::vector<model::LockParty>* parties,
                              const model::LockParty& party);

/// The party of that task, or null.
const model::LockParty* find_party(const std::vector<model::LockParty>& parties, uint64_t task);

}  // namespace kmortem::locks
