// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <unordered_map>

#include "kernel/target.h"
#include "locks/lock_classes.h"
#include "locks/lockdep_layout.h"
#include "locks/string_cache.h"
#include "model/lock_state.h"
#include "model/lockdep.h"

namespace kmortem::locks {

struct LockSources;

/// Names locks: by their lockdep_map, by their class, by the symbol that covers them.
class LockNames {
 public:
  LockNames(const kernel::Target& target, const LockSources& sources);

  /// The class that held_locks gives.
  void take_class(int class_index, model::LockState* state) const;
  /// Fills name, symbol and lock_class as far as they are empty.
  void name(model::LockState* state);

 private:
  void read_map(model::LockState* state);

  const kernel::Target& target_;
  const model::Lockdep& lockdep_;
  const NameAddress& name_address_;
  StringCache strings_;
  OptionalField map_name_, class_cache_;
  std::unordered_map<uint64_t, const model::LockClass*> class_at_;
};

}  // namespace kmortem::locks
