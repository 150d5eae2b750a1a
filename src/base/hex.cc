// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/hex.h"

#include <fmt/core.h>

namespace kmortem {

std::string hex_address(uint64_t address) {
  return fmt::format("0x{:016x}", address);
}

std::string hex_short(uint64_t value) {
  return fmt::format("0x{:x}", value);
}

}  // namespace kmortem
