// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/kernel_stacks.h"

#include <bit>
#include <string_view>

#include "base/checked.h"
#include "kernel/percpu.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kDefaultStack = 16 << 10;
constexpr uint64_t kLargestStack = 128 << 10;

bool plausible_size(uint64_t size) {
  return size >= kPage && size <= kLargestStack && std::has_single_bit(size);
}

uint64_t read_thread_size(const Target& target) {
  // vmlinux.lds puts these around init_task's stack (4.9).
  const auto begin = target.symbol("__start_init_task");
  const auto end = target.symbol("__end_init_task");
  if (begin && end && *begin < *end && plausible_size(*end - *begin)) return *end - *begin;
  const uint64_t size = target.types.size_of("thread_union").value_or(0);
  return plausible_size(size) ? size : kDefaultStack;
}

uint64_t irq_stack_size(const Target& target) {
  for (std::string_view type : {"irq_stack", "irq_stack_union"}) {
    const uint64_t size = target.types.size_of(type).value_or(0);
    if (plausible_size(size)) return size;
  }
  return kDefaultStack;
}

void add_area(std::vector<StackArea>& areas, StackKind kind, uint64_t begin, uint64_t size) {
  const auto end = checked_add(begin, size);
  if (size == 0 || !end || !dump::is_kernel_address(begin)) return;
  areas.push_back({kind, begin, *end});
}

}  // namespace

KernelStacks::KernelStacks(const Target& target)
    : target_(target), thread_size_(read_thread_size(target)) {}

StackArea KernelStacks::of_task(uint64_t stack_base) const {
  std::vector<StackArea> areas;
  add_area(areas, StackKind::task, stack_base, thread_size_);
  return areas.empty() ? StackArea{} : areas.front();
}

std::vector<StackArea> KernelStacks::of_cpu(const model::Cpu& cpu) const {
  std::vector<StackArea> areas;
  add_irq_stack(cpu, areas);
  add_exception_stacks(cpu, areas);
  add_entry_stack(cpu, areas);
  return areas;
}

void KernelStacks::add_irq_stack(const model::Cpu& cpu, std::vector<StackArea>& areas) const {
  const auto field =
      find_percpu(target_, {"pcpu_hot.hardirq_stack_ptr", "hardirq_stack_ptr", "irq_stack_ptr"}, 8);
  if (!field) return;
  const auto pointer = read_percpu(target_, *field, cpu.percpu_base);
  if (!pointer || *pointer > UINT64_MAX - kPage) return;
  // The top, less a word since 5.12 and less 64 bytes before 4.14: all within the last page.
  const uint64_t top = (*pointer + kPage - 1) / kPage * kPage;
  const uint64_t size = irq_stack_size(target_);
  if (top < size) return;
  add_area(areas, StackKind::irq, top - size, size);
}

void KernelStacks::add_exception_stacks(const model::Cpu& cpu,
                                        std::vector<StackArea>& areas) const {
  const auto type = target_.types.find("cea_exception_stacks");
  const auto field = find_percpu(target_, {"cea_exception_stacks"}, 8);
  if (!type || !field) return add_old_exception_stacks(cpu, areas);
  const auto base = read_percpu(target_, *field, cpu.percpu_base);
  if (!base || *base == 0) return;
  for (const debuginfo::Member& member : target_.types.at(target_.types.resolve(*type)).members) {
    if (!member.name.ends_with("_stack")) continue;  // the others are guard pages
    const auto begin = checked_add(*base, member.bit_offset / 8);
    const uint64_t size = target_.types.at(target_.types.resolve(member.type)).size;
    if (begin && size <= kLargestStack) add_area(areas, StackKind::exception, *begin, size);
  }
}

/// struct orig_ist: the tops of stacks of a page; #DB's has two.
void KernelStacks::add_old_exception_stacks(const model::Cpu& cpu,
                                            std::vector<StackArea>& areas) const {
  constexpr uint64_t kStacks = 7;
  const auto base = percpu_address(target_, "orig_ist", cpu.percpu_base);
  if (!base) return;
  for (uint64_t i = 0; i < kStacks; ++i) {
    const auto top = target_.memory.read_u64(*base + i * 8);
    if (top && *top >= 2 * kPage) add_area(areas, StackKind::exception, *top - kPage, kPage);
  }
}

void KernelStacks::add_entry_stack(const model::Cpu& cpu, std::vector<StackArea>& areas) const {
  auto member = target_.types.field("cpu_entry_area.entry_stack_page.stack");
  if (!member) member = target_.types.field("cpu_entry_area.entry_stack_page");
  const auto field = find_percpu(target_, {"cpu_entry_area"}, 8);
  if (!member || !field) return;
  const auto base = read_percpu(target_, *field, cpu.percpu_base);
  if (!base || *base == 0 || member->size > kLargestStack) return;
  if (const auto begin = checked_add(*base, member->offset)) {
    add_area(areas, StackKind::entry, *begin, member->size);
  }
}

}  // namespace kmortem::kernel
