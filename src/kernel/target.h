// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "debuginfo/symbol_table.h"
#include "debuginfo/type_table.h"
#include "dump/memory.h"
#include "model/problems.h"

namespace kmortem::kernel {

/// The dead kernel as every reader of the kernel and locks layers sees it: its memory, its types,
/// its symbols, and where to say what could not be read. Borrows everything.
struct Target {
  dump::Memory& memory;
  const debuginfo::TypeTable& types;
  const debuginfo::SymbolTable& symbols;
  model::Problems& problems;

  std::optional<uint64_t> symbol(std::string_view name) const { return symbols.find(name); }
};

}  // namespace kmortem::kernel
