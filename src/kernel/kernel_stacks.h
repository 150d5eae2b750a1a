// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "kernel/target.h"
#include "model/machine.h"

namespace kmortem::kernel {

enum class StackKind : uint8_t {
  task,
  irq,        ///< hard interrupts, and the softirqs run on their exit
  exception,  ///< of the interrupt stack table: NMI, #DB, #DF, #MC, #VC
  entry,      ///< where a CPU arrives from user mode
  other,      ///< none that the kernel says it has
};

/// Memory that a stack lies in: [begin, end).
struct StackArea {
  StackKind kind = StackKind::other;
  uint64_t begin = 0;
  uint64_t end = 0;

  bool contains(uint64_t address) const { return address >= begin && address < end; }
};

/// Where the kernel's stacks lie on x86-64. Layouts are resolved once.
class KernelStacks {
 public:
  explicit KernelStacks(const Target& target);

  /// THREAD_SIZE: 16 KB since 3.15, 8 KB before, more with KASAN.
  uint64_t thread_size() const { return thread_size_; }

  StackArea of_task(uint64_t stack_base) const;

  /// The interrupt, exception and entry stacks of a CPU, as far as this kernel names them: per-cpu
  /// hardirq_stack_ptr (5.2; in pcpu_hot 6.2 to 6.14), irq_stack_ptr before; cea_exception_stacks
  /// (5.2), orig_ist before; cpu_entry_area (4.14).
  std::vector<StackArea> of_cpu(const model::Cpu& cpu) const;

 private:
  void add_irq_stack(const model::Cpu& cpu, std::vector<StackArea>& areas) const;
  void add_exception_stacks(const model::Cpu& cpu, std::vector<StackArea>& areas) const;
  void add_old_exception_stacks(const model::Cpu& cpu, std::vector<StackArea>& areas) const;
  void add_entry_stack(const model::Cpu& cpu, std::vector<StackArea>& areas) const;

  Target target_;
  uint64_t thread_size_;
};

}  // namespace kmortem::kernel
