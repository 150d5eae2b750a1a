// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/frame.h"

namespace kmortem::debuginfo {

/// Where the kernel loaded one section of a module (module.sect_attrs).
struct ModuleSection {
  std::string name;  ///< ".text"
  uint64_t address = 0;
};

/// A loaded module and the .ko file that may hold its DWARF.
struct ModuleFile {
  std::string name;
  uint64_t base = 0;
  uint64_t size = 0;
  std::string build_id;  ///< of the module that was loaded; empty when unknown
  std::vector<ModuleSection> sections;
  std::string path;
};

/// Source lines out of a module's .ko (relocatable, perhaps compressed), by libdwfl.
class ModuleDebuginfo {
 public:
  virtual ~ModuleDebuginfo() = default;

  /// Null when the file cannot be read, has no DWARF, or is of another build than the loaded one.
  static std::unique_ptr<ModuleDebuginfo> open(ModuleFile file);

  /// The frames at the return address `pc`: inlined ones first, each with file and line; empty
  /// when DWARF does not cover it.
  virtual std::vector<model::Frame> locate(uint64_t pc) = 0;
};

/// The .ko of module `name` in one of `folders`: NAME.ko, with .xz, .zst, .gz or .debug behind it,
/// and with '-' for '_' as file names have it. Empty when there is none.
std::string find_module_file(const std::string& name, const std::vector<std::string>& folders);

}  // namespace kmortem::debuginfo
