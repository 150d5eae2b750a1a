// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
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

/// Where unwind tables come from.
struct UnwindSources {
  debuginfo::OrcTables orc;  ///< of vmlinux
  /// DWARF's; called where the kernel has no ORC tables alone, since opening takes a while.
  std::function<debuginfo::CallFrames*()> call_frames = {};
  bool without_orc = false;  ///< as if the kernel had no ORC tables: for tests
};

/// What unwinding asks about code: the ORC entry of an address in the kernel image or a module,
/// and whether a word can be a return address. Answers are kept: many stacks share few addresses.
class UnwindTables {
 public:
  /// Borrows `symbolizer` and what `sources` points into.
  UnwindTables(const Target& target, UnwindSources sources, Symbolizer& symbolizer);
  UnwindTables(const UnwindTables&) = delete;
  UnwindTables& operator=(const UnwindTables&) = delete;

  /// As the kernel's orc_find(): null where no table covers `address`, in generated code too.
  const OrcEntry* find(uint64_t address);

  /// The caller of a frame that stands inside the instruction at `address` by DWARF's call frame
  /// information. Of kernels without ORC tables and of their image only.
  std::expected<debuginfo::CallerFrame, debuginfo::NoCaller> find_caller(
      uint64_t address, debuginfo::FrameValues& frame);

  /// Inside the text of the kernel or a module.
  bool is_text(uint64_t address) const { return symbolizer_.is_text(address); }

  bool in_module(uint64_t address) const { return symbolizer_.module_of(address) != nullptr; }

  /// Where the CPU arrives by interrupts, exceptions and system calls: .entry.text.
  bool is_entry_code(uint64_t address) const;

  /// The instruction before `address`, as it is in the dead kernel's memory, is a call.
  bool follows_call(uint64_t address);

 private:
  std::optional<OrcEntry> look_up(uint64_t address);
  bool read_call(uint64_t address);

  debuginfo::CallFrames* call_frames();

  Target target_;
  UnwindSources sources_;
  Symbolizer& symbolizer_;
  OrcLayout layout_;
  KernelOrc kernel_orc_;
  OrcTable kernel_;
  std::unordered_map<const LoadedModule*, std::unique_ptr<ModuleOrc>> modules_;
  std::unordered_map<uint64_t, std::optional<OrcEntry>> known_;
  std::unordered_map<uint64_t, bool> calls_;
  std::optional<debuginfo::CallFrames*> call_frames_;
};

}  // namespace kmortem::kernel
