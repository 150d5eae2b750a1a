// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <functional>
#include <string_view>

namespace kmortem::debuginfo {

/// Calls `visit` with the DIE of each compile unit (not of partial or type units), in file order,
/// until it returns false.
void for_each_unit(Dwarf* dwarf, const std::function<bool(Dwarf_Die*)>& visit);

/// Calls `visit` with each DIE at the top of a unit, those of imported partial units (dwz)
/// included, until it returns false.
void for_each_top_die(Dwarf_Die* unit, const std::function<bool(Dwarf_Die*)>& visit);

/// The part of a unit's name before `path` in the kernel tree ("/build/linux-6.1/" of
/// "/build/linux-6.1/kernel/softirq.c"), or a null view when it is not that file: an
/// arch/x86/kernel/module.c is not kernel/module.c.
std::string_view tree_before(std::string_view unit_name, std::string_view path);

}  // namespace kmortem::debuginfo
