// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "debuginfo/symbol_table.h"
#include "dump/dump_file.h"
#include "model/problems.h"

namespace kmortem::postmortem {

/// Sees to it that the dump has usable page tables. When the kernel's own top table is missing or
/// damaged, others serve: one that a CPU used, any process's (all share the kernel's half), and in
/// the end the arithmetic of the image and the direct map, which leaves out vmalloc memory. Says in
/// `problems` what was done. Expects the symbols' slide to be set.
void find_page_tables(dump::DumpFile& dump, const debuginfo::SymbolTable& symbols,
                      model::Problems& problems);

}  // namespace kmortem::postmortem
