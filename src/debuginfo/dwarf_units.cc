// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/dwarf_units.h"

#include <dwarf.h>

#include <unordered_set>

#include "debuginfo/dwarf_attributes.h"

namespace kmortem::debuginfo {

namespace {

constexpr int kMaxImports = 16;

using Visitor = std::function<bool(Dwarf_Die*)>;

// A partial unit may import others, and damaged DWARF itself: each is visited once.
bool visit_children(Dwarf_Die* unit, const Visitor& visit, std::unordered_set<const void*>& seen,
                    int depth) {
  if (depth > kMaxImports || !seen.insert(unit->addr).second) return true;
  Dwarf_Die child;
  for (int more = dwarf_child(unit, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
    if (dwarf_tag(&child) == DW_TAG_imported_unit) {
      auto imported = referred_die(&child, DW_AT_import);
      if (imported && !visit_children(&*imported, visit, seen, depth + 1)) return false;
    } else if (!visit(&child)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void for_each_unit(Dwarf* dwarf, const Visitor& visit) {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  uint8_t kind = 0;
  while (dwarf_get_units(dwarf, unit, &unit, nullptr, &kind, &die, nullptr) == 0) {
    // dwz makes thousands of partial units: DWARF 5 tells them by their headers.
    if (kind == DW_UT_partial || kind == DW_UT_type) continue;
    if (dwarf_tag(&die) == DW_TAG_compile_unit && !visit(&die)) return;
  }
}

void for_each_top_die(Dwarf_Die* unit, const Visitor& visit) {
  std::unordered_set<const void*> seen;
  visit_children(unit, visit, seen, 0);
}

std::string_view tree_before(std::string_view unit_name, std::string_view path) {
  if (!unit_name.ends_with(path)) return {};
  const std::string_view before = unit_name.substr(0, unit_name.size() - path.size());
  if (before.empty()) return unit_name.substr(0, 0);
  if (before.back() != '/') return {};
  // arch/x86/kernel/module.c is another file than kernel/module.c.
  const size_t last = before.find_last_of('/', before.size() - 2);
  const bool in_arch = last != std::string_view::npos && before.substr(0, last).ends_with("arch");
  return in_arch ? std::string_view() : before;
}

}  // namespace kmortem::debuginfo
