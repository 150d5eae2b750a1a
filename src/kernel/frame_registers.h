// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace kmortem::kernel {

/// x86-64's general registers in DWARF's numbering (System V ABI, figure 3.36); rip is the return
/// address column.
enum class Register : uint8_t {
  rax,
  rdx,
  rcx,
  rbx,
  rsi,
  rdi,
  rbp,
  rsp,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  rip,
};
inline constexpr size_t kRegisters = 17;

/// What a called function must leave as it was, besides rsp.
inline constexpr std::array<Register, 6> kCalleeSaved = {
    Register::rbx, Register::rbp, Register::r12, Register::r13, Register::r14, Register::r15};

/// The registers of one stack frame, as far as unwinding recovered them. In a frame that was
/// interrupted all are known; in a caller those that callees save or leave alone.
class FrameRegisters {
 public:
  std::optional<uint64_t> get(Register which) const {
    if ((known_ >> static_cast<unsigned>(which) & 1) == 0) return std::nullopt;
    return values_[static_cast<size_t>(which)];
  }
  void set(Register which, std::optional<uint64_t> value) {
    const uint32_t bit = uint32_t{1} << static_cast<unsigned>(which);
    known_ = value ? known_ | bit : known_ & ~bit;
    values_[static_cast<size_t>(which)] = value.value_or(0);
  }
  /// What a call clobbers: all but rbx, rbp, r12 to r15, rsp and rip.
  void forget_caller_saved() {
    for (const auto which :
         {Register::rax, Register::rdx, Register::rcx, Register::rsi, Register::rdi, Register::r8,
          Register::r9, Register::r10, Register::r11}) {
      set(which, std::nullopt);
    }
  }

 private:
  std::array<uint64_t, kRegisters> values_{};
  uint32_t known_ = 0;
};

}  // namespace kmortem::kernel
