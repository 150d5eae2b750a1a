// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kernel/target.h"
#include "locks/lockdep_layout.h"
#include "locks/string_cache.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Decides whether a place in memory holds a raw_spinlock_t with CONFIG_DEBUG_SPINLOCK.
class SpinlockReader {
 public:
  SpinlockReader(const kernel::Target& target, StringCache* strings);

  /// False without CONFIG_DEBUG_SPINLOCK.
  bool known() const { return known_; }
  uint64_t offset_of_magic() const { return magic_ ? magic_->offset : 0; }

  /// sizeof(raw_spinlock_t).
  uint64_t size() const { return size_; }
  static constexpr uint64_t kLargest = 256;

  /// The lock at `address`, whose size() bytes are `bytes`, when its magic is right, owner_cpu is
  /// -1 or a CPU's number and owner is -1 or a kernel address. `symbol` is left empty.
  std::optional<model::SpinlockInstance> decode(uint64_t address,
                                                std::span<const std::byte> bytes) const;

 private:
  StringCache* strings_;
  OptionalField raw_lock_, magic_, owner_cpu_, owner_, dep_map_, map_name_;
  uint64_t size_ = 0;
  bool known_ = false;
};

}  // namespace kmortem::locks
