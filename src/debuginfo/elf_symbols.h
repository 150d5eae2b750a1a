// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/error.h"
#include "debuginfo/elf_file.h"
#include "debuginfo/symbol_index.h"

namespace kmortem::debuginfo {

/// The symbols of vmlinux's .symtab; names stay in the mapped file. Fails when the file is
/// stripped of them or the table is damaged beyond use.
Result<std::unique_ptr<SymbolIndex>> read_elf_symbols(std::shared_ptr<const ElfFile> file);

}  // namespace kmortem::debuginfo
