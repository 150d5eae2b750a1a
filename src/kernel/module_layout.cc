// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/module_layout.h"

#include <algorithm>
#include <string>

namespace kmortem::kernel {

namespace {

// Modules live in a window of 1.5 GB; a larger piece is damage.
constexpr uint64_t kMaxModuleBytes = uint64_t{2} << 30;
constexpr uint64_t kMaxStructModule = uint64_t{64} << 10;

void add_range(std::vector<ModuleRange>& ranges, uint64_t base, uint64_t size, bool text,
               bool init) {
  if (base == 0 || size == 0 || size > kMaxModuleBytes || base > UINT64_MAX - size) return;
  ranges.push_back({base, base + size, text, init});
}

}  // namespace

ModuleLayout::ModuleLayout(const debuginfo::TypeTable& types) : types_(types) {
  list = types.field("module.list");
  name = types.field("module.name");
  state = types.field("module.state");
  taints = types.field("module.taints");
  build_id = types.field("module.build_id");
  notes_attrs = types.field("module.notes_attrs");
  kallsyms = types.field("module.kallsyms");
  symtab = types.field("module.symtab");
  strtab = types.field("module.strtab");
  num_symtab = types.field("module.num_symtab");
  size = types.size_of("module").value_or(0);
  if (size > kMaxStructModule) size = 0;

  mem_ = types.field("module.mem");
  mem_base_ = types.field("module_memory.base");
  mem_size_ = types.field("module_memory.size");
  first_init_type_ = static_cast<uint64_t>(types.enumerator("MOD_INIT_TEXT").value_or(4));
  core_ = region("core_layout", "module_core", "core_size", "core_text_size", false);
  init_ = region("init_layout", "module_init", "init_size", "init_text_size", true);
}

ModuleLayout::Region ModuleLayout::region(std::string_view layout, std::string_view old_base,
                                          std::string_view old_size, std::string_view old_text_size,
                                          bool init) const {
  const std::string prefix = "module.";
  const std::string nested = prefix + std::string(layout);
  Region region{types_.field(nested + ".base"), types_.field(nested + ".size"),
                types_.field(nested + ".text_size"), init};
  if (region.base && region.size) return region;
  return {types_.field(prefix + std::string(old_base)),
          types_.field(prefix + std::string(old_size)),
          types_.field(prefix + std::string(old_text_size)), init};
}

void ModuleLayout::add_region(const Record& module, const Region& region,
                              std::vector<ModuleRange>& ranges) const {
  if (!region.base || !region.size) return;
  const uint64_t base = module.get(*region.base);
  const uint64_t all = module.get(*region.size);
  const uint64_t text = std::min(module.get_or(region.text_size, 0), all);
  add_range(ranges, base, text, true, region.init);
  add_range(ranges, base + text, all - text, false, region.init);
}

std::vector<ModuleRange> ModuleLayout::memory_ranges(const Record& module) const {
  std::vector<ModuleRange> ranges;
  for (uint64_t type = 0; type < mem_->count; ++type) {
    const uint64_t at = mem_->offset + type * mem_->size;
    debuginfo::Field base = *mem_base_;
    debuginfo::Field length = *mem_size_;
    base.offset += at;
    length.offset += at;
    const bool text = type == 0 || type == first_init_type_;  // MOD_TEXT is 0
    add_range(ranges, module.get(base), module.get(length), text, type >= first_init_type_);
  }
  return ranges;
}

std::vector<ModuleRange> ModuleLayout::ranges(const Record& module) const {
  if (mem_ && mem_base_ && mem_size_) return memory_ranges(module);
  std::vector<ModuleRange> ranges;
  add_region(module, core_, ranges);
  add_region(module, init_, ranges);
  return ranges;
}

uint64_t ModuleLayout::total_size(const Record& module) const {
  uint64_t total = 0;
  for (const ModuleRange& range : ranges(module)) total += range.end - range.begin;
  return total;
}

}  // namespace kmortem::kernel
