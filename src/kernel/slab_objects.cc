// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/slab_objects.h"

#include <fmt/core.h>

#include <bit>

namespace kmortem::kernel {

namespace {

constexpr uint64_t kLargestCache = 4096;       // struct kmem_cache with its nodes
constexpr uint64_t kLargestSlab = 8ULL << 20;  // order 11; what is larger was never a slab
constexpr size_t kLongestName = 64;

}  // namespace

SlabObjects::SlabObjects(const Target& target, const PageFrames& frames,
                         std::span<const model::Cpu> cpus)
    : target_(target), frames_(frames), cpus_(cpus), layout_(target.types) {}

std::optional<SlabObject> SlabObjects::find(const PageFrame& head, uint64_t address) const {
  if (!layout_.usable() || layout_.cache_size > kLargestCache) return std::nullopt;
  const uint64_t cache_at = head.record().get(*layout_.slab_cache);
  if (!dump::is_kernel_address(cache_at)) return std::nullopt;
  const auto bytes = target_.memory.read_bytes(cache_at, layout_.cache_size);
  if (!bytes) return std::nullopt;
  const Record cache(cache_at, *bytes);
  const auto slab = read_slab(head, cache);
  if (!slab) return std::nullopt;
  const auto wanted = index_in(*slab, address);
  const auto name = target_.memory.read_string(cache.get(*layout_.name), kLongestName);
  if (!wanted || !name || name->empty()) return std::nullopt;

  SlabObject object;
  object.cache = *name;
  object.object = slab->first + *wanted * slab->room + slab->padding;
  object.type_safe = layout_.flags && (cache.get(*layout_.flags) & layout_.type_safe) != 0;
  const Walk own = walk(*slab, head.record().get(*layout_.freelist), *wanted);
  if (own.met) {
    object.free = true;
    object.free_list = "the slab's freelist";
    object.counted = own.complete && own.length == slab->count - head.record().get(*layout_.in_use);
    return object;
  }
  find_on_cpus(head, cache, *slab, *wanted, object);
  return object;
}

std::optional<SlabObjects::Slab> SlabObjects::read_slab(const PageFrame& head,
                                                        const Record& cache) const {
  Slab slab;
  slab.first = frames_.address_of(head.number);
  slab.room = cache.get(*layout_.object_room);
  slab.count = head.record().get(*layout_.objects);
  slab.link = cache.get(*layout_.link);
  slab.padding = cache.get_or(layout_.padding, 0);
  if (layout_.secret) slab.secret = cache.get(*layout_.secret);
  const uint64_t in_use = head.record().get(*layout_.in_use);
  const bool sound = slab.room >= sizeof(uint64_t) && slab.room <= kLargestSlab &&
                     slab.count != 0 && slab.count <= kLargestSlab / slab.room &&
                     slab.padding < slab.room && in_use <= slab.count &&
                     slab.link <= slab.room - sizeof(uint64_t);
  if (!sound) return std::nullopt;
  return slab;
}

std::optional<uint64_t> SlabObjects::index_in(const Slab& slab, uint64_t pointer) const {
  if (pointer < slab.first) return std::nullopt;
  const uint64_t index = (pointer - slab.first) / slab.room;
  if (index >= slab.count) return std::nullopt;
  return index;
}

SlabObjects::Walk SlabObjects::walk(const Slab& slab, uint64_t first, uint64_t wanted) const {
  Walk walk;
  uint64_t object = first;
  while (object != 0 && walk.length < slab.count) {
    const auto index = index_in(slab, object);
    // Freelists lead from object to object, never into the middle of one.
    if (!index || object != slab.first + *index * slab.room + slab.padding) return walk;
    ++walk.length;
    walk.met |= *index == wanted;
    const auto next = next_free(slab, object);
    if (!next) return walk;
    object = *next;
  }
  walk.complete = object == 0;
  return walk;
}

// The pointer is xored with the cache's secret and with its own address, whose bytes are swapped
// since 5.7 (and 5.6.3). Of the two readings at most one leads to an object of this slab.
std::optional<uint64_t> SlabObjects::next_free(const Slab& slab, uint64_t object) const {
  const uint64_t place = object + slab.link;
  const auto stored = target_.memory.read_u64(place);
  if (!stored) return std::nullopt;
  if (!slab.secret) return *stored;
  for (const uint64_t mask : {std::byteswap(place), place}) {
    const uint64_t next = *stored ^ *slab.secret ^ mask;
    if (next == 0 || index_in(slab, next)) return next;
  }
  return std::nullopt;
}

void SlabObjects::find_on_cpus(const PageFrame& head, const Record& cache, const Slab& slab,
                               uint64_t wanted, SlabObject& object) const {
  if (!layout_.per_cpu || !layout_.cpu_slab || !layout_.cpu_freelist) return;
  if (layout_.cpu_size == 0 || layout_.cpu_size > kLargestCache) return;
  const uint64_t per_cpu = cache.get(*layout_.per_cpu);
  for (const model::Cpu& cpu : cpus_) {
    const auto bytes = target_.memory.read_bytes(per_cpu + cpu.percpu_base, layout_.cpu_size);
    if (!bytes) continue;
    const Record record(per_cpu + cpu.percpu_base, *bytes);
    if (record.get(*layout_.cpu_slab) != head.address) continue;
    const Walk found = walk(slab, record.get(*layout_.cpu_freelist), wanted);
    if (!found.met) return;
    object.free = true;
    object.free_list = fmt::format("CPU {}'s freelist", cpu.number);
    // What a CPU allocates from counts as used as a whole, but for what others have freed since.
    object.counted = found.complete && found.length <= head.record().get(*layout_.in_use);
    return;
  }
}

}  // namespace kmortem::kernel
