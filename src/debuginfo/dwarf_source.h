// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "debuginfo/call_frames.h"
#include "debuginfo/dwarf_file.h"
#include "debuginfo/dwarf_lines.h"
#include "debuginfo/dwarf_types.h"
#include "debuginfo/symbol_table.h"
#include "debuginfo/type_table.h"
#include "debuginfo/wanted.h"

namespace kmortem::debuginfo {

/// vmlinux's DWARF, opened: fills a TypeTable from it and finds source lines in it.
class DwarfSource {
 public:
  /// Fails when there is no DWARF, or none that libdw can use. `table` must outlive it.
  static Result<std::unique_ptr<DwarfSource>> open(const ImageFiles& files, TypeTable& table);

  /// Reads what wanted_files() lists, from the units that define it; from wherever it is defined
  /// when a unit that should exist does not.
  void load_wanted(const SymbolTable& symbols, WantedScope scope);

  /// Any structure, union, enumeration, typedef or base type, by name; the first definition.
  bool load_type(std::string_view name);
  /// The type of any global variable.
  bool load_variable(std::string_view name);

  DwarfLines& lines() { return lines_; }

  /// Null when there is no call frame information. Opened at the first call.
  CallFrames* call_frames();

 private:
  DwarfSource(DwarfFile file, TypeTable& table);

  DwarfFile file_;
  Dwarf* dwarf_;
  TypeTable& table_;
  DwarfTypeReader reader_;
  DwarfLines lines_;
  bool looked_for_frames_ = false;
  std::unique_ptr<CallFrames> frames_;
};

}  // namespace kmortem::debuginfo
