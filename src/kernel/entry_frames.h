// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "kernel/frame_registers.h"
#include "kernel/stack_memory.h"

namespace kmortem::kernel {

/// Where entry code that called a handler with its stack pointer at `sp` saved the interrupted
/// registers: at `sp` itself, or, where it first went to the interrupt stack and pushed its old
/// stack pointer there (until 5.7), where that points to. Nothing unless what lies there can be
/// a pt_regs: the kernel's or user mode's segments, and addresses that go with them.
std::optional<uint64_t> find_pt_regs(uint64_t sp, StackMemory& memory);

/// The same where entry code was interrupted before it saved any: what iret takes, which the CPU
/// pushed, at `sp` or behind an error code.
std::optional<uint64_t> find_iret_frame(uint64_t sp, StackMemory& memory);

/// Whether a frame of assembly at `sp` is a task's first: nothing lies above it but what user mode
/// left, and what the task was started with (struct inactive_task_frame).
bool ends_at(uint64_t sp, StackMemory& memory);

/// The registers of a function that went to the interrupt stack by inline assembly (5.8) and stands
/// there: rsp as compilers know it, which is what that left in the topmost word.
FrameRegisters before_stack_switch(const FrameRegisters& registers, StackMemory& memory);

}  // namespace kmortem::kernel
