// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/function_code.h"

#include <algorithm>

namespace kmortem::locks {

const CodePiece* FunctionCode::piece_of(uint64_t address) const {
  for (const CodePiece& piece : pieces) {
    if (piece.contains(address)) return &piece;
  }
  return nullptr;
}

std::optional<size_t> FunctionCode::index_of(uint64_t address) const {
  const auto at = std::ranges::lower_bound(instructions, address, {}, &Instruction::address);
  if (at == instructions.end() || at->address != address) return std::nullopt;
  return static_cast<size_t>(at - instructions.begin());
}

std::optional<size_t> FunctionCode::index_before(uint64_t address) const {
  const auto at = std::ranges::lower_bound(instructions, address, {}, &Instruction::address);
  if (at == instructions.begin() || std::prev(at)->end() != address) return std::nullopt;
  return static_cast<size_t>(std::prev(at) - instructions.begin());
}

}  // namespace kmortem::locks
