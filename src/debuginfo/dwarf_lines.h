// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace kmortem::debuginfo {

/// A place in the source: one function that a pc is in, inlined or not.
struct SourceFrame {
  std::string function;
  std::string file;  ///< relative to the kernel tree
  uint32_t line = 0;
  bool inlined = false;
};

/// Source lines and inlined functions of link-time addresses. Units are searched lazily, and what
/// was learnt of each is kept.
class DwarfLines {
 public:
  explicit DwarfLines(Dwarf* dwarf) : dwarf_(dwarf) {}

  /// Innermost first; empty where the DWARF says nothing.
  std::vector<SourceFrame> locate(uint64_t pc);

 private:
  struct Function {
    uint64_t begin = 0;
    uint64_t end = 0;
    Dwarf_Die die = {};
  };
  struct Unit {
    Dwarf_Die die = {};
    std::vector<Function> functions;
    std::string comp_dir;
    Dwarf_Files* files = nullptr;
  };
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
    Dwarf_Off unit = 0;
  };

  Unit* unit_of(uint64_t pc);
  void index_units();
  void index_ranges();
  Unit& load_unit(Dwarf_Die die);
  void index_functions(Unit& unit);
  Dwarf_Die* function_at(Unit& unit, uint64_t pc);
  std::vector<Dwarf_Die> inline_chain(const Dwarf_Die& function, uint64_t pc) const;
  std::string file_name(const Unit& unit, uint64_t index) const;
  std::string tidy(const Unit& unit, const char* path) const;

  Dwarf* dwarf_;
  std::unordered_map<Dwarf_Off, Unit> units_;
  std::vector<Range> ranges_;  ///< used where .debug_aranges says nothing
  bool indexed_ = false;
  bool ranges_indexed_ = false;
  std::string tree_;  ///< the source tree's directory, with a slash; empty when unknown
};

}  // namespace kmortem::debuginfo
