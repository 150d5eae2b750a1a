// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "kernel/frame_registers.h"
#include "kernel/stack_memory.h"

namespace kmortem::kernel {

/// x86-64's struct pt_regs has been the same since it began, but for its members' names: r15 r14
/// r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs rflags rsp ss.
inline constexpr uint64_t kPtRegsSize = uint64_t{21} * 8;
/// Where what iret takes (rip cs rflags rsp ss) begins in it.
inline constexpr uint64_t kIretOffset = uint64_t{16} * 8;

struct InterruptedState {
  FrameRegisters registers;
  uint64_t flags = 0;
  bool user = false;  ///< cs is of user mode
};

/// The registers that entry code saved at `address`; nothing when that is not all on a stack.
std::optional<InterruptedState> read_pt_regs(StackMemory& memory, uint64_t address);

/// The same where only the part that iret takes was saved, at `address`: rip and rsp alone are set.
std::optional<InterruptedState> read_iret_frame(StackMemory& memory, uint64_t address);

/// That, with the other registers as they are in entry code that has not touched them yet.
InterruptedState with_registers(const InterruptedState& saved, const FrameRegisters& others);

}  // namespace kmortem::kernel
