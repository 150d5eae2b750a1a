// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "debuginfo/type_table.h"
#include "kernel/modules.h"
#include "kernel/record.h"

namespace kmortem::kernel {

/// Finds a module's memory and its kallsyms table in struct module, whatever its generation.
class ModuleLayout {
 public:
  explicit ModuleLayout(const debuginfo::TypeTable& types);

  bool usable() const { return list && name && size != 0; }

  std::vector<ModuleRange> ranges(const Record& module) const;

  /// Bytes over all ranges, as /proc/modules counts them.
  uint64_t total_size(const Record& module) const;

  std::optional<debuginfo::Field> list, name, state, taints, build_id, notes_attrs;
  std::optional<debuginfo::Field> kallsyms;                    ///< struct mod_kallsyms * (4.5)
  std::optional<debuginfo::Field> symtab, strtab, num_symtab;  ///< in struct module before
  uint64_t size = 0;                                           ///< of struct module

 private:
  /// One allocation as 4.5 to 6.3 and older kernels describe it: text first, then data.
  struct Region {
    std::optional<debuginfo::Field> base, size, text_size;
    bool init = false;
  };
  Region region(std::string_view layout, std::string_view old_base, std::string_view old_size,
                std::string_view old_text_size, bool init) const;
  void add_region(const Record& module, const Region& region,
                  std::vector<ModuleRange>& ranges) const;
  std::vector<ModuleRange> memory_ranges(const Record& module) const;

  const debuginfo::TypeTable& types_;
  std::optional<debuginfo::Field> mem_, mem_base_, mem_size_;  ///< struct module_memory (6.4)
  uint64_t first_init_type_ = 0;                               ///< MOD_INIT_TEXT
  Region core_, init_;
};

}  // namespace kmortem::kernel
