// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "kernel/symbolizer.h"
#include "kernel/target.h"
#include "model/struct_value.h"

namespace kmortem::kernel {

/// Reads the structure, union or typedef `type_name` ("lock_class", "struct lock_class",
/// "raw_spinlock_t") at `address`, every member with it. Fails when the type is not known or the
/// memory cannot be read; a string behind a char* that cannot be read is left out. `symbolizer`
/// names what pointers point into.
Result<model::StructValue> read_struct(const Target& target, Symbolizer& symbolizer,
                                       std::string_view type_name, uint64_t address);

/// The type's name without a leading "struct ", "union " or "enum ".
std::string_view bare_type_name(std::string_view name);

}  // namespace kmortem::kernel
