// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "locks/instruction.h"

namespace kmortem::locks {

/// One stretch of a function's machine code, as the dump has it.
struct CodePiece {
  uint64_t begin = 0;
  std::vector<std::byte> bytes;

  uint64_t end() const { return begin + bytes.size(); }
  bool contains(uint64_t address) const { return address >= begin && address < end(); }
  std::span<const std::byte> from(uint64_t address) const {
    return std::span(bytes).subspan(address - begin);
  }
};

/// A function with the pieces that compilers put elsewhere (foo.cold), disassembled.
struct FunctionCode {
  std::string name;    ///< of the piece with the entry
  std::string module;  ///< empty for the kernel's own
  uint64_t entry = 0;
  /// False for a .cold piece whose function was not found: nothing is known of how it is reached.
  bool entry_known = true;
  std::vector<CodePiece> pieces;          ///< the one with the entry first
  std::vector<Instruction> instructions;  ///< of all pieces, by address

  const CodePiece* piece_of(uint64_t address) const;
  bool contains(uint64_t address) const { return piece_of(address) != nullptr; }
  /// The position in `instructions` of the one that begins at `address`.
  std::optional<size_t> index_of(uint64_t address) const;
  /// The position of the one that ends at `address`: the call before a return address.
  std::optional<size_t> index_before(uint64_t address) const;
};

}  // namespace kmortem::locks
