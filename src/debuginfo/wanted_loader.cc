// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/wanted_loader.h"

#include <dwarf.h>

#include <algorithm>
#include <bit>

#include "debuginfo/dwarf_attributes.h"
#include "debuginfo/dwarf_units.h"
#include "debuginfo/wanted.h"

namespace kmortem::debuginfo {

namespace {

bool is_type_tag(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_typedef ||
         tag == DW_TAG_enumeration_type || tag == DW_TAG_base_type;
}

}  // namespace

bool has_bound_or_is_plain(Dwarf_Die* die) {
  auto type = type_of(die);
  if (!type) return false;
  if (dwarf_tag(&*type) == DW_TAG_const_type) type = referred_die(&*type, DW_AT_type);
  if (!type || dwarf_tag(&*type) != DW_TAG_array_type) return true;
  Dwarf_Die child;
  for (int more = dwarf_child(&*type, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    if (dwarf_tag(&child) == DW_TAG_subrange_type) return subrange_count(&child) != 0;
  }
  return false;
}

WantedLoader::WantedLoader(TypeTable& table, DwarfTypeReader& reader, WantedScope scope)
    : table_(table), reader_(reader), files_(wanted_files(scope)) {
  FileMask file = 1;
  const auto enter = [&file](Names& names, std::span<const std::string_view> list) {
    for (std::string_view name : list) names[name].files |= file;
  };
  for (const WantedFile& wanted : files_) {
    enter(types_, wanted.types);
    enter(variables_, wanted.variables);
    enter(enumerators_, wanted.enumerators);
    file <<= 1;
  }
}

WantedLoader::FileMask WantedLoader::expected_files(const SymbolTable& symbols) const {
  FileMask expected = 0;
  FileMask file = 1;
  for (const WantedFile& wanted : files_) {
    const bool present =
        wanted.probes.empty() || std::ranges::any_of(wanted.probes, [&](auto name) {
          return symbols.find(name).has_value();
        });
    if (present) expected |= file;
    file <<= 1;
  }
  return expected;
}

WantedLoader::FileMask WantedLoader::files_of_unit(std::string_view unit_name,
                                                   FileMask among) const {
  FileMask found = 0;
  FileMask file = 1;
  for (const WantedFile& wanted : files_) {
    const bool match = (among & file) != 0 && std::ranges::any_of(wanted.paths, [&](auto path) {
                         return tree_before(unit_name, path).data() != nullptr;
                       });
    if (match) found |= file;
    file <<= 1;
  }
  return found;
}

void WantedLoader::load(Dwarf* dwarf, const SymbolTable& symbols) {
  FileMask missing = expected_files(symbols);
  for_each_unit(dwarf, [&](Dwarf_Die* unit) {
    const FileMask files = files_of_unit(die_name(unit), missing);
    if (files == 0) return true;
    missing &= ~files;
    if (any_left(files)) scan(unit, files);
    return missing != 0;
  });
  if (missing != 0) search_everywhere(dwarf, missing);
}

bool WantedLoader::any_left(FileMask files) const {
  const auto left = [files](const Names& names) {
    return std::ranges::any_of(names, [files](const auto& entry) {
      return !entry.second.done && (entry.second.files & files) != 0;
    });
  };
  return left(types_) || left(variables_) || left(enumerators_);
}

// Slow, and rare: only the first type of each list must turn up for the search to end.
void WantedLoader::search_everywhere(Dwarf* dwarf, FileMask files) {
  const auto all_found = [&] {
    FileMask file = 1;
    for (const WantedFile& wanted : files_) {
      const bool sought = (files & file) != 0 && !wanted.types.empty();
      if (sought && !types_[wanted.types.front()].done) return false;
      file <<= 1;
    }
    return true;
  };
  if (all_found()) return;
  for_each_unit(dwarf, [&](Dwarf_Die* unit) {
    scan(unit, files);
    return !all_found();
  });
}

void WantedLoader::scan(Dwarf_Die* unit, FileMask files) {
  for_each_top_die(unit, [&](Dwarf_Die* die) {
    const int tag = dwarf_tag(die);
    if (is_type_tag(tag)) {
      take_type(die, files);
    } else if (tag == DW_TAG_variable) {
      take_variable(die, files);
    }
    return true;
  });
  commit_variables();
}

void WantedLoader::take_type(Dwarf_Die* die, FileMask files) {
  const std::string_view name = die_name(die);
  if (name.empty()) {
    if (dwarf_tag(die) == DW_TAG_enumeration_type) take_enumeration(die, files);
    return;
  }
  const auto wanted = types_.find(name);
  if (wanted == types_.end() || (wanted->second.files & files) == 0) return;
  // A typedef does not settle its structure's namesake, nor a declaration its definition.
  const bool settles = dwarf_tag(die) != DW_TAG_typedef;
  if ((settles && wanted->second.done) || dwarf_hasattr(die, DW_AT_declaration)) return;
  reader_.read(*die);
  wanted->second.done |= settles;
}

void WantedLoader::take_enumeration(Dwarf_Die* die, FileMask files) {
  Dwarf_Die child;
  for (int more = dwarf_child(die, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    const auto wanted = enumerators_.find(die_name(&child));
    if (wanted == enumerators_.end() || (wanted->second.files & files) == 0) continue;
    if (!wanted->second.done) reader_.read(*die);
    wanted->second.done = true;
    return;
  }
}

void WantedLoader::take_variable(Dwarf_Die* die, FileMask files) {
  const auto wanted = variables_.find(die_full_name(die));
  if (wanted == variables_.end() || wanted->second.done) return;
  if ((wanted->second.files & files) == 0 || !type_of(die)) return;
  const auto [it, inserted] = pending_variables_.emplace(wanted->first, *die);
  if (!inserted && !has_bound_or_is_plain(&it->second)) it->second = *die;
}

void WantedLoader::commit_variables() {
  for (auto& [name, die] : pending_variables_) {
    if (!has_bound_or_is_plain(&die)) continue;
    table_.name_variable(name, reader_.read(*type_of(&die)));
    variables_[name].done = true;
  }
  pending_variables_.clear();
}

}  // namespace kmortem::debuginfo
