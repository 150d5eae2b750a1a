// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/dwarf_lines.h"

#include <dwarf.h>

#include <algorithm>
#include <optional>

#include "debuginfo/dwarf_attributes.h"
#include "debuginfo/dwarf_units.h"
#include "debuginfo/source_path.h"

namespace kmortem::debuginfo {

namespace {

constexpr int kMaxInlining = 64;

std::string comp_dir_of(Dwarf_Die* unit) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(unit, DW_AT_comp_dir, &attribute) == nullptr) return "";
  const char* text = dwarf_formstring(&attribute);
  return text != nullptr ? text : "";
}

template <typename Visit>
void for_each_range(Dwarf_Die* die, Visit visit) {
  Dwarf_Addr base = 0;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  for (ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0;) {
    if (begin < end) visit(begin, end);
  }
}

// A lexical block or an inlined call inside `parent` that covers `pc`.
std::optional<Dwarf_Die> scope_inside(Dwarf_Die parent, uint64_t pc) {
  Dwarf_Die child;
  for (int more = dwarf_child(&parent, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) continue;
    if (dwarf_haspc(&child, pc) == 1) return child;
  }
  return std::nullopt;
}

}  // namespace

std::vector<SourceFrame> DwarfLines::locate(uint64_t pc) {
  Unit* unit = unit_of(pc);
  if (unit == nullptr) return {};

  std::string file;
  uint32_t line = 0;
  if (Dwarf_Line* row = dwarf_getsrc_die(&unit->die, pc)) {
    int number = 0;
    if (dwarf_lineno(row, &number) == 0) line = static_cast<uint32_t>(number);
    file = tidy(*unit, dwarf_linesrc(row, nullptr, nullptr));
  }
  std::vector<SourceFrame> frames;
  Dwarf_Die* function = function_at(*unit, pc);
  if (function == nullptr) {
    if (line != 0) frames.push_back({"", file, line, false});
    return frames;
  }
  for (Dwarf_Die& call : inline_chain(*function, pc)) {
    frames.push_back({std::string(die_full_name(&call)), file, line, true});
    file = file_name(*unit, unsigned_attribute(&call, DW_AT_call_file).value_or(0));
    line = static_cast<uint32_t>(unsigned_attribute(&call, DW_AT_call_line).value_or(0));
  }
  frames.push_back({std::string(die_full_name(function)), file, line, false});
  return frames;
}

DwarfLines::Unit* DwarfLines::unit_of(uint64_t pc) {
  if (!indexed_) index_units();
  Dwarf_Die die;
  if (dwarf_addrdie(dwarf_, pc, &die) != nullptr) return &load_unit(die);
  if (!ranges_indexed_) index_ranges();
  auto after = std::ranges::upper_bound(ranges_, pc, {}, &Range::begin);
  if (after == ranges_.begin()) return nullptr;
  const Range& range = *std::prev(after);
  if (pc >= range.end || dwarf_offdie(dwarf_, range.unit, &die) == nullptr) return nullptr;
  return &load_unit(die);
}

// init/main.c is among the first units of every kernel and tells where the tree lay.
void DwarfLines::index_units() {
  indexed_ = true;
  for_each_unit(dwarf_, [&](Dwarf_Die* unit) {
    const std::string_view name = die_name(unit);
    const std::string_view before = tree_before(name, "init/main.c");
    if (before.data() == nullptr) return true;
    const bool absolute = name.starts_with('/');
    tree_ = normal_path(absolute ? std::string(before)
                                 : comp_dir_of(unit) + "/" + std::string(before)) +
            "/";
    return false;
  });
}

// Clang writes .debug_aranges of assembly alone: for what it leaves out the units' own ranges are
// collected, once.
void DwarfLines::index_ranges() {
  ranges_indexed_ = true;
  for_each_unit(dwarf_, [&](Dwarf_Die* unit) {
    const Dwarf_Off offset = dwarf_dieoffset(unit);
    for_each_range(unit,
                   [&](uint64_t begin, uint64_t end) { ranges_.push_back({begin, end, offset}); });
    return true;
  });
  std::ranges::sort(ranges_, {}, &Range::begin);
}

DwarfLines::Unit& DwarfLines::load_unit(Dwarf_Die die) {
  const auto [it, inserted] = units_.try_emplace(dwarf_dieoffset(&die));
  Unit& unit = it->second;
  if (inserted) {
    unit.die = die;
    unit.comp_dir = comp_dir_of(&die);
    size_t count = 0;
    if (dwarf_getsrcfiles(&unit.die, &unit.files, &count) != 0) unit.files = nullptr;
    index_functions(unit);
  }
  return unit;
}

void DwarfLines::index_functions(Unit& unit) {
  Dwarf_Die child;
  for (int more = dwarf_child(&unit.die, &child); more == 0;
       more = dwarf_siblingof(&child, &child)) {
    if (dwarf_tag(&child) != DW_TAG_subprogram) continue;
    for_each_range(&child, [&](uint64_t begin, uint64_t end) {
      unit.functions.push_back({begin, end, child});
    });
  }
  std::ranges::sort(unit.functions, {}, &Function::begin);
}

Dwarf_Die* DwarfLines::function_at(Unit& unit, uint64_t pc) {
  auto after = std::ranges::upper_bound(unit.functions, pc, {}, &Function::begin);
  if (after == unit.functions.begin()) return nullptr;
  Function& function = *std::prev(after);
  return pc < function.end ? &function.die : nullptr;
}

std::vector<Dwarf_Die> DwarfLines::inline_chain(const Dwarf_Die& function, uint64_t pc) const {
  std::vector<Dwarf_Die> chain;
  std::optional<Dwarf_Die> scope = function;
  for (int depth = 0; depth < kMaxInlining; ++depth) {
    scope = scope_inside(*scope, pc);
    if (!scope) break;
    if (dwarf_tag(&*scope) == DW_TAG_inlined_subroutine) chain.push_back(*scope);
  }
  std::ranges::reverse(chain);
  return chain;
}

std::string DwarfLines::file_name(const Unit& unit, uint64_t index) const {
  if (unit.files == nullptr) return "";
  return tidy(unit, dwarf_filesrc(unit.files, index, nullptr, nullptr));
}

std::string DwarfLines::tidy(const Unit& unit, const char* path) const {
  if (path == nullptr) return "";
  return relative_to(path, tree_, unit.comp_dir);
}

}  // namespace kmortem::debuginfo
