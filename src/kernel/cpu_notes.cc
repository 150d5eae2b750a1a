// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/cpu_notes.h"

#include <algorithm>

namespace kmortem::kernel {

namespace {

bool has_registers(const dump::CpuRegisters& note) {
  return note.has_general && (note.rip != 0 || note.rsp != 0);
}

bool is_of(const dump::CpuRegisters& note, const CpuIdentity& cpu) {
  const uint64_t base = cpu.cpu->percpu_base;
  if (note.has_control && base != 0 && (note.gs_base == base || note.kernel_gs_base == base)) {
    return true;
  }
  return std::ranges::any_of(cpu.stacks,
                             [&](const StackArea& area) { return area.contains(note.rsp); });
}

// A QEMU dump has the CPU's number for a pid, a kdump the current task's.
bool pid_agrees(const dump::CpuRegisters& note, const CpuIdentity& cpu) {
  return cpu.current_pid < 0 || note.has_control || note.pid == cpu.current_pid;
}

}  // namespace

std::vector<const dump::CpuRegisters*> match_registers(std::span<const dump::CpuRegisters> notes,
                                                       std::span<const CpuIdentity> cpus) {
  std::vector<const dump::CpuRegisters*> matched(cpus.size(), nullptr);
  std::vector<const dump::CpuRegisters*> left;
  for (const dump::CpuRegisters& note : notes) {
    if (!has_registers(note)) continue;
    const auto owner =
        std::ranges::find_if(cpus, [&](const CpuIdentity& cpu) { return is_of(note, cpu); });
    const auto index = static_cast<size_t>(owner - cpus.begin());
    if (owner == cpus.end() || matched[index] != nullptr) {
      left.push_back(&note);
    } else {
      matched[index] = &note;
    }
  }
  for (const dump::CpuRegisters* note : left) {
    for (size_t i = 0; i < cpus.size(); ++i) {
      const bool fits = cpus[i].cpu->number == note->cpu && pid_agrees(*note, cpus[i]);
      if (fits && matched[i] == nullptr) matched[i] = note;
    }
  }
  return matched;
}

FrameRegisters frame_registers(const dump::CpuRegisters& note) {
  FrameRegisters registers;
  registers.set(Register::rax, note.rax);
  registers.set(Register::rbx, note.rbx);
  registers.set(Register::rcx, note.rcx);
  registers.set(Register::rdx, note.rdx);
  registers.set(Register::rsi, note.rsi);
  registers.set(Register::rdi, note.rdi);
  registers.set(Register::rbp, note.rbp);
  registers.set(Register::rsp, note.rsp);
  registers.set(Register::r8, note.r8);
  registers.set(Register::r9, note.r9);
  registers.set(Register::r10, note.r10);
  registers.set(Register::r11, note.r11);
  registers.set(Register::r12, note.r12);
  registers.set(Register::r13, note.r13);
  registers.set(Register::r14, note.r14);
  registers.set(Register::r15, note.r15);
  registers.set(Register::rip, note.rip);
  return registers;
}

}  // namespace kmortem::kernel
