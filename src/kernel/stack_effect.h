// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace kmortem::kernel {

/// What one instruction does to the stack pointer, to the registers that a function must preserve
/// and to the flow of control: no more is needed to know where those registers were saved.
struct StackEffect {
  enum class Kind : uint8_t {
    other,
    push,           ///< rsp -= 8; `saved` is stored there, if any
    pop,            ///< `saved` is loaded, if any; rsp += 8
    adjust,         ///< rsp += amount
    frame_base,     ///< rbp = rsp
    leave,          ///< rsp = rbp, then pop rbp
    sp_from_base,   ///< rsp = rbp + amount
    lose_sp,        ///< rsp becomes something else
    store_at_sp,    ///< `saved` or anything else goes to rsp + amount
    store_at_base,  ///< ... to rbp + amount
    call,
    jump,    ///< to `target`; 0 when that is in a register or memory
    branch,  ///< to `target` or on
    stop,    ///< nothing follows: ret, iret, hlt-less traps
  };
  Kind kind = Kind::other;
  uint8_t length = 0;
  int8_t saved = -1;    ///< index in kCalleeSaved
  uint8_t written = 0;  ///< bit i: kCalleeSaved[i] is written, wholly or in part
  int64_t amount = 0;
  uint64_t target = 0;
};

/// Decodes x86-64 instructions, by capstone.
class StackEffectDecoder {
 public:
  StackEffectDecoder();
  ~StackEffectDecoder();
  StackEffectDecoder(const StackEffectDecoder&) = delete;
  StackEffectDecoder& operator=(const StackEffectDecoder&) = delete;

  /// The instruction at the start of `code`, which is at `address`; nothing when it is none.
  std::optional<StackEffect> decode(std::span<const std::byte> code, uint64_t address);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kmortem::kernel
