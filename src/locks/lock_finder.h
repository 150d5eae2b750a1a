// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dump/dump_file.h"
#include "kernel/target.h"
#include "locks/lock_map_reader.h"
#include "locks/memory_sweep.h"
#include "locks/physical_to_virtual.h"
#include "locks/spinlock_reader.h"
#include "model/lockdep.h"

namespace kmortem::locks {

/// Physical ranges of lockdep's own tables, full of class pointers and keys that are no maps.
class OwnTables {
 public:
  OwnTables(dump::DumpFile& dump, const LockdepLayout& layout);
  bool contain(uint64_t physical) const;

 private:
  std::vector<dump::PhysicalRange> ranges_;
};

/// What all finders of a scan share; nothing in it changes while they run.
struct FinderContext {
  const LockdepLayout* layout = nullptr;  ///< null: the kernel has no lockdep
  const model::Lockdep& lockdep;
  const PhysicalToVirtual& addresses;
  const OwnTables* own_tables = nullptr;
};

/// A number that locks share which differ in their addresses alone.
uint64_t alike_group(const model::LockMap& map);
uint64_t alike_group(const model::SpinlockInstance& lock);

/// Of spinlocks only free ones are alike: those that somebody holds are all wanted.
inline bool is_free(const model::SpinlockInstance& lock) {
  return lock.owner == 0 && lock.value == 0;
}
inline bool is_free(const model::LockMap& /*map*/) {
  return true;
}

/// Looks closer at the hits of one lane, in its thread.
class LockFinder : public HitVisitor {
 public:
  /// `target` reads through the lane's own view of the dump.
  LockFinder(const kernel::Target& target, const FinderContext& context);

  void visit(std::span<const Hit> hits, const PhysicalBytes& piece) override;

  struct Found {
    std::vector<model::LockMap> maps;
    std::vector<model::LockMap> never_locked;  ///< by a key of no registered class: to be confirmed
    std::vector<model::SpinlockInstance> spinlocks;
    uint64_t left_out = 0;
  };
  Found take() { return std::move(found_); }

  /// Of locks that are alike in all but their address, as a large inode cache has them, only so
  /// many are kept by a finder: memory stays bounded.
  static constexpr uint64_t kMostAlike = 16384;

 private:
  /// A structure that may be at hand: where a hit puts it.
  struct Place {
    uint64_t physical = 0;
    uint64_t address = 0;
    Place back(uint64_t bytes) const { return {physical - bytes, address - bytes}; }
  };

  void find_map(HitKind kind, const Place& hit);
  bool try_map(HitKind kind, const Place& place);
  bool name_is_overwritten(std::span<const std::byte> map) const;
  void find_spinlock(const Place& hit);
  std::span<const std::byte> bytes_of(const Place& place, uint64_t size);
  bool one_more_alike(uint64_t group);

  kernel::Target target_;
  const FinderContext& context_;
  StringCache strings_;
  SpinlockReader spinlocks_;
  std::optional<LockMapReader> maps_;
  PhysicalBytes piece_;
  std::array<std::byte, 256> buffer_;
  uint64_t last_map_ = 0;
  std::unordered_map<uint64_t, uint64_t> alike_;
  Found found_;
};

}  // namespace kmortem::locks
