// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace kmortem::kernel {

/// The letters of the taint flags that are set, in the order of their bits: "OE". The kernel's
/// bit 0 has a letter for when it is clear too ("G"); it is left out, as in /proc/modules.
/// Admin-guide/tainted-kernels lists them; bit 19 is the last (6.15).
std::string taint_letters(uint64_t mask);

}  // namespace kmortem::kernel
