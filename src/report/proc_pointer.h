// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/lockdep.h"

namespace kmortem::report {

/// `address` as that kernel's %p prints it: 16 hexadecimal digits of the address itself, or since
/// 4.15 of its hash; "(____ptrval____)" while there was no key yet.
std::string proc_pointer(const model::Lockdep& lockdep, uint64_t address);

/// SipHash-2-4 of one 64-bit word (siphash_1u64() in the kernel's lib/siphash.c).
uint64_t siphash_word(uint64_t word, const std::array<uint64_t, 2>& key);

}  // namespace kmortem::report
