// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "kernel/frame_registers.h"
#include "kernel/stack_effect.h"

namespace kmortem::kernel {

/// What is known at one instruction of a function about its caller's callee-saved registers.
struct CalleeSaves {
  struct Place {
    bool untouched = true;  ///< the register still has the caller's value
    int32_t slot = 0;       ///< that value lies at CFA - slot; 0 when it is nowhere known
    bool operator==(const Place&) const = default;
  };
  std::array<Place, kCalleeSaved.size()> places;  ///< in the order of kCalleeSaved
  int32_t depth = 8;  ///< CFA - rsp before the instruction; 0 when not known
  int32_t base = 0;   ///< CFA - rbp where rbp is the frame's base; 0 when it is not
  bool operator==(const CalleeSaves&) const = default;
};

/// A piece of code in memory.
struct CodeRange {
  uint64_t begin = 0;
  std::vector<std::byte> bytes;

  bool contains(uint64_t address) const {
    return address >= begin && address - begin < bytes.size();
  }
};

/// Follows every path through one function from its entry, and so knows for each instruction on
/// them where the caller's callee-saved registers are: where paths disagree, nowhere. What ORC
/// leaves out (it has rbp alone) and CFI would say, from the instructions themselves, which the
/// dump always has. Code that no path reaches, as behind a jump through a table, is not known.
class FunctionSaves {
 public:
  /// `code`: the function, then its cold part, if any. Entry is where the first begins.
  FunctionSaves(StackEffectDecoder& decoder, std::vector<CodeRange> code);

  /// Before the instruction at `address`; null when no path reaches it.
  const CalleeSaves* before(uint64_t address) const;
  /// Where the call that ends at `address` returns to, be there code or not.
  const CalleeSaves* after_call(uint64_t address) const;

 private:
  void follow();
  void reach(uint64_t address, const CalleeSaves& state);
  const StackEffect* effect_at(uint64_t address);

  StackEffectDecoder& decoder_;
  std::vector<CodeRange> code_;
  std::unordered_map<uint64_t, std::optional<StackEffect>> effects_;
  std::unordered_map<uint64_t, CalleeSaves> before_;
  std::unordered_map<uint64_t, uint64_t> calls_;  ///< end of a call → its address
  std::vector<uint64_t> work_;
};

/// `state` after an instruction with that effect.
CalleeSaves after_effect(CalleeSaves state, const StackEffect& effect);

}  // namespace kmortem::kernel
