// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "debuginfo/dwarf_lines.h"
#include "debuginfo/kernel_debuginfo.h"
#include "debuginfo/symbol_index.h"
#include "debuginfo/type_table.h"

namespace kmortem::debuginfo {

/// Source lines looked up so far, by link-time address; an empty list is an answer, too.
using ResolvedLines = std::map<uint64_t, std::vector<SourceFrame>>;

/// All that a profile holds of a kernel image.
struct ImageContents {
  std::string build_id;
  std::string release;
  std::string banner;
  uint64_t wanted_fingerprint = 0;  ///< of the list that the types were read by
  TypeTable types;
  ResolvedLines lines;
  std::unique_ptr<SymbolIndex> symbols;
  OrcTables orc;
  std::shared_ptr<const void> orc_backing;  ///< keeps alive what `orc` points into
};

}  // namespace kmortem::debuginfo
