// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/struct_value.h"

namespace kmortem::report {

/// A structure laid out as crash's `struct -x` does: numbers in hexadecimal, pointers with the
/// symbol that they point into, char pointers with their string.
std::string struct_text(const model::StructValue& value);

/// The same as JSON: members by name, anonymous ones merged into their parent; numbers and
/// pointers as "0x…" strings.
nlohmann::json struct_json(const model::StructValue& value);

}  // namespace kmortem::report
