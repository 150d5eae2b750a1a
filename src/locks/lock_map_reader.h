// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "kernel/record.h"
#include "locks/lockdep_layout.h"
#include "locks/string_cache.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Decides whether a place in memory holds a struct lockdep_map.
class LockMapReader {
 public:
  /// Borrows everything; layout.map must be known.
  LockMapReader(const LockdepLayout& layout, const model::Lockdep& lockdep, StringCache* strings);

  /// sizeof(struct lockdep_map).
  uint64_t size() const { return layout_.map.size; }

  /// The map at `address`, whose size() bytes are `bytes`, when it is consistent in itself: it has
  /// a key, a readable name, sane wait types, and cached classes that are classes. With
  /// `class_must_match` a cached class must also be registered for the map's key; without, a class
  /// of another key (the map was freed, or its class was) is left in.
  std::optional<model::LockMap> decode(uint64_t address, std::span<const std::byte> bytes,
                                       bool class_must_match) const;

 private:
  bool take_class(uint64_t pointer, size_t slot, bool must_match, model::LockMap* map) const;
  bool take_types(const kernel::Record& record, model::LockMap* map) const;

  const LockdepLayout& layout_;
  const model::Lockdep& lockdep_;
  StringCache* strings_;
  uint64_t wait_type_end_ = 0;  // LD_WAIT_MAX
};

}  // namespace kmortem::locks
