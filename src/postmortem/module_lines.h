// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "debuginfo/module_debuginfo.h"
#include "debuginfo/module_files.h"
#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::postmortem {

/// Source lines in modules, each module's .ko opened when first asked for and only then.
class ModuleLines {
 public:
  /// A module whose files are of another build goes into the target's problems.
  ModuleLines(kernel::Target target, const std::vector<model::Module>& modules,
              debuginfo::ModulePlaces places);

  /// The frames at return address `pc` in `module`, inlined ones first; empty without a .ko that
  /// has DWARF and is of the loaded build.
  std::vector<model::Frame> locate(const std::string& module, uint64_t pc);

 private:
  std::unique_ptr<debuginfo::ModuleDebuginfo> open(const std::string& module);

  kernel::Target target_;
  const std::vector<model::Module>& modules_;
  debuginfo::ModuleFiles files_;
  std::map<std::string, std::unique_ptr<debuginfo::ModuleDebuginfo>> opened_;
};

}  // namespace kmortem::postmortem
