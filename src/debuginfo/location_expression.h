// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <span>

#include "debuginfo/call_frames.h"

namespace kmortem::debuginfo {

/// What a DWARF expression of call frame information comes to.
struct ExpressionResult {
  uint64_t value = 0;
  bool is_value = false;  ///< it is the value itself, not the address that the value lies at
};

/// Evaluates the operations that compilers and the kernel's entry code use to say where registers
/// were saved: a register or the CFA with an offset, constants, sums, memory read. `cfa`: nothing
/// while it is the CFA that is looked for. Nothing when a register or word is not known, and for
/// any other operation.
std::optional<ExpressionResult> evaluate(std::span<const Dwarf_Op> operations,
                                         std::optional<uint64_t> cfa, FrameValues& frame);

}  // namespace kmortem::debuginfo
