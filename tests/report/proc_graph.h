// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/lockdep.h"

namespace kmortem::report {

// Bits of lock_list.dep as the forward list has them.
inline constexpr unsigned kSR = 1;
inline constexpr unsigned kER = 2;
inline constexpr unsigned kSN = 4;
inline constexpr unsigned kEN = 8;

/// `count` classes "A", "B", … with consecutive indices and keys, of a kernel with
/// CONFIG_PROVE_LOCKING.
inline model::Lockdep classes(unsigned count) {
  model::Lockdep lockdep;
  lockdep.present = true;
  lockdep.features.prove_locking = true;
  lockdep.features.strong_paths = true;
  lockdep.features.states = {"HARDIRQ", "SOFTIRQ"};
  lockdep.features.used_bit = 8;
  for (unsigned i = 0; i < count; ++i) {
    model::LockClass cls;
    cls.index = i;
    cls.key = 0xffffffff81000000 + i * 16;
    cls.name = std::string(1, static_cast<char>('A' + i));
    cls.usage = "....";
    lockdep.position[i] = i;
    lockdep.classes.push_back(cls);
  }
  return lockdep;
}

/// Appends `from` → `to` to the lists of both.
inline void add(model::Lockdep* lockdep, int from, int to, unsigned dep = kEN,
                unsigned distance = 1) {
  // In the backward list the roles are swapped: bits 1 and 2 trade places.
  const unsigned back = (dep & 9) | (dep & 2) << 1 | (dep & 4) >> 1;
  auto& classes = lockdep->classes;
  const auto next = [&] { return static_cast<unsigned>(lockdep->dependencies.size()); };
  classes[static_cast<size_t>(from)].locks_after.push_back(next());
  lockdep->dependencies.push_back({0, from, to, distance, dep, -1});
  classes[static_cast<size_t>(to)].locks_before.push_back(next());
  lockdep->dependencies.push_back({0, to, from, distance, back, -1});
}

}  // namespace kmortem::report
