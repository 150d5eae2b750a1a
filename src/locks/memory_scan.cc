// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/memory_scan.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "locks/lock_finder.h"
#include "locks/memory_sweep.h"
#include "locks/object_symbol.h"

namespace kmortem::locks {

namespace {

constexpr unsigned kMostThreads = 4;
// Below this much memory a thread costs more than it gives.
constexpr uint64_t kBytesPerThread = uint64_t{16} << 20;

/// Whether the symbol of a key nobody has registered says that it is one: lock initialisers declare
/// "__key", explicit ones are called after what they are.
bool sounds_like_key(const std::string& symbol) {
  return symbol.find("key") != std::string::npos || symbol.find("class") != std::string::npos;
}

WordPatterns make_patterns(const kernel::Target& target, const LockdepLayout* layout,
                           const model::Lockdep& lockdep, const SpinlockReader& spinlocks) {
  WordPatterns patterns;
  if (spinlocks.known()) patterns.set_spinlock_magic(spinlocks.offset_of_magic());
  if (layout == nullptr) return patterns;
  const Table& classes = layout->lock_classes;
  patterns.set_classes(classes.address, classes.size(), classes.element_size);
  std::vector<uint64_t> keys;
  for (const model::LockClass& cls : lockdep.classes) {
    if (cls.key > cls.subclass) keys.push_back(cls.key - cls.subclass);
  }
  patterns.set_keys(std::move(keys));
  // Keys are data of the kernel or of a module, and modules lie above the kernel.
  if (const auto data = target.symbol("_sdata")) patterns.set_key_data(*data, UINT64_MAX - 4096);
  return patterns;
}

unsigned useful_threads(const dump::DumpFile& dump, unsigned wanted) {
  uint64_t bytes = 0;
  for (const dump::PhysicalRange& range : dump.physical_ranges()) bytes += range.end - range.begin;
  return static_cast<unsigned>(std::clamp<uint64_t>(bytes / kBytesPerThread, 1, wanted));
}

/// The views of the dump, one a thread, and what looks at their hits.
class Lanes {
 public:
  Lanes(dump::DumpFile& dump, const kernel::Target& target, const FinderContext& context,
        unsigned threads) {
    add(dump, target, context);
    for (unsigned i = 1; i < threads; ++i) {
      auto clone = dump.clone();
      if (!clone) break;
      clones_.push_back(std::move(clone));
      add(*clones_.back(), target, context);
    }
  }

  std::span<const SweepLane> all() const { return lanes_; }
  std::vector<std::unique_ptr<LockFinder>>& finders() { return finders_; }

 private:
  void add(dump::DumpFile& dump, const kernel::Target& target, const FinderContext& context) {
    const kernel::Target own{dump, target.types, target.symbols, target.problems};
    finders_.push_back(std::make_unique<LockFinder>(own, context));
    lanes_.push_back({&dump, finders_.back().get()});
  }

  std::vector<std::unique_ptr<dump::DumpFile>> clones_;
  std::vector<std::unique_ptr<LockFinder>> finders_;
  std::vector<SweepLane> lanes_;
};

template <typename T>
void append(std::vector<T> from, std::vector<T>* to) {
  if (to->empty()) {
    *to = std::move(from);
  } else {
    to->insert(to->end(), from.begin(), from.end());
  }
}

template <typename T>
void sort_by_address(std::vector<T>* locks) {
  std::ranges::sort(*locks, {}, &T::address);
  const auto repeated = std::ranges::unique(*locks, {}, &T::address);
  locks->erase(repeated.begin(), repeated.end());
}

// Each lane keeps the first that it meets of locks that are alike. Of them all the first are kept,
// so that the result is the same however many lanes there were, and whatever each was given.
template <typename T>
void keep_first_alike(std::vector<T>* locks, uint64_t* left_out) {
  std::unordered_map<uint64_t, uint64_t> alike;
  *left_out += std::erase_if(*locks, [&](const T& lock) {
    return is_free(lock) && ++alike[alike_group(lock)] > LockFinder::kMostAlike;
  });
}

void collect(Lanes& lanes, const NameAddress& name_address, model::MemoryScan* scan) {
  for (auto& finder : lanes.finders()) {
    LockFinder::Found found = finder->take();
    std::erase_if(found.never_locked, [&](const model::LockMap& map) {
      return !name_address || !sounds_like_key(name_address(map.key));
    });
    append(std::move(found.maps), &scan->maps);
    append(std::move(found.never_locked), &scan->maps);
    append(std::move(found.spinlocks), &scan->spinlocks);
    scan->alike_left_out += found.left_out;
  }
  sort_by_address(&scan->maps);
  sort_by_address(&scan->spinlocks);
  keep_first_alike(&scan->maps, &scan->alike_left_out);
  keep_first_alike(&scan->spinlocks, &scan->alike_left_out);
}

}  // namespace

model::MemoryScan scan_memory(dump::DumpFile& dump, const kernel::Target& target,
                              const model::Lockdep& lockdep, const NameAddress& name_address,
                              unsigned threads) {
  model::MemoryScan scan;
  std::optional<LockdepLayout> layout;
  if (lockdep.present) layout = probe_lockdep_layout(target);
  if (layout && !layout->map.known()) layout.reset();
  const SpinlockReader spinlocks(target, nullptr);
  if (!layout && !spinlocks.known()) {
    scan.why_not = "the kernel has neither lockdep nor CONFIG_DEBUG_SPINLOCK";
    return scan;
  }
  if (threads == 0) threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);

  const PhysicalToVirtual addresses(dump, target);
  const LockdepLayout* known = layout ? &*layout : nullptr;
  std::optional<OwnTables> own_tables;
  if (layout) own_tables.emplace(dump, *layout);
  const FinderContext context{known, lockdep, addresses, own_tables ? &*own_tables : nullptr};
  Lanes lanes(dump, target, context, useful_threads(dump, threads));
  const SweepResult swept =
      sweep_memory(lanes.all(), make_patterns(target, known, lockdep, spinlocks));
  scan.bytes_covered = swept.bytes_covered;
  scan.bytes_missing = swept.bytes_missing;
  collect(lanes, name_address, &scan);

  const ObjectSymbols symbols(target, addresses, name_address);
  for (model::LockMap& map : scan.maps) map.symbol = symbols.name(map.address);
  for (model::SpinlockInstance& lock : scan.spinlocks) lock.symbol = symbols.name(lock.address);
  scan.done = true;
  return scan;
}

}  // namespace kmortem::locks
