// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "debuginfo/kernel_debuginfo.h"
#include "kernel/kernel_orc.h"
#include "kernel/module_orc.h"
#include "kernel/orc_table.h"
#include "kernel/symbolizer.h"
#include "kernel/target.h"

namespace kmortem::kernel {

/// What unwinding asks about code: the ORC entry of an address in the kernel image or a module,
/// and whether a word can be a return address. Answers are kept: many stacks share few addresses.
class UnwindTables {
 public:
  /// Borrows `symbolizer` and what `orc` points into.
  UnwindTables(const Target& target, const debuginfo::OrcTables& orc, Symbolizer& symbolizer);
  UnwindTables(const UnwindTables&) = delete;
  UnwindTables& operator=(const UnwindTables&) = delete;

  /// As the kernel's orc_find(): null where no table covers `address`, in generated code too.
  const OrcEntry* find(uint64_t address);

  /// Inside the text of the kernel or a module.
  bool is_text(uint64_t address) const { return symbolizer_.is_text(address); }

  /// The instruction before `address`, as it is in the dead kernel's memory, is a call.
  bool follows_call(uint64_t address);

 private:
  std::optional<OrcEntry> look_up(uint64_t address);
  bool read_call(uint64_t address);

  Target target_;
  Symbolizer& symbolizer_;
  OrcLayout layout_;
  KernelOrc kernel_orc_;
  OrcTable kernel_;
  std::unordered_map<const LoadedModule*, std::unique_ptr<ModuleOrc>> modules_;
  std::unordered_map<uint64_t, std::optional<OrcEntry>> known_;
  std::unordered_map<uint64_t, bool> calls_;
};

}  // namespace kmortem::kernel
