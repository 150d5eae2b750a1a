// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace kmortem {

/// a + b, or nothing when the sum does not fit in 64 bits.
std::optional<uint64_t> checked_add(uint64_t a, uint64_t b);

/// a * b, or nothing when the product does not fit in 64 bits.
std::optional<uint64_t> checked_mul(uint64_t a, uint64_t b);

/// True when [offset, offset + length) lies inside [0, size), without overflow.
bool range_fits(uint64_t offset, uint64_t length, uint64_t size);

}  // namespace kmortem
