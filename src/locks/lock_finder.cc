// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_finder.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "base/checked.h"

namespace kmortem::locks {

OwnTables::OwnTables(dump::DumpFile& dump, const LockdepLayout& layout) {
  for (const Table* table : {&layout.lock_classes, &layout.list_entries, &layout.lock_chains,
                             &layout.chain_hlocks, &layout.stack_trace, &layout.classhash}) {
    if (!table->present || table->size() == 0) continue;
    // Part of the kernel image, which is physically contiguous.
    if (auto physical = dump.translate(table->address)) {
      ranges_.push_back({*physical, *physical + table->size()});
    }
  }
  std::ranges::sort(ranges_, {}, &dump::PhysicalRange::begin);
}

bool OwnTables::contain(uint64_t physical) const {
  auto it = std::ranges::upper_bound(ranges_, physical, {}, &dump::PhysicalRange::begin);
  return it != ranges_.begin() && physical < std::prev(it)->end;
}

LockFinder::LockFinder(const kernel::Target& target, const FinderContext& context)
    : target_(target), context_(context), strings_(target_.memory), spinlocks_(target_, &strings_) {
  if (context.layout == nullptr) return;
  maps_.emplace(*context.layout, context.lockdep, &strings_);
}

uint64_t alike_group(const model::LockMap& map) {
  const auto classes = static_cast<uint64_t>(map.class_cache[0] + 1) << 16 |
                       static_cast<uint64_t>(map.class_cache[1] + 1);
  const uint64_t wait_types = uint64_t{map.wait_type_inner} << 4 | map.wait_type_outer;
  return std::hash<std::string_view>()(map.name) ^ map.key ^ classes << 32 ^ wait_types << 24;
}

uint64_t alike_group(const model::SpinlockInstance& lock) {
  return std::hash<std::string_view>()(lock.name) ^ 1;
}

bool LockFinder::one_more_alike(uint64_t group) {
  if (++alike_[group] <= kMostAlike) return true;
  ++found_.left_out;
  return false;
}

std::span<const std::byte> LockFinder::bytes_of(const Place& place, uint64_t size) {
  constexpr uint64_t kPageSize = 4096;
  const bool one_page = place.physical % kPageSize + size <= kPageSize;
  if (one_page && place.physical >= piece_.physical &&
      range_fits(place.physical - piece_.physical, size, piece_.bytes.size())) {
    return piece_.bytes.subspan(place.physical - piece_.physical, size);
  }
  // The page that follows in a vmalloc area lies anywhere in physical memory.
  const auto out = std::span(buffer_).first(size);
  if (!target_.memory.read(place.address, out)) return {};
  return out;
}

// A free object's pointer to the next one lies in its middle, and may have taken the name's place:
// a lock whose key is the kernel's or a module's own data has its name there as well.
bool LockFinder::name_is_overwritten(std::span<const std::byte> map) const {
  const MapFields& fields = context_.layout->map;
  const kernel::Record record(0, map);
  return context_.addresses.has_symbols(record.get(*fields.key)) &&
         context_.addresses.in_direct_map(record.get(*fields.name));
}

bool LockFinder::try_map(HitKind kind, const Place& place) {
  // A map's key and its cached class are two hits.
  if (place.address == last_map_) return true;
  const auto bytes = bytes_of(place, maps_->size());
  if (bytes.empty() || name_is_overwritten(bytes)) return false;
  auto map = maps_->decode(place.address, bytes, kind != HitKind::known_key);
  if (!map) return false;
  last_map_ = place.address;
  if (!one_more_alike(alike_group(*map))) return true;
  auto& maps = kind == HitKind::unknown_key ? found_.never_locked : found_.maps;
  maps.push_back(*map);
  return true;
}

void LockFinder::find_map(HitKind kind, const Place& hit) {
  const MapFields& fields = context_.layout->map;
  if (kind != HitKind::class_pointer) {
    try_map(kind, hit.back(fields.key->offset));
    return;
  }
  const Place first = hit.back(fields.class_cache->offset);
  if (try_map(kind, first)) return;
  // Only a subclass was ever locked: class_cache is { NULL, class }.
  try_map(kind, first.back(8));
}

void LockFinder::find_spinlock(const Place& hit) {
  const Place place = hit.back(spinlocks_.offset_of_magic() / 8 * 8);
  const auto bytes = bytes_of(place, spinlocks_.size());
  if (bytes.empty()) return;
  auto lock = spinlocks_.decode(place.address, bytes);
  if (!lock) return;
  if (is_free(*lock) && !one_more_alike(alike_group(*lock))) return;
  found_.spinlocks.push_back(*lock);
}

void LockFinder::visit(std::span<const Hit> hits, const PhysicalBytes& piece) {
  piece_ = piece;
  for (const Hit& hit : hits) {
    const bool spinlock = hit.kind == HitKind::spinlock_magic;
    if (!spinlock && context_.own_tables->contain(hit.physical)) continue;
    const auto address = context_.addresses.find(hit.physical);
    if (!address) continue;
    if (spinlock) {
      find_spinlock({hit.physical, *address});
    } else {
      find_map(hit.kind, {hit.physical, *address});
    }
  }
}

}  // namespace kmortem::locks
