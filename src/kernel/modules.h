// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// A piece of a module's memory: [begin, end).
struct ModuleRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool text = false;
  bool init = false;  ///< freed once the module has initialised
};

/// Where a module's kallsyms table lies.
struct ModuleKallsyms {
  uint64_t symtab = 0;
  uint64_t strtab = 0;
  uint64_t count = 0;
};

/// A module with what the readers need of it beyond the model.
struct LoadedModule {
  model::Module info;
  std::vector<ModuleRange> ranges;
  ModuleKallsyms kallsyms;

  bool contains(uint64_t address) const;
  bool has_text(uint64_t address) const;
};

/// The `modules` list, in the order of /proc/modules (latest first), without unformed ones. Three
/// generations of struct module: module_memory mem[] (6.4), core_layout and init_layout (4.5),
/// module_core and core_size. Nothing when the kernel has no modules.
std::vector<LoadedModule> read_modules(const Target& target);

}  // namespace kmortem::kernel
