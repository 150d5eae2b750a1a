// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "debuginfo/type_table.h"

namespace kmortem::kernel {

/// Where SLUB keeps what: struct kmem_cache, kmem_cache_cpu, and struct slab, which until 5.16 was
/// a part of struct page.
struct SlabLayout {
  explicit SlabLayout(const debuginfo::TypeTable& types);

  /// False for SLAB and SLOB, and where the debuginfo does not describe these structures.
  bool usable() const;

  uint64_t cache_size = 0;  ///< of struct kmem_cache
  std::optional<debuginfo::Field> name;
  std::optional<debuginfo::Field> object_room;  ///< kmem_cache.size: from object to object
  std::optional<debuginfo::Field> object_size;
  std::optional<debuginfo::Field> link;     ///< kmem_cache.offset: of the freelist's pointer
  std::optional<debuginfo::Field> secret;   ///< kmem_cache.random, with SLAB_FREELIST_HARDENED
  std::optional<debuginfo::Field> padding;  ///< kmem_cache.red_left_pad
  std::optional<debuginfo::Field> flags;
  std::optional<debuginfo::Field> per_cpu;  ///< kmem_cache.cpu_slab; gone in 7.0
  std::optional<debuginfo::Field> sheaves;  ///< kmem_cache.cpu_sheaves, 6.18
  uint64_t type_safe = 0;                   ///< SLAB_TYPESAFE_BY_RCU in `flags`

  std::optional<debuginfo::Field> slab_cache;  ///< of the slab
  std::optional<debuginfo::Field> freelist;
  std::optional<debuginfo::Field> in_use;
  std::optional<debuginfo::Field> objects;

  uint64_t cpu_size = 0;  ///< of struct kmem_cache_cpu
  std::optional<debuginfo::Field> cpu_freelist;
  std::optional<debuginfo::Field> cpu_slab;
};

}  // namespace kmortem::kernel
