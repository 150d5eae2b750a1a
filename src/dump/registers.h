// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kmortem::dump {

/// What the dump's notes say about one CPU. CPUs are numbered in the order of their notes, which
/// is the kernel's number unless CPUs were offline.
struct CpuRegisters {
  int cpu = 0;
  bool has_general = false;  ///< rip to r15: from NT_PRSTATUS, else from QEMU's note
  bool has_control = false;  ///< cr0 to gs_base: only QEMU's note has them
  int pid = 0;               ///< pr_pid: the task on a kdump, the CPU's number + 1 from QEMU
  uint64_t rip = 0, rsp = 0, rbp = 0, rflags = 0;
  uint64_t rax = 0, rbx = 0, rcx = 0, rdx = 0, rsi = 0, rdi = 0;
  uint64_t r8 = 0, r9 = 0, r10 = 0, r11 = 0, r12 = 0, r13 = 0, r14 = 0, r15 = 0;
  uint64_t cs = 0, ss = 0;
  uint64_t cr0 = 0, cr2 = 0, cr3 = 0, cr4 = 0;
  uint64_t idt_base = 0, gdt_base = 0, gs_base = 0, kernel_gs_base = 0;

  /// The CPU runs with paging on, as every CPU that Linux has started does.
  bool paging() const { return has_control && (cr0 & 0x80000000) != 0; }
  /// CR4.LA57: five-level page tables.
  bool five_levels() const { return (cr4 & 0x1000) != 0; }
};

/// The registers in a PT_NOTE segment's bytes: NT_PRSTATUS, and QEMU's QEMUCPUState version 1.
std::vector<CpuRegisters> registers_from_notes(std::span<const std::byte> notes);

}  // namespace kmortem::dump
