// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/dwarf_source.h"

#include <dwarf.h>

#include <array>

#include "debuginfo/dwarf_attributes.h"
#include "debuginfo/dwarf_call_frames.h"
#include "debuginfo/dwarf_units.h"
#include "debuginfo/wanted_loader.h"

namespace kmortem::debuginfo {

namespace {

/// "struct mutex" is looked for as "mutex", among structures only.
struct TypeQuery {
  std::string_view name;
  int tag = 0;  ///< 0: any
};

TypeQuery parse_query(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int>, 3> kKeywords = {{
      {"struct ", DW_TAG_structure_type},
      {"union ", DW_TAG_union_type},
      {"enum ", DW_TAG_enumeration_type},
  }};
  for (const auto& [keyword, tag] : kKeywords) {
    if (text.starts_with(keyword)) return {text.substr(keyword.size()), tag};
  }
  return {text, 0};
}

bool may_be_type(int tag, int wanted) {
  if (wanted != 0) return tag == wanted;
  return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_typedef ||
         tag == DW_TAG_enumeration_type || tag == DW_TAG_base_type;
}

}  // namespace

Result<std::unique_ptr<DwarfSource>> DwarfSource::open(const ImageFiles& files, TypeTable& table) {
  auto opened = DwarfFile::open(files);
  if (!opened) return std::unexpected(opened.error());
  return std::unique_ptr<DwarfSource>(new DwarfSource(std::move(*opened), table));
}

DwarfSource::DwarfSource(DwarfFile file, TypeTable& table)
    : file_(std::move(file)),
      dwarf_(file_.handle()),
      table_(table),
      reader_(table),
      lines_(dwarf_) {}

CallFrames* DwarfSource::call_frames() {
  if (!looked_for_frames_) frames_ = DwarfCallFrames::open(dwarf_, file_.image_handle());
  looked_for_frames_ = true;
  return frames_.get();
}

void DwarfSource::load_wanted(const SymbolTable& symbols, WantedScope scope) {
  WantedLoader(table_, reader_, scope).load(dwarf_, symbols);
}

bool DwarfSource::load_type(std::string_view text) {
  const TypeQuery query = parse_query(text);
  bool found = false;
  if (query.name.empty()) return false;
  for_each_unit(dwarf_, [&](Dwarf_Die* unit) {
    for_each_top_die(unit, [&](Dwarf_Die* die) {
      if (!may_be_type(dwarf_tag(die), query.tag) || die_name(die) != query.name) return true;
      if (dwarf_hasattr(die, DW_AT_declaration)) return true;
      reader_.read(*die);
      const auto id = table_.find(query.name);
      found = id && !table_.at(table_.resolve(*id)).is_declaration;
      return !found;
    });
    return !found;
  });
  return found;
}

bool DwarfSource::load_variable(std::string_view name) {
  bool found = false;
  if (name.empty()) return false;
  for_each_unit(dwarf_, [&](Dwarf_Die* unit) {
    for_each_top_die(unit, [&](Dwarf_Die* die) {
      if (dwarf_tag(die) != DW_TAG_variable || die_full_name(die) != name) return true;
      if (!has_bound_or_is_plain(die)) return true;
      table_.name_variable(name, reader_.read(*type_of(die)));
      found = true;
      return false;
    });
    return !found;
  });
  return found;
}

}  // namespace kmortem::debuginfo
