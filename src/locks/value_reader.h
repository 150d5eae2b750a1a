// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "dump/memory.h"
#include "kernel/frame_registers.h"
#include "locks/code_state.h"
#include "locks/code_values.h"

namespace kmortem::locks {

/// A symbolic value as a number.
struct ReadValue {
  uint64_t value = 0;
  /// From constants, registers and stack slots, which are as the code left them. Else it was read
  /// from memory now, and may have changed since the code read it.
  bool exact = true;
};

/// Numbers for the symbolic values of one state, from the registers of the frame that is in it.
class ValueReader {
 public:
  /// `percpu_base` is the area of the CPU that the frame runs on, when it runs. Borrows the rest.
  ValueReader(const CodeValues& values, const CodeState& state,
              const kernel::FrameRegisters& registers, dump::Memory& memory,
              std::optional<uint64_t> percpu_base)
      : values_(values),
        state_(state),
        registers_(registers),
        memory_(memory),
        percpu_base_(percpu_base) {}

  std::optional<ReadValue> read(CodeValue value) const;

  /// False when the registers say that this state is not the one that the frame is in.
  bool possible() const;

 private:
  std::optional<ReadValue> node(uint32_t number, unsigned depth) const;
  std::optional<ReadValue> structure(const CodeValues::Node& node, unsigned depth) const;
  std::optional<uint64_t> in_register(uint32_t number) const;
  std::optional<uint64_t> in_slot(uint32_t number) const;
  std::optional<ReadValue> in_memory(uint32_t number, unsigned depth) const;
  bool contradicts(const CodeFact& fact) const;

  const CodeValues& values_;
  const CodeState& state_;
  const kernel::FrameRegisters& registers_;
  dump::Memory& memory_;
  std::optional<uint64_t> percpu_base_;
};

}  // namespace kmortem::locks
