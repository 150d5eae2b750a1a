// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace kmortem {

/// An address as every output of kmortem writes it: "0x" and 16 digits.
std::string hex_address(uint64_t address);

/// The shortest form: "0x0", "0x1f".
std::string hex_short(uint64_t value);

}  // namespace kmortem
