// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "debuginfo/dwarf_types.h"
#include "debuginfo/symbol_table.h"
#include "debuginfo/type_table.h"
#include "debuginfo/wanted.h"

namespace kmortem::debuginfo {

/// One pass over vmlinux's units for the names of wanted_files().
class WantedLoader {
 public:
  WantedLoader(TypeTable& table, DwarfTypeReader& reader, WantedScope scope);

  /// Stops walking units when every file that the symbols promise has been met. Names of files
  /// that were not met (link-time optimisation, another tree) are then sought in all units.
  void load(Dwarf* dwarf, const SymbolTable& symbols);

 private:
  using FileMask = uint64_t;
  enum class Kind : uint8_t { type, variable, enumerator };
  struct Name {
    FileMask files = 0;  ///< whose list it is on
    bool done = false;
  };
  using Names = std::unordered_map<std::string_view, Name>;

  FileMask expected_files(const SymbolTable& symbols) const;
  FileMask files_of_unit(std::string_view unit_name, FileMask among) const;
  bool any_left(FileMask files) const;
  void search_everywhere(Dwarf* dwarf, FileMask files);
  void scan(Dwarf_Die* unit, FileMask files);
  void take_type(Dwarf_Die* die, FileMask files);
  void take_enumeration(Dwarf_Die* die, FileMask files);
  void take_variable(Dwarf_Die* die, FileMask files);
  void commit_variables();

  TypeTable& table_;
  DwarfTypeReader& reader_;
  std::span<const WantedFile> files_;
  Names types_;
  Names variables_;
  Names enumerators_;
  std::unordered_map<std::string_view, Dwarf_Die> pending_variables_;
};

/// True when `die` gives the variable a usable type: of several declarations of an array, one may
/// know its bound.
bool has_bound_or_is_plain(Dwarf_Die* die);

}  // namespace kmortem::debuginfo
