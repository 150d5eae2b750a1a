// SPDX-License-Identifier: GPL-3.0-or-later
#include "postmortem/kernel_tables.h"

#include <fmt/core.h>

#include <optional>
#include <string>
#include <vector>

#include "dump/kernel_space.h"
#include "dump/page_entry.h"

namespace kmortem::postmortem {

namespace {

using dump::KnownMapping;

/// The direct map's beginning: page_offset_base with CONFIG_RANDOMIZE_MEMORY or five levels (4.8),
/// else a constant, which moved in 4.20 (and in the stable kernels with page-table isolation).
std::vector<uint64_t> page_offsets(dump::DumpFile& dump, const debuginfo::SymbolTable& symbols) {
  if (const auto symbol = symbols.find("page_offset_base")) {
    const auto value = dump.read_u64(*symbol);
    if (value && dump::is_kernel_address(*value) && *value % dump::kPageSize == 0) return {*value};
  }
  return {0xffff888000000000, 0xffff880000000000};
}

class TableSearch {
 public:
  TableSearch(dump::DumpFile& dump, const debuginfo::SymbolTable& symbols)
      : dump_(dump), symbols_(symbols) {}

  /// True when tables were found that lead to the image and to the direct map.
  bool run(uint64_t page_offset) {
    const auto banner = symbols_.find("linux_banner");
    if (!banner) return false;
    const uint64_t physical = image_physical(*banner);
    known_ = {{*banner, physical}, {page_offset + physical, physical}};
    return by_symbol() || by_control_registers() || by_search();
  }

 private:
  uint64_t image_physical(uint64_t address) const {
    return address - dump::kImageBase + dump_.info().phys_base;
  }

  bool by_symbol() {
    // init_level4_pgt until 4.13.
    for (const char* name : {"init_top_pgt", "init_level4_pgt"}) {
      const auto symbol = symbols_.find(name);
      if (symbol && dump_.use_page_tables(image_physical(*symbol), "the kernel's", known_)) {
        return true;
      }
    }
    return false;
  }

  bool by_control_registers() {
    for (const dump::CpuRegisters& cpu : dump_.registers()) {
      if (!cpu.paging()) continue;
      // The page below is the kernel's half under page-table isolation; the low bits are a PCID.
      const uint64_t root = cpu.cr3 & dump::kEntryAddress;
      const std::string whose = fmt::format("CR3 of CPU {}", cpu.cpu);
      if (dump_.use_page_tables(root & ~dump::kPageSize, whose, known_) ||
          dump_.use_page_tables(root, whose, known_)) {
        return true;
      }
    }
    return false;
  }

  /// Every process's top table ends with the kernel's entry for its image: level3_kernel_pgt with
  /// four levels, level4_kernel_pgt with five (arch/x86/kernel/head_64.S).
  bool by_search() {
    std::vector<uint64_t> last_tables;
    for (const char* name : {"level3_kernel_pgt", "level4_kernel_pgt"}) {
      if (const auto symbol = symbols_.find(name)) last_tables.push_back(image_physical(*symbol));
    }
    for (const dump::PhysicalRange& range : dump_.physical_ranges()) {
      for (uint64_t page = range.begin; page < range.end; page += dump::kPageSize) {
        if (ends_with(page, last_tables) && dump_.use_page_tables(page, "a process's", known_)) {
          return true;
        }
      }
    }
    return false;
  }

  bool ends_with(uint64_t page, const std::vector<uint64_t>& tables) {
    uint64_t entry = 0;
    const auto bytes = std::as_writable_bytes(std::span(&entry, 1));
    if (!dump_.read_physical(page + dump::kPageSize - sizeof entry, bytes)) return false;
    if ((entry & dump::kEntryPresent) == 0) return false;
    for (const uint64_t table : tables) {
      if ((entry & dump::kEntryAddress) == table) return true;
    }
    return false;
  }

  dump::DumpFile& dump_;
  const debuginfo::SymbolTable& symbols_;
  std::vector<KnownMapping> known_;
};

}  // namespace

void find_page_tables(dump::DumpFile& dump, const debuginfo::SymbolTable& symbols,
                      model::Problems& problems) {
  if (!dump.info().page_tables.empty()) return;
  const auto offsets = page_offsets(dump, symbols);
  TableSearch search(dump, symbols);
  for (const uint64_t page_offset : offsets) {
    if (search.run(page_offset)) {
      problems.add({"page tables", 0, "the kernel's own top table is missing or damaged",
                    dump.info().page_tables + " are used, which may lack the latest mappings"});
      return;
    }
  }
  dump.use_direct_map(offsets.front());
  problems.add({"page tables", 0, "no top table in the dump leads to the kernel",
                "only the image and the direct map can be read: no stacks in vmalloc memory, no "
                "modules"});
}

}  // namespace kmortem::postmortem
