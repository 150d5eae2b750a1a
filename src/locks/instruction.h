// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "kernel/frame_registers.h"

namespace kmortem::locks {

using kernel::Register;

/// What an instruction does, as far as following locks and their addresses needs it. Everything
/// else is `other`: it writes something unknown to the registers in `writes`.
enum class Op : uint8_t {
  other,
  move,           ///< dst = src; zero- or sign-extending loads and copies too
  address,        ///< dst = the address of the memory operand src
  add,            ///< dst += src (subtractions of constants too)
  compare,        ///< flags of dst - src
  test,           ///< flags of dst, tested against itself
  set_condition,  ///< dst = the condition holds
  select,         ///< dst = src if the condition holds
  exchange_if,    ///< lock cmpxchg src, dst
  push,
  pop,
  call,
  jump,
  branch,
  ret,
  stop,  ///< hlt, int3: nothing follows
  trap,  ///< ud2: WARN() goes on, BUG() does not
};

enum class Condition : uint8_t { none, zero, not_zero, negative, not_negative, above, other };

/// [base + index * scale + displacement]; the address of a rip-relative operand is in
/// `displacement`.
struct MemoryOperand {
  Register base = Register::rip;   ///< rip: none
  Register index = Register::rip;  ///< rip: none
  uint8_t scale = 1;
  bool per_cpu = false;  ///< relative to %gs
  int64_t displacement = 0;
};

struct Operand {
  enum class Kind : uint8_t { none, reg, immediate, memory };
  Kind kind = Kind::none;
  uint8_t size = 0;  ///< bytes
  Register reg = Register::rip;
  int64_t immediate = 0;
  MemoryOperand memory;

  bool is_register() const { return kind == Kind::reg; }
  bool is_immediate() const { return kind == Kind::immediate; }
  bool is_memory() const { return kind == Kind::memory; }
};

struct Instruction {
  uint64_t address = 0;
  uint8_t size = 0;
  Op op = Op::other;
  Condition condition = Condition::none;
  bool sign_extends = false;
  bool changes_flags = false;
  int8_t counts = 0;            ///< 1 or -1: adds that to its memory operand dst
  bool adjusts_memory = false;  ///< adds to, subtracts from or exchanges its memory operand dst
  uint32_t writes = 0;          ///< bit n: Register n gets a value that nothing else here describes
  Operand dst;
  Operand src;
  uint64_t target = 0;  ///< of a direct call, jump or branch; 0 when indirect

  uint64_t end() const { return address + size; }
};

constexpr uint32_t register_bit(Register which) {
  return uint32_t{1} << static_cast<unsigned>(which);
}

/// What a call leaves of no value (System V ABI).
constexpr uint32_t kCallClobbers =
    register_bit(Register::rax) | register_bit(Register::rdx) | register_bit(Register::rcx) |
    register_bit(Register::rsi) | register_bit(Register::rdi) | register_bit(Register::r8) |
    register_bit(Register::r9) | register_bit(Register::r10) | register_bit(Register::r11);

}  // namespace kmortem::locks
