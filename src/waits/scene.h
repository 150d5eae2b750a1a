// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/symbolizer.h"
#include "kernel/target.h"
#include "kernel/unwound_stack.h"
#include "locks/lock_containers.h"
#include "model/lock_state.h"
#include "model/machine.h"

namespace kmortem::waits {

/// What the readers of events look at. Borrows everything. The frames of `stacks` are those of the
/// CPUs' and tasks' own stacks, one for one.
struct Scene {
  const kernel::Target& target;
  kernel::Symbolizer& symbolizer;
  std::span<const kernel::UnwoundStack> stacks;
  std::span<const model::Cpu> cpus;
  std::span<const model::Task> tasks;
  const locks::KnownTasks& known;  ///< the same tasks by address

  /// The running CPU's unwound stack, or null.
  const kernel::UnwoundStack* stack_of(const model::Cpu& cpu) const;
  /// "queue_sync() [net]" for a function's address; that address in hex when nothing covers it.
  std::string function_text(uint64_t address) const;
};

/// Whether the frame's function begins with one of `names`.
bool stands_in(const model::Frame& frame, const std::vector<std::string_view>& names);

/// The outermost frame of an unbroken row of frames that begins at the innermost whose function
/// begins with one of `names`; -1 when there is none. Compilers' suffixes do not count.
int outermost_of(const model::Stack& stack, const std::vector<std::string_view>& names);

/// A proven party by an event's own data: what runs on that CPU, or a task.
model::LockParty party_on(const model::Cpu& cpu, int frame, std::string evidence);
model::LockParty party_of(const model::Task& task, int frame, std::string evidence);

}  // namespace kmortem::waits
