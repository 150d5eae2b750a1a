// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "dump/memory.h"
#include "locks/code_reader.h"
#include "locks/function_code.h"

namespace kmortem::locks {

/// A run of instructions that is entered at its first and left at its last one.
struct CodeBlock {
  size_t first = 0;
  size_t end = 0;                 ///< one past the last, in FunctionCode::instructions
  std::optional<uint32_t> next;   ///< where it falls through to
  std::vector<uint32_t> targets;  ///< where its jump, branch or jump table goes inside
  bool returns = false;           ///< ret, or a jump to a return thunk
  bool leaves = false;            ///< a tail call, direct or indirect, perhaps conditional
  bool unresolved = false;        ///< an indirect jump of which nothing is known
};

/// A function's blocks and how control goes from one to another.
struct ControlFlow {
  std::vector<CodeBlock> blocks;  ///< by address; empty when the entry has no instruction
  uint32_t entry = 0;
  bool unresolved = false;  ///< some block is

  std::optional<uint32_t> block_of(size_t instruction) const;

  /// Jump tables are read from `memory`: `jmp *table(,%reg,8)`, and the same by way of a register.
  static ControlFlow of(const FunctionCode& code, dump::Memory& memory, CodeReader& reader);
};

}  // namespace kmortem::locks
