// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "kernel/modules.h"
#include "kernel/orc_table.h"
#include "kernel/target.h"

namespace kmortem::kernel {

/// A module's ORC tables with the bytes that they were read into.
struct ModuleOrc {
  std::vector<std::byte> ip;
  std::vector<std::byte> entries;
  OrcTable table;
};

/// Reads them out of the dump's memory: struct module's arch.orc_unwind_ip, arch.orc_unwind and
/// arch.num_orcs (CONFIG_UNWINDER_ORC, 4.14). Null, with a problem, when they cannot be read;
/// null without one when the kernel or the module has none.
std::unique_ptr<ModuleOrc> read_module_orc(const Target& target, const OrcLayout& layout,
                                           const LoadedModule& module);

}  // namespace kmortem::kernel
