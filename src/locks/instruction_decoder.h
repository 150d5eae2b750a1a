// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "locks/instruction.h"

// Capstone's handle and buffer, which only the implementation sees.
struct cs_insn;  // NOLINT(readability-identifier-naming)

namespace kmortem::locks {

/// x86-64 machine code to Instructions, with capstone.
class InstructionDecoder {
 public:
  InstructionDecoder();
  ~InstructionDecoder();
  InstructionDecoder(const InstructionDecoder&) = delete;
  InstructionDecoder& operator=(const InstructionDecoder&) = delete;

  /// The first instruction of `code`, which lies at `address`; nothing for bytes that are none.
  std::optional<Instruction> decode(std::span<const std::byte> code, uint64_t address);

  /// The same as text in AT&T syntax, as objdump and the kernel's engineers write it:
  /// "mov $0xffffffffc03ae3c8,%rdi"; empty for bytes that are no instruction.
  std::string text(std::span<const std::byte> code, uint64_t address);

 private:
  bool step(std::span<const std::byte> code, uint64_t address);

  size_t handle_ = 0;
  cs_insn* instruction_ = nullptr;
};

}  // namespace kmortem::locks
