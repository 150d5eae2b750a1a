// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernel/free_pages.h"
#include "kernel/page_frames.h"
#include "kernel/slab_objects.h"
#include "kernel/target.h"
#include "model/grade.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// What the allocators say of the memory at an address.
struct MemoryUse {
  bool free = false;  ///< false also when it cannot be told
  model::Grade grade = model::Grade::unknown;
  std::string because;  ///< why it is free: "the slab object at 0xffff… (…) is on …"
  std::string slab;     ///< "kmalloc-64+0x10" for what lies in a slab object
};

/// Tells free memory from memory in use: slab objects, pages, and what is not mapped at all. Asked
/// for few addresses; what it must read once is read at the first question.
class MemoryUseReader {
 public:
  /// Borrows both.
  MemoryUseReader(const Target& target, std::span<const model::Cpu> cpus);

  MemoryUse at(uint64_t address);

 private:
  MemoryUse of_slab(const PageFrame& head, uint64_t address) const;
  MemoryUse of_page(const PageFrame& page);
  MemoryUse of_other(uint64_t address) const;

  const Target& target_;
  PageFrames frames_;
  FreePages free_pages_;
  SlabObjects slabs_;
};

}  // namespace kmortem::kernel
