// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "dump/page_tables.h"
#include "dump/physical_memory.h"
#include "dump/registers.h"
#include "dump/vmcoreinfo.h"

namespace kmortem::dump {

/// Where the x86-64 kernel's image is linked (__START_KERNEL_map), and the room it may take.
constexpr uint64_t kImageBase = 0xffffffff80000000;
constexpr uint64_t kImageSize = uint64_t{1} << 30;

/// How the dead kernel's virtual addresses become physical ones.
struct KernelSpace {
  PageTables tables;
  /// What is added to an image address minus kImageBase; holds even when tables are missing.
  std::optional<uint64_t> phys_base;
  /// Where the direct map of all physical memory begins, when it must do without tables.
  std::optional<uint64_t> page_offset;
  /// Whose tables they are: "the kernel's", "CR3 of CPU 0".
  std::string whose;
  /// The top table was found through itself, or leads to where a CPU was running.
  bool verified = false;
};

/// Finds the kernel's own top page table: swapper_pg_dir by VMCOREINFO and phys_base, else a CR3
/// from QEMU's notes. `container_phys_base` serves kernels before 4.10, which do not tell theirs.
KernelSpace find_kernel_space(PhysicalMemory& memory, const Vmcoreinfo& vmcoreinfo,
                              std::optional<uint64_t> container_phys_base,
                              std::span<const CpuRegisters> cpus);

}  // namespace kmortem::dump
