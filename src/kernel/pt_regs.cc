// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/pt_regs.h"

#include <array>

namespace kmortem::kernel {

namespace {

constexpr std::array<Register, 15> kPushed = {
    Register::r15, Register::r14, Register::r13, Register::r12, Register::rbp,
    Register::rbx, Register::r11, Register::r10, Register::r9,  Register::r8,
    Register::rax, Register::rcx, Register::rdx, Register::rsi, Register::rdi};

}  // namespace

std::optional<InterruptedState> read_iret_frame(StackMemory& memory, uint64_t address) {
  const auto rip = memory.word(address);
  const auto cs = memory.word(address + 8);
  const auto flags = memory.word(address + 16);
  const auto rsp = memory.word(address + 24);
  if (!rip || !cs || !flags || !rsp) return std::nullopt;
  InterruptedState saved;
  saved.registers.set(Register::rip, *rip);
  saved.registers.set(Register::rsp, *rsp);
  saved.flags = *flags;
  saved.user = (*cs & 3) == 3;
  return saved;
}

InterruptedState with_registers(const InterruptedState& saved, const FrameRegisters& others) {
  InterruptedState merged = saved;
  merged.registers = others;
  for (const Register which : {Register::rip, Register::rsp}) {
    merged.registers.set(which, saved.registers.get(which));
  }
  return merged;
}

std::optional<InterruptedState> read_pt_regs(StackMemory& memory, uint64_t address) {
  if (address > UINT64_MAX - kPtRegsSize) return std::nullopt;
  auto saved = read_iret_frame(memory, address + kIretOffset);
  if (!saved) return std::nullopt;
  for (size_t i = 0; i < kPushed.size(); ++i) {
    const auto value = memory.word(address + i * 8);
    if (!value) return std::nullopt;
    saved->registers.set(kPushed[i], *value);
  }
  return saved;
}

}  // namespace kmortem::kernel
