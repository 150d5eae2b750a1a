// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/symbolizer.h"
#include "kernel/target.h"
#include "locks/function_code.h"
#include "locks/instruction_decoder.h"

namespace kmortem::locks {

/// What a symbol says of a function.
struct FunctionSymbol {
  std::string name;
  std::string module;
  uint64_t address = 0;
  uint64_t size = 0;
};

/// The dead kernel's functions, out of its memory and never out of vmlinux: alternatives, static
/// keys, paravirtual and static calls, ftrace's entries and return thunks were patched at boot.
/// Each function is read and disassembled once.
class CodeReader {
 public:
  /// Borrows both.
  CodeReader(const kernel::Target& target, kernel::Symbolizer& symbolizer)
      : target_(target), symbolizer_(symbolizer) {}

  /// The function that `address` lies in; null when no symbol covers it.
  const FunctionSymbol* symbol(uint64_t address);

  /// Its code, with its .cold pieces; null when it has no symbol or its bytes are not in the dump.
  const FunctionCode* function(uint64_t address);

  /// The bytes of the one symbol at `address` alone, at most `limit`; empty when unreadable. For a
  /// look at what it calls without disassembling it.
  std::vector<std::byte> bytes(const FunctionSymbol& symbol, uint64_t limit);

  /// The instruction at `address` of `code` as text.
  std::string text(const FunctionCode& code, uint64_t address);

 private:
  FunctionCode read(const FunctionSymbol& symbol);
  bool add_piece(FunctionCode& code, const FunctionSymbol& symbol);
  void add_cold_pieces(FunctionCode& code);
  const FunctionSymbol* parent_of(const FunctionSymbol& cold);

  const kernel::Target& target_;
  kernel::Symbolizer& symbolizer_;
  InstructionDecoder decoder_;
  std::unordered_map<uint64_t, const FunctionSymbol*> symbol_of_;          ///< by address asked for
  std::unordered_map<uint64_t, std::unique_ptr<FunctionSymbol>> symbols_;  ///< by start
  std::unordered_map<uint64_t, std::unique_ptr<FunctionCode>> functions_;  ///< by start
};

/// "foo" for "foo.cold" and "foo.cold.12"; the name itself for others.
std::string_view without_cold(std::string_view name);

}  // namespace kmortem::locks
