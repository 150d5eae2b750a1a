// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_map_reader.h"

#include <utility>

#include "dump/memory.h"

namespace kmortem::locks {

namespace {

// lock_class_key has one byte a subclass.
constexpr uint64_t kSubclasses = 8;

// LD_WAIT_MAX is 5 with CONFIG_PROVE_RAW_LOCK_NESTING, else 4; lock types end at 3 (6.4).
constexpr uint64_t kMostWaitTypes = 5;
constexpr unsigned kMostLockTypes = 3;

}  // namespace

LockMapReader::LockMapReader(const LockdepLayout& layout, const model::Lockdep& lockdep,
                             StringCache* strings)
    : layout_(layout), lockdep_(lockdep), strings_(strings) {
  const auto end = lockdep.wait_type_values.find("LD_WAIT_MAX");
  wait_type_end_ = end == lockdep.wait_type_values.end() ? kMostWaitTypes : end->second;
}

bool LockMapReader::take_class(uint64_t pointer, size_t slot, bool must_match,
                               model::LockMap* map) const {
  if (pointer == 0) return true;
  const int64_t index = layout_.lock_classes.index_of(pointer);
  if (index < 0) return false;
  const model::LockClass* cls = lockdep_.find(static_cast<int>(index));
  const bool match = cls != nullptr && cls->key - map->key < kSubclasses;
  if (must_match && !match) return false;
  if (cls != nullptr) map->class_cache[slot] = static_cast<int>(index);
  return true;
}

bool LockMapReader::take_types(const kernel::Record& record, model::LockMap* map) const {
  const MapFields& f = layout_.map;
  map->wait_type_inner = static_cast<unsigned>(record.get_or(f.wait_type_inner, 0));
  map->wait_type_outer = static_cast<unsigned>(record.get_or(f.wait_type_outer, 0));
  map->lock_type = static_cast<unsigned>(record.get_or(f.lock_type, 0));
  return map->wait_type_inner < wait_type_end_ && map->wait_type_outer < wait_type_end_ &&
         map->lock_type < kMostLockTypes;
}

std::optional<model::LockMap> LockMapReader::decode(uint64_t address,
                                                    std::span<const std::byte> bytes,
                                                    bool class_must_match) const {
  const kernel::Record record(address, bytes);
  model::LockMap map;
  map.address = address;
  map.key = record.get(*layout_.map.key);
  if (!dump::is_kernel_address(map.key) || !take_types(record, &map)) return std::nullopt;
  for (size_t slot = 0; slot < map.class_cache.size(); ++slot) {
    const uint64_t pointer = record.get(*layout_.map.class_cache, slot);
    if (!take_class(pointer, slot, class_must_match, &map)) return std::nullopt;
  }
  auto name = strings_->read_name(record.get(*layout_.map.name));
  if (!name) return std::nullopt;
  map.name = *name;
  return map;
}

}  // namespace kmortem::locks
