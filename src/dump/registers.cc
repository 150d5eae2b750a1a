// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/registers.h"

#include <elf.h>

#include <cstring>

#include "dump/notes.h"

namespace kmortem::dump {

namespace {

// struct elf_prstatus of x86-64: pr_pid at 32, pr_reg (user_regs_struct, 27 words) at 112.
constexpr size_t kPrstatusPid = 32;
constexpr size_t kPrstatusRegisters = 112;
constexpr size_t kPrstatusSize = 336;

// QEMUCPUState (target/i386/arch_dump.c): version, size, 18 words, 10 segments of 24 bytes with
// the base at 16, cr[5], and since QEMU 2.12 kernel_gs_base.
constexpr size_t kQemuWords = 8;
constexpr size_t kQemuSegments = kQemuWords + size_t{18} * 8;
constexpr size_t kQemuSegmentSize = 24;
constexpr size_t kQemuControl = kQemuSegments + 10 * kQemuSegmentSize;
constexpr size_t kQemuMinimumSize = kQemuControl + size_t{5} * 8;

template <typename T>
T load(std::span<const std::byte> bytes, size_t offset) {
  T value = 0;
  memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

uint64_t word(std::span<const std::byte> bytes, size_t start, size_t index) {
  return load<uint64_t>(bytes, start + index * 8);
}

void read_prstatus(std::span<const std::byte> note, CpuRegisters& cpu) {
  const auto reg = [&](size_t index) { return word(note, kPrstatusRegisters, index); };
  cpu.has_general = true;
  cpu.pid = load<int32_t>(note, kPrstatusPid);
  cpu.r15 = reg(0);
  cpu.r14 = reg(1);
  cpu.r13 = reg(2);
  cpu.r12 = reg(3);
  cpu.rbp = reg(4);
  cpu.rbx = reg(5);
  cpu.r11 = reg(6);
  cpu.r10 = reg(7);
  cpu.r9 = reg(8);
  cpu.r8 = reg(9);
  cpu.rax = reg(10);
  cpu.rcx = reg(11);
  cpu.rdx = reg(12);
  cpu.rsi = reg(13);
  cpu.rdi = reg(14);
  cpu.rip = reg(16);
  cpu.cs = reg(17);
  cpu.rflags = reg(18);
  cpu.rsp = reg(19);
  cpu.ss = reg(20);
}

void read_qemu_general(std::span<const std::byte> note, CpuRegisters& cpu) {
  const auto reg = [&](size_t index) { return word(note, kQemuWords, index); };
  cpu.has_general = true;
  cpu.rax = reg(0);
  cpu.rbx = reg(1);
  cpu.rcx = reg(2);
  cpu.rdx = reg(3);
  cpu.rsi = reg(4);
  cpu.rdi = reg(5);
  cpu.rsp = reg(6);
  cpu.rbp = reg(7);
  cpu.r8 = reg(8);
  cpu.r9 = reg(9);
  cpu.r10 = reg(10);
  cpu.r11 = reg(11);
  cpu.r12 = reg(12);
  cpu.r13 = reg(13);
  cpu.r14 = reg(14);
  cpu.r15 = reg(15);
  cpu.rip = reg(16);
  cpu.rflags = reg(17);
}

void read_qemu(std::span<const std::byte> note, CpuRegisters& cpu) {
  // Segments in the order cs, ds, es, fs, gs, ss, ldt, tr, gdt, idt.
  const auto base = [&](size_t segment) {
    return word(note, kQemuSegments + segment * kQemuSegmentSize, 2);
  };
  if (!cpu.has_general) read_qemu_general(note, cpu);
  cpu.has_control = true;
  cpu.gs_base = base(4);
  cpu.gdt_base = base(8);
  cpu.idt_base = base(9);
  cpu.cr0 = word(note, kQemuControl, 0);
  cpu.cr2 = word(note, kQemuControl, 2);
  cpu.cr3 = word(note, kQemuControl, 3);
  cpu.cr4 = word(note, kQemuControl, 4);
  if (note.size() >= kQemuMinimumSize + 8) cpu.kernel_gs_base = word(note, kQemuControl, 5);
}

}  // namespace

std::vector<CpuRegisters> registers_from_notes(std::span<const std::byte> notes) {
  std::vector<CpuRegisters> cpus;
  size_t prstatus = 0;
  size_t qemu = 0;
  const auto cpu_at = [&cpus](size_t index) -> CpuRegisters& {
    if (index == cpus.size()) cpus.emplace_back().cpu = static_cast<int>(index);
    return cpus[index];
  };
  for_each_note(notes, [&](const Note& note) {
    if (note.name == "CORE" && note.type == NT_PRSTATUS &&
        note.description.size() >= kPrstatusSize) {
      read_prstatus(note.description, cpu_at(prstatus++));
    } else if (note.name == "QEMU" && note.description.size() >= kQemuMinimumSize &&
               load<uint32_t>(note.description, 0) == 1) {
      read_qemu(note.description, cpu_at(qemu++));
    }
  });
  return cpus;
}

}  // namespace kmortem::dump
