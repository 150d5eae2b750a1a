// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

#include "dump/registers.h"
#include "kernel/frame_registers.h"
#include "kernel/kernel_stacks.h"
#include "model/machine.h"

namespace kmortem::kernel {

/// What is known of a CPU besides its number, to tell whose registers a dump's note holds.
struct CpuIdentity {
  const model::Cpu* cpu = nullptr;
  int current_pid = -1;
  std::vector<StackArea> stacks;  ///< its own and its current task's
};

/// For each of `cpus` its registers out of the dump's notes, or null. Notes are in the order of
/// the CPUs only while none is missing: an offline CPU and one that did not answer the crashing
/// one's NMI have none. So a note goes to the CPU whose per-cpu base is its gs base or on whose
/// stacks its rsp lies, else to the one of its number if the pid is right there.
std::vector<const dump::CpuRegisters*> match_registers(std::span<const dump::CpuRegisters> notes,
                                                       std::span<const CpuIdentity> cpus);

/// A note's registers in the form of a frame's.
FrameRegisters frame_registers(const dump::CpuRegisters& note);

}  // namespace kmortem::kernel
