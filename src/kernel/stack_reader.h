// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "debuginfo/kernel_debuginfo.h"
#include "dump/registers.h"
#include "kernel/symbolizer.h"
#include "kernel/target.h"
#include "kernel/unwind_tables.h"
#include "kernel/unwound_stack.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// What unwinding needs beside the target. Borrows everything.
struct StackContext {
  UnwindSources unwind;
  std::span<const dump::CpuRegisters> registers;  ///< the dump's notes
  std::span<const model::Cpu> cpus;
  std::span<const model::Task> tasks;
  Symbolizer& symbolizer;
  /// Which tasks that do not run are wanted; all when empty. CPUs always are.
  std::function<bool(const model::Task&)> wanted;
};

/// The stack of every CPU's current task, in the order of `cpus`, then those of the tasks that do
/// not run, in the order of `tasks`. A CPU whose current task is not known has none. A stack that
/// cannot be followed to its end is as long as it can be, says why it stopped, and is a problem.
std::vector<UnwoundStack> read_stacks(const Target& target, const StackContext& context);

/// Gives `cpus` and `tasks` their stacks, with functions' names (a running task has its CPU's),
/// and the registers saved on the way.
void describe_stacks(std::span<const UnwoundStack> stacks, Symbolizer& symbolizer,
                     std::span<model::Cpu> cpus, std::span<model::Task> tasks);

}  // namespace kmortem::kernel
