// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/modules.h"
#include "kernel/target.h"

namespace kmortem::kernel {

/// A module's symbols, from the kallsyms table that the kernel kept of it: every function, and
/// with CONFIG_KALLSYMS_ALL its data.
class ModuleSymbols {
 public:
  struct Symbol {
    std::string_view name;  ///< lives as long as this object
    uint64_t address = 0;
    uint64_t size = 0;  ///< to the next symbol or the end of the piece of memory
  };

  /// Reads the whole table at once. A damaged one gives as many symbols as make sense.
  static ReadResult<ModuleSymbols> read(const Target& target, const LoadedModule& module);

  /// The symbol that `address` falls into, as the kernel's find_kallsyms_symbol() picks it: the
  /// nearest below; of several at one place, the first in the table.
  std::optional<Symbol> containing(uint64_t address) const;

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    uint64_t address;
    uint32_t name;  ///< offset in strings_
  };

  std::string_view name_at(uint32_t offset) const;

  std::vector<ModuleRange> ranges_;
  std::vector<Entry> entries_;  ///< by address, one for each
  std::string strings_;
};

}  // namespace kmortem::kernel
