// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/snapshot.h"

namespace kmortem::checks {

/// Lockdep's hash over a sequence of held locks, as iterate_chain_key() makes it: jhash's mixing
/// (4.8), before that shifts. No structure says which; the chains in the dump do.
class ChainKeys {
 public:
  /// The way in which most chains of the dump have their key; nothing when there are too few of
  /// them, or most fit neither way: then this kernel does it in a way that is not known here.
  static std::optional<ChainKeys> of(const model::Lockdep& lockdep);

  /// INITIAL_CHAIN_KEY: -1 (5.2), before that 0.
  uint64_t initial() const { return initial_; }
  /// The key of a sequence with one lock more. `id` is the class index, from 5.10 with
  /// `read` << 13.
  uint64_t next(uint64_t key, uint32_t id) const;
  uint64_t of_sequence(std::span<const uint16_t> ids) const;

 private:
  ChainKeys(bool mixes, uint64_t initial) : mixes_(mixes), initial_(initial) {}

  bool mixes_;
  uint64_t initial_;
};

}  // namespace kmortem::checks
