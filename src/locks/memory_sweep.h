// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dump/dump_file.h"
#include "locks/word_patterns.h"

namespace kmortem::locks {

/// A piece of physical memory.
struct PhysicalBytes {
  uint64_t physical = 0;
  std::span<const std::byte> bytes;
};

/// Takes what a sweep finds, a piece of memory at a time.
class HitVisitor {
 public:
  virtual ~HitVisitor() = default;
  /// The hits in `piece`, by physical address.
  virtual void visit(std::span<const Hit> hits, const PhysicalBytes& piece) = 0;
};

/// One thread's part of a sweep: its own view of the dump and where its hits go.
struct SweepLane {
  dump::DumpFile* dump = nullptr;
  HitVisitor* visitor = nullptr;
};

struct SweepResult {
  uint64_t bytes_covered = 0;
  uint64_t bytes_missing = 0;  ///< pages that the dump should hold and that could not be read
};

/// Looks at every word of the dump's physical memory once. Each lane runs in a thread of its own,
/// the first in the caller's; they share the pieces as they come.
SweepResult sweep_memory(std::span<const SweepLane> lanes, const WordPatterns& patterns);

}  // namespace kmortem::locks
