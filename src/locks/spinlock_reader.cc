// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/spinlock_reader.h"

#include <algorithm>
#include <cstring>

#include "dump/memory.h"
#include "kernel/record.h"

namespace kmortem::locks {

namespace {

constexpr uint64_t kMagic = 0xdead4ead;
constexpr uint64_t kNoOwner = UINT64_MAX;
constexpr int64_t kMostCpus = 8192;

}  // namespace

SpinlockReader::SpinlockReader(const kernel::Target& target, StringCache* strings)
    : strings_(strings) {
  const debuginfo::TypeTable& types = target.types;
  raw_lock_ = types.field("raw_spinlock.raw_lock");
  magic_ = types.field("raw_spinlock.magic");
  owner_cpu_ = types.field("raw_spinlock.owner_cpu");
  owner_ = types.field("raw_spinlock.owner");
  dep_map_ = types.field("raw_spinlock.dep_map");
  map_name_ = types.field("lockdep_map.name");
  size_ = types.size_of("raw_spinlock").value_or(0);
  known_ = raw_lock_ && magic_ && owner_cpu_ && owner_ && size_ != 0 && size_ <= kLargest;
}

std::optional<model::SpinlockInstance> SpinlockReader::decode(
    uint64_t address, std::span<const std::byte> bytes) const {
  const kernel::Record record(address, bytes);
  if (record.get(*magic_) != kMagic) return std::nullopt;
  model::SpinlockInstance lock;
  lock.address = address;
  // owner_cpu is an unsigned int that holds -1 when free.
  const auto cpu = static_cast<int32_t>(record.get(*owner_cpu_));
  if (cpu < -1 || cpu >= kMostCpus) return std::nullopt;
  lock.owner_cpu = cpu;
  const uint64_t owner = record.get(*owner_);
  if (owner != kNoOwner && !dump::is_kernel_address(owner)) return std::nullopt;
  lock.owner = owner == kNoOwner ? 0 : owner;
  const size_t length = std::min<size_t>(raw_lock_->size, sizeof(lock.value));
  if (raw_lock_->offset + length <= bytes.size()) {
    std::memcpy(&lock.value, bytes.data() + raw_lock_->offset, length);
  }
  if (!dep_map_ || !map_name_) return lock;
  lock.map = address + dep_map_->offset;
  if (dep_map_->offset + map_name_->offset + 8 > bytes.size()) return lock;
  const kernel::Record map(lock.map, bytes.subspan(dep_map_->offset));
  lock.name = strings_->read_name(map.get(*map_name_)).value_or(Interned());
  return lock;
}

}  // namespace kmortem::locks
