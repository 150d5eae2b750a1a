// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/target.h"

namespace kmortem::kernel {

struct LoadedSection {
  std::string name;  ///< ".text"
  uint64_t address = 0;
};

/// Where each section of the module at `module` (struct module) was loaded, as
/// /sys/module/NAME/sections says it (module.sect_attrs). Empty without CONFIG_KALLSYMS or when
/// it cannot be read: that costs source lines only.
std::vector<LoadedSection> read_module_sections(const Target& target, uint64_t module);

}  // namespace kmortem::kernel
