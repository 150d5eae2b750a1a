// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/target.h"
#include "locks/lock_classes.h"
#include "locks/physical_to_virtual.h"

namespace kmortem::locks {

/// Names objects by where they lie.
class ObjectSymbols {
 public:
  /// Borrows everything.
  ObjectSymbols(const kernel::Target& target, const PhysicalToVirtual& addresses,
                const NameAddress& name_address);

  /// "rtnl_mutex+0x58" for what lies in the kernel image, "per_cpu(runqueues, 1)+0x18" for a CPU's
  /// copy of a per-cpu variable, the module's symbol alone for what lies in a module; empty for
  /// what was allocated.
  std::string name(uint64_t address) const;

 private:
  std::string percpu_name(uint64_t address) const;

  const kernel::Target& target_;
  const PhysicalToVirtual& addresses_;
  const NameAddress& name_address_;
  uint64_t percpu_begin_ = 0;
  uint64_t percpu_size_ = 0;
  std::vector<uint64_t> percpu_offsets_;
};

}  // namespace kmortem::locks
