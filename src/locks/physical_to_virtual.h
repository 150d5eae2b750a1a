// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dump/dump_file.h"
#include "kernel/target.h"

namespace kmortem::locks {

/// The way back from physical memory to the addresses that the kernel itself uses.
class PhysicalToVirtual {
 public:
  /// Walks the page tables of the vmalloc and module regions once. What is missing there is left to
  /// the direct map.
  PhysicalToVirtual(dump::DumpFile& dump, const kernel::Target& target);

  /// The address that the kernel knows the byte at `physical` by: in its own image (not in the init
  /// sections, which are freed after boot), in a module or a vmalloc area (VMAP_STACK stacks among
  /// them), else in the direct map. Nothing when the direct map's base is unknown.
  std::optional<uint64_t> find(uint64_t physical) const;

  /// True for addresses of the kernel image and of the module region: what symbols cover.
  bool has_symbols(uint64_t address) const;

  /// True for addresses of the direct map: where slab objects lie, free ones too.
  bool in_direct_map(uint64_t address) const;

 private:
  struct Run {
    uint64_t physical = 0;
    uint64_t length = 0;
    uint64_t address = 0;
  };

  void find_image(dump::DumpFile& dump, const kernel::Target& target);
  void find_direct_map(dump::DumpFile& dump, const kernel::Target& target);
  void add_region(dump::DumpFile& dump, uint64_t begin, uint64_t end);
  void finish();

  Run image_;
  uint64_t init_begin_ = 0;  // offsets inside the image
  uint64_t init_end_ = 0;
  std::optional<uint64_t> direct_map_;
  uint64_t physical_end_ = 0;
  uint64_t modules_begin_ = 0;
  std::vector<Run> runs_;  // by physical address, without overlap
};

}  // namespace kmortem::locks
