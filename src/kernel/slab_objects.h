// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/page_frames.h"
#include "kernel/slab_layout.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// The object of a SLUB cache that an address lies in.
struct SlabObject {
  std::string cache;      ///< "kmalloc-64"; with caches merged, one of their names
  uint64_t object = 0;    ///< its address
  bool free = false;      ///< on a freelist; false when it is in use or not known to be free
  bool counted = false;   ///< that freelist ends well, and has as many objects as the slab says
  std::string free_list;  ///< "the slab's freelist", "CPU 0's freelist"
  /// Of a cache whose objects are locked while they may be free (SLAB_TYPESAFE_BY_RCU).
  bool type_safe = false;
};

/// Which objects of SLUB's slabs are free: those on the slab's own freelist and, for a slab that a
/// CPU allocates from, on the CPU's. An object in one of the sheaves of 6.18 counts as in use here.
class SlabObjects {
 public:
  SlabObjects(const Target& target, const PageFrames& frames, std::span<const model::Cpu> cpus);

  /// `head` is the first page of a slab, `address` one in its objects. Nothing when slab and cache
  /// do not fit together, or `address` lies in no object.
  std::optional<SlabObject> find(const PageFrame& head, uint64_t address) const;

 private:
  struct Slab {
    uint64_t first = 0;  ///< address of the first object's room
    uint64_t room = 0;
    uint64_t count = 0;
    uint64_t link = 0;
    uint64_t padding = 0;
    std::optional<uint64_t> secret;
  };
  struct Walk {
    bool met = false;  ///< the object is on the list
    bool complete = false;
    uint64_t length = 0;
  };

  std::optional<Slab> read_slab(const PageFrame& head, const Record& cache) const;
  std::optional<uint64_t> index_in(const Slab& slab, uint64_t pointer) const;
  Walk walk(const Slab& slab, uint64_t first, uint64_t wanted) const;
  std::optional<uint64_t> next_free(const Slab& slab, uint64_t object) const;
  void find_on_cpus(const PageFrame& head, const Record& cache, const Slab& slab, uint64_t wanted,
                    SlabObject& object) const;

  const Target& target_;
  const PageFrames& frames_;
  std::span<const model::Cpu> cpus_;
  SlabLayout layout_;
};

}  // namespace kmortem::kernel
