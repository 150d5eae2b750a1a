// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "debuginfo/kernel_debuginfo.h"
#include "kernel/orc_entry.h"
#include "kernel/target.h"

namespace kmortem::kernel {

/// The kernel image's ORC tables: vmlinux's, or, where there is only the debug file split off from
/// it, those that the dead kernel had in memory (__start_orc_unwind_ip and its like, 4.14). Without
/// either the tables are empty, with a problem where the kernel has them.
class KernelOrc {
 public:
  /// Borrows what `in_vmlinux` points into.
  KernelOrc(const Target& target, const OrcLayout& layout, const debuginfo::OrcTables& in_vmlinux);

  const debuginfo::OrcTables& tables() const { return tables_; }

 private:
  void read_memory(const Target& target, uint64_t entry_size);

  debuginfo::OrcTables tables_;
  std::vector<std::byte> ip_;
  std::vector<std::byte> unwind_;
};

}  // namespace kmortem::kernel
