// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "debuginfo/image_files.h"
#include "model/frame.h"

namespace kmortem::debuginfo {

/// Where the kernel loaded one section of a module (module.sect_attrs).
struct ModuleSection {
  std::string name;  ///< ".text"
  uint64_t address = 0;
};

/// A loaded module and the files that hold its DWARF.
struct ModuleFile {
  std::string name;
  uint64_t base = 0;
  uint64_t size = 0;
  std::vector<ModuleSection> sections;
  ImageFiles files;
};

/// Source lines out of a module's .ko or .ko.debug (relocatable), by libdwfl.
class ModuleDebuginfo {
 public:
  virtual ~ModuleDebuginfo() = default;

  /// Null when libdwfl cannot use the files, or no section's address is known.
  static std::unique_ptr<ModuleDebuginfo> open(ModuleFile file);

  /// The frames at the return address `pc`: inlined ones first, each with file and line; empty
  /// when DWARF does not cover it.
  virtual std::vector<model::Frame> locate(uint64_t pc) = 0;
};

}  // namespace kmortem::debuginfo
