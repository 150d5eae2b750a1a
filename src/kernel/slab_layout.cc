// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/slab_layout.h"

#include <string>

namespace kmortem::kernel {

namespace {

// SLAB_TYPESAFE_BY_RCU, SLAB_DESTROY_BY_RCU until 4.11: a macro until 6.8, then a bit's number.
constexpr uint64_t kTypeSafeMacro = 0x80000;

}  // namespace

SlabLayout::SlabLayout(const debuginfo::TypeTable& types)
    : cache_size(types.size_of("kmem_cache").value_or(0)),
      name(types.field("kmem_cache.name")),
      object_room(types.field("kmem_cache.size")),
      object_size(types.field("kmem_cache.object_size")),
      link(types.field("kmem_cache.offset")),
      secret(types.field("kmem_cache.random")),
      padding(types.field("kmem_cache.red_left_pad")),
      flags(types.field("kmem_cache.flags")),
      per_cpu(types.field("kmem_cache.cpu_slab")),
      sheaves(types.field("kmem_cache.cpu_sheaves")),
      type_safe(kTypeSafeMacro),
      cpu_size(types.size_of("kmem_cache_cpu").value_or(0)),
      cpu_freelist(types.field("kmem_cache_cpu.freelist")),
      cpu_slab(types.field("kmem_cache_cpu.slab")) {
  const auto bit = types.enumerator("_SLAB_TYPESAFE_BY_RCU");
  if (bit && *bit >= 0 && *bit < 64) type_safe = uint64_t{1} << *bit;
  const std::string slab = types.has("slab.freelist") ? "slab" : "page";
  slab_cache = types.field(slab + ".slab_cache");
  freelist = types.field(slab + ".freelist");
  in_use = types.field(slab + ".inuse");
  objects = types.field(slab + ".objects");
  if (!cpu_slab) cpu_slab = types.field("kmem_cache_cpu.page");  // until 5.16
}

bool SlabLayout::usable() const {
  // SLAB's kmem_cache has no pointer's offset.
  return cache_size != 0 && name && object_room && link && slab_cache && freelist && objects &&
         in_use;
}

}  // namespace kmortem::kernel
