// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/kernel_space.h"

#include <fmt/core.h>

namespace kmortem::dump {

namespace {

/// Present since 4.17 or so (arch_crash_save_vmcoreinfo); before, all kernels had four levels.
int paging_levels(const Vmcoreinfo& vmcoreinfo) {
  return vmcoreinfo.number("pgtable_l5_enabled").value_or(0) != 0 ? 5 : 4;
}

/// swapper_pg_dir is a macro for init_level4_pgt until 4.13 and init_top_pgt after.
std::optional<uint64_t> top_table_symbol(const Vmcoreinfo& vmcoreinfo) {
  for (const char* name : {"swapper_pg_dir", "init_top_pgt", "init_level4_pgt"}) {
    if (auto address = vmcoreinfo.symbol(name)) return address;
  }
  return std::nullopt;
}

bool in_image(uint64_t address) {
  return address >= kImageBase && address - kImageBase < kImageSize;
}

bool leads_to(const PageTables& tables, PhysicalMemory& memory, uint64_t address,
              uint64_t physical) {
  const auto found = tables.translate(memory, address);
  return found && found->physical == physical;
}

/// With page-table isolation a CPU in user mode has the process's half in CR3, the page above the
/// kernel's; both are tried.
std::optional<PageTables> from_control_registers(PhysicalMemory& memory, const CpuRegisters& cpu,
                                                 uint64_t encryption_mask, uint64_t known) {
  const int levels = cpu.five_levels() ? 5 : 4;
  for (const uint64_t root : {cpu.cr3 & ~uint64_t{0x1000}, cpu.cr3}) {
    const PageTables tables(root, levels, encryption_mask);
    if (tables.translate(memory, known)) return tables;
  }
  return std::nullopt;
}

/// The table of a process maps the kernel as well, but may lag behind in what was mapped since;
/// the kernel's own table is found through it when its address is known.
PageTables kernel_table(PhysicalMemory& memory, const PageTables& found,
                        std::optional<uint64_t> symbol, uint64_t encryption_mask) {
  if (!symbol) return found;
  const auto own = found.translate(memory, *symbol);
  if (!own) return found;
  const PageTables tables(own->physical, found.levels(), encryption_mask);
  return leads_to(tables, memory, *symbol, own->physical) ? tables : found;
}

}  // namespace

KernelSpace find_kernel_space(PhysicalMemory& memory, const Vmcoreinfo& vmcoreinfo,
                              std::optional<uint64_t> container_phys_base,
                              std::span<const CpuRegisters> cpus) {
  KernelSpace space;
  const uint64_t encryption_mask = vmcoreinfo.number("sme_mask").value_or(0);
  const auto symbol = top_table_symbol(vmcoreinfo);
  space.phys_base = vmcoreinfo.number("phys_base");
  if (!space.phys_base) space.phys_base = container_phys_base;

  if (symbol && in_image(*symbol) && space.phys_base) {
    const uint64_t root = *symbol - kImageBase + *space.phys_base;
    const int levels = paging_levels(vmcoreinfo);
    space.whose = "the kernel's";
    for (const int tried : {levels, 9 - levels}) {
      space.tables = PageTables(root, tried, encryption_mask);
      space.verified = leads_to(space.tables, memory, *symbol, space.tables.root());
      if (space.verified) return space;
    }
    space.tables = PageTables(root, levels, encryption_mask);
  }
  for (const CpuRegisters& cpu : cpus) {
    if (!cpu.paging()) continue;
    const uint64_t known = symbol.value_or(cpu.gdt_base);
    const auto found = from_control_registers(memory, cpu, encryption_mask, known);
    if (!found) continue;
    space.tables = kernel_table(memory, *found, symbol, encryption_mask);
    space.whose = fmt::format("CR3 of CPU {}", cpu.cpu);
    space.verified = true;
    if (const auto own = space.tables.translate(memory, known); own && in_image(known)) {
      space.phys_base = own->physical - (known - kImageBase);
    }
    return space;
  }
  return space;
}

}  // namespace kmortem::dump
