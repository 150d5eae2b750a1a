// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/module_symbols.h"
#include "kernel/modules.h"
#include "kernel/target.h"
#include "model/frame.h"

namespace kmortem::kernel {

/// Names for addresses: the kernel image's symbols, then the modules'. A module's table is read
/// when the first address in it is asked for.
class Symbolizer {
 public:
  Symbolizer(const Target& target, std::vector<LoadedModule> modules);

  /// An address where something begins or that was executing, as %pS prints it.
  model::Frame symbolize(uint64_t pc);

  /// A return address, as %pB prints it: the function is the one that holds the call before it
  /// (a call that never returns may be the last instruction of its function).
  model::Frame symbolize_return(uint64_t pc);

  /// "rtnl_mutex", "rtnl_mutex+0x58" or "x_lock+0x8 [mod]"; empty when no symbol covers it.
  std::string describe(uint64_t address);

  /// Inside the text of the kernel (its init text too) or of a module.
  bool is_text(uint64_t address) const;

  const std::vector<LoadedModule>& modules() const { return modules_; }
  const LoadedModule* module_of(uint64_t address) const;

 private:
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
    size_t module = 0;
    bool text = false;
  };
  const Range* range_of(uint64_t address) const;
  const ModuleSymbols* symbols_of(size_t module);
  model::Frame look_up(uint64_t pc, uint64_t inside);

  Target target_;
  std::vector<LoadedModule> modules_;
  std::vector<Range> ranges_;  ///< of all modules, by address
  struct Lazy {
    bool tried = false;
    std::optional<ModuleSymbols> symbols;
  };
  std::vector<Lazy> symbols_;
  std::vector<std::pair<uint64_t, uint64_t>> kernel_text_;
};

}  // namespace kmortem::kernel
