// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/pointer_hash.h"

#include <optional>

#include "locks/kernel_reads.h"

namespace kmortem::locks {

namespace {

bool key_is_ready(const kernel::Target& target) {
  // A plain flag in 4.15 to 4.17 and again since 6.0; a static key, on while there is no key yet,
  // in between.
  for (const char* flag : {"filled_random_ptr_key", "have_filled_random_ptr_key"}) {
    if (auto ready = read_variable(target, flag, 1)) return *ready != 0;
  }
  if (const auto key = target.symbol("not_filled_random_ptr_key")) {
    // static_key.enabled is the first member.
    return target.memory.read_u32(*key).value_or(1) == 0;
  }
  return true;
}

}  // namespace

void read_pointer_hash(const kernel::Target& target, model::Lockdep* lockdep) {
  const auto key = target.symbol("ptr_key");
  const auto raw = read_variable(target, "no_hash_pointers", 1);
  lockdep->pointers_raw = !key || raw.value_or(0) != 0;
  if (!key) return;
  const auto low = target.memory.read_u64(*key);
  const auto high = target.memory.read_u64(*key + 8);
  lockdep->pointer_key_ready = low && high && key_is_ready(target);
  if (low && high) lockdep->pointer_key = {*low, *high};
}

}  // namespace kmortem::locks
