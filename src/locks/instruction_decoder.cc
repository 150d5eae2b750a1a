// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/instruction_decoder.h"

#include <capstone/capstone.h>

#include <algorithm>
#include <array>

namespace kmortem::locks {

namespace {

struct Part {
  Register whole;
  bool known;
};

// Which of the general registers a register is (a part of).
Part general(unsigned reg) {
  switch (reg) {
#define KMORTEM_LEGACY(r64, r32, r16, r8, name) \
  case X86_REG_##r64:                           \
  case X86_REG_##r32:                           \
  case X86_REG_##r16:                           \
  case X86_REG_##r8:                            \
    return {Register::name, true};
#define KMORTEM_NUMBERED(n) \
  case X86_REG_R##n:        \
  case X86_REG_R##n##D:     \
  case X86_REG_R##n##W:     \
  case X86_REG_R##n##B:     \
    return {Register::r##n, true};
    KMORTEM_LEGACY(RAX, EAX, AX, AL, rax)
    KMORTEM_LEGACY(RBX, EBX, BX, BL, rbx)
    KMORTEM_LEGACY(RCX, ECX, CX, CL, rcx)
    KMORTEM_LEGACY(RDX, EDX, DX, DL, rdx)
    KMORTEM_LEGACY(RSI, ESI, SI, SIL, rsi)
    KMORTEM_LEGACY(RDI, EDI, DI, DIL, rdi)
    KMORTEM_LEGACY(RBP, EBP, BP, BPL, rbp)
    KMORTEM_LEGACY(RSP, ESP, SP, SPL, rsp)
    KMORTEM_NUMBERED(8)
    KMORTEM_NUMBERED(9)
    KMORTEM_NUMBERED(10)
    KMORTEM_NUMBERED(11)
    KMORTEM_NUMBERED(12)
    KMORTEM_NUMBERED(13)
    KMORTEM_NUMBERED(14)
    KMORTEM_NUMBERED(15)
#undef KMORTEM_LEGACY
#undef KMORTEM_NUMBERED
    case X86_REG_AH:
      return {Register::rax, true};
    case X86_REG_BH:
      return {Register::rbx, true};
    case X86_REG_CH:
      return {Register::rcx, true};
    case X86_REG_DH:
      return {Register::rdx, true};
    default:
      return {Register::rip, false};
  }
}

bool is_high_byte(unsigned reg) {
  return reg == X86_REG_AH || reg == X86_REG_BH || reg == X86_REG_CH || reg == X86_REG_DH;
}

MemoryOperand memory_operand(const cs_insn& insn, const x86_op_mem& from) {
  MemoryOperand memory;
  memory.displacement = from.disp;
  memory.scale = static_cast<uint8_t>(from.scale);
  memory.per_cpu = from.segment == X86_REG_GS;
  if (from.base == X86_REG_RIP) {
    memory.displacement =
        static_cast<int64_t>(insn.address + insn.size + static_cast<uint64_t>(from.disp));
  } else if (from.base != X86_REG_INVALID) {
    memory.base = general(from.base).whole;
  }
  if (from.index != X86_REG_INVALID) memory.index = general(from.index).whole;
  return memory;
}

Operand operand(const cs_insn& insn, const cs_x86_op& from) {
  Operand to;
  to.size = from.size;
  switch (from.type) {
    case X86_OP_REG:
      // What is no general register, or only a high byte, is a source of unknown values.
      if (!general(from.reg).known || is_high_byte(from.reg)) break;
      to.kind = Operand::Kind::reg;
      to.reg = general(from.reg).whole;
      break;
    case X86_OP_IMM:
      to.kind = Operand::Kind::immediate;
      to.immediate = from.imm;
      break;
    case X86_OP_MEM:
      to.kind = Operand::Kind::memory;
      to.memory = memory_operand(insn, from.mem);
      break;
    default:
      break;
  }
  return to;
}

Condition branch_condition(unsigned id) {
  switch (id) {
    case X86_INS_JE:
    case X86_INS_SETE:
    case X86_INS_CMOVE:
      return Condition::zero;
    case X86_INS_JNE:
    case X86_INS_SETNE:
    case X86_INS_CMOVNE:
      return Condition::not_zero;
    case X86_INS_JS:
    case X86_INS_SETS:
    case X86_INS_CMOVS:
      return Condition::negative;
    case X86_INS_JNS:
    case X86_INS_SETNS:
    case X86_INS_CMOVNS:
      return Condition::not_negative;
    case X86_INS_JA:
      return Condition::above;
    default:
      return Condition::other;
  }
}

bool is_branch(unsigned id) {
  switch (id) {
    case X86_INS_JA:
    case X86_INS_JAE:
    case X86_INS_JB:
    case X86_INS_JBE:
    case X86_INS_JE:
    case X86_INS_JG:
    case X86_INS_JGE:
    case X86_INS_JL:
    case X86_INS_JLE:
    case X86_INS_JNE:
    case X86_INS_JNO:
    case X86_INS_JNP:
    case X86_INS_JNS:
    case X86_INS_JO:
    case X86_INS_JP:
    case X86_INS_JS:
    case X86_INS_JCXZ:
    case X86_INS_JECXZ:
    case X86_INS_JRCXZ:
    case X86_INS_LOOP:
    case X86_INS_LOOPE:
    case X86_INS_LOOPNE:
      return true;
    default:
      return false;
  }
}

bool is_set_condition(unsigned id) {
  switch (id) {
    case X86_INS_SETA:
    case X86_INS_SETAE:
    case X86_INS_SETB:
    case X86_INS_SETBE:
    case X86_INS_SETE:
    case X86_INS_SETG:
    case X86_INS_SETGE:
    case X86_INS_SETL:
    case X86_INS_SETLE:
    case X86_INS_SETNE:
    case X86_INS_SETNO:
    case X86_INS_SETNP:
    case X86_INS_SETNS:
    case X86_INS_SETO:
    case X86_INS_SETP:
    case X86_INS_SETS:
      return true;
    default:
      return false;
  }
}

bool is_select(unsigned id) {
  switch (id) {
    case X86_INS_CMOVA:
    case X86_INS_CMOVAE:
    case X86_INS_CMOVB:
    case X86_INS_CMOVBE:
    case X86_INS_CMOVE:
    case X86_INS_CMOVG:
    case X86_INS_CMOVGE:
    case X86_INS_CMOVL:
    case X86_INS_CMOVLE:
    case X86_INS_CMOVNE:
    case X86_INS_CMOVNO:
    case X86_INS_CMOVNP:
    case X86_INS_CMOVNS:
    case X86_INS_CMOVO:
    case X86_INS_CMOVP:
    case X86_INS_CMOVS:
      return true;
    default:
      return false;
  }
}

// Everything that an instruction writes, operands and implicit registers alike.
uint32_t all_writes(const cs_insn& insn) {
  uint32_t writes = 0;
  const cs_detail& detail = *insn.detail;
  for (size_t i = 0; i < detail.regs_write_count; ++i) {
    const Part part = general(detail.regs_write[i]);
    if (part.known) writes |= register_bit(part.whole);
  }
  for (size_t i = 0; i < detail.x86.op_count; ++i) {
    const cs_x86_op& op = detail.x86.operands[i];
    // The first operand counts as written whatever capstone's table says: tables have gaps.
    const bool written = i == 0 || insn.id == X86_INS_XCHG || insn.id == X86_INS_XADD ||
                         (op.access & CS_AC_WRITE) != 0;
    if (op.type != X86_OP_REG || !written) continue;
    const Part part = general(op.reg);
    if (part.known) writes |= register_bit(part.whole);
  }
  return writes;
}

void set_transfer(Instruction& to, Op op, const cs_x86_op& first, uint32_t clobbers) {
  to.op = op;
  to.writes = clobbers;
  if (first.type == X86_OP_IMM) to.target = static_cast<uint64_t>(first.imm);
}

bool same_register(const Operand& a, const Operand& b) {
  return a.is_register() && b.is_register() && a.reg == b.reg && a.size == b.size;
}

// A register's lower half or less, written: the rest of it stays, so the whole is unknown.
bool writes_part(const Operand& dst) {
  return dst.is_register() && dst.size < 4;
}

void set_arithmetic(Instruction& to, unsigned id) {
  if (id == X86_INS_ADD || id == X86_INS_SUB) {
    if (to.dst.is_memory()) {
      to.adjusts_memory = true;
      const bool one = to.src.is_immediate() && to.src.immediate == 1;
      if (one) to.counts = id == X86_INS_ADD ? 1 : -1;
      return;
    }
    if (to.dst.is_register() && to.dst.size == 8 && (id == X86_INS_ADD || to.src.is_immediate())) {
      if (id == X86_INS_SUB) {
        to.src.immediate = static_cast<int64_t>(-static_cast<uint64_t>(to.src.immediate));
      }
      to.op = Op::add;
      to.writes = 0;
    }
    return;
  }
  if ((id == X86_INS_XOR || id == X86_INS_SUB) && same_register(to.dst, to.src)) {
    to.op = Op::move;
    to.src.kind = Operand::Kind::immediate;
    to.src.immediate = 0;
    to.writes = 0;
  }
}

// The instructions whose effect on registers the interpreter knows.
void classify(const cs_insn& insn, Instruction& to) {
  const cs_x86& x86 = insn.detail->x86;
  switch (insn.id) {
    case X86_INS_MOV:
    case X86_INS_MOVABS:
    case X86_INS_MOVZX:
    case X86_INS_MOVSX:
    case X86_INS_MOVSXD:
      if (writes_part(to.dst)) return;
      to.op = Op::move;
      to.sign_extends = insn.id == X86_INS_MOVSX || insn.id == X86_INS_MOVSXD;
      to.writes = 0;
      if (to.dst.kind == Operand::Kind::none) to.op = Op::other;
      return;
    case X86_INS_LEA:
      if (!to.dst.is_register() || to.dst.size != 8) return;
      to.op = Op::address;
      to.writes = 0;
      return;
    case X86_INS_CMP:
      to.op = Op::compare;
      to.writes = 0;
      return;
    case X86_INS_TEST:
      to.writes = 0;
      if (same_register(to.dst, to.src)) to.op = Op::test;
      return;
    case X86_INS_PUSH:
      to.op = Op::push;
      to.src = to.dst;
      to.writes = 0;
      return;
    case X86_INS_PUSHFQ:
      to.op = Op::push;
      to.writes = 0;
      return;
    case X86_INS_POP:
    case X86_INS_POPFQ:
      to.op = Op::pop;
      to.writes = 0;
      return;
    case X86_INS_CMPXCHG:
      to.op = Op::exchange_if;
      to.writes = register_bit(Register::rax);
      if (to.dst.is_register()) to.writes |= register_bit(to.dst.reg);
      return;
    case X86_INS_INC:
    case X86_INS_DEC:
      if (to.dst.is_memory()) to.counts = insn.id == X86_INS_INC ? 1 : -1;
      [[fallthrough]];
    case X86_INS_XADD:
    case X86_INS_XCHG:
      to.adjusts_memory = to.dst.is_memory();
      return;
    case X86_INS_ADD:
    case X86_INS_SUB:
    case X86_INS_XOR:
      set_arithmetic(to, insn.id);
      return;
    case X86_INS_CALL:
      set_transfer(to, Op::call, x86.operands[0], kCallClobbers);
      return;
    case X86_INS_JMP:
      set_transfer(to, Op::jump, x86.operands[0], 0);
      return;
    case X86_INS_RET:
      to.op = Op::ret;
      to.writes = 0;
      return;
    case X86_INS_INT3:
    case X86_INS_HLT:
    case X86_INS_IRETQ:
    case X86_INS_SYSRET:
      to.op = Op::stop;
      return;
    case X86_INS_UD2:
      to.op = Op::trap;
      return;
    default:
      break;
  }
  if (is_branch(insn.id)) {
    set_transfer(to, Op::branch, x86.operands[0], 0);
    to.condition = branch_condition(insn.id);
  } else if (is_set_condition(insn.id) && to.dst.is_register()) {
    to.op = Op::set_condition;
    to.condition = branch_condition(insn.id);
    to.writes = 0;
  } else if (is_select(insn.id) && to.dst.is_register()) {
    to.op = Op::select;
    to.condition = branch_condition(insn.id);
    to.writes = 0;
  }
}

bool changes_flags(const cs_insn& insn) {
  constexpr uint64_t kZeroFlag =
      X86_EFLAGS_MODIFY_ZF | X86_EFLAGS_UNDEFINED_ZF | X86_EFLAGS_RESET_ZF | X86_EFLAGS_SET_ZF;
  return (insn.detail->x86.eflags & kZeroFlag) != 0;
}

}  // namespace

InstructionDecoder::InstructionDecoder() {
  if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle_) != CS_ERR_OK) {
    handle_ = 0;
    return;
  }
  cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
  instruction_ = cs_malloc(handle_);
}

InstructionDecoder::~InstructionDecoder() {
  if (instruction_ != nullptr) cs_free(instruction_, 1);
  if (handle_ != 0) cs_close(&handle_);
}

bool InstructionDecoder::step(std::span<const std::byte> code, uint64_t address) {
  if (instruction_ == nullptr) return false;
  const auto* bytes = reinterpret_cast<const uint8_t*>(code.data());
  size_t length = code.size();
  return cs_disasm_iter(handle_, &bytes, &length, &address, instruction_);
}

std::optional<Instruction> InstructionDecoder::decode(std::span<const std::byte> code,
                                                      uint64_t address) {
  if (!step(code, address)) return std::nullopt;
  const cs_insn& insn = *instruction_;
  Instruction result;
  result.address = address;
  result.size = static_cast<uint8_t>(insn.size);
  const cs_x86& x86 = insn.detail->x86;
  if (x86.op_count > 0) result.dst = operand(insn, x86.operands[0]);
  if (x86.op_count > 1) result.src = operand(insn, x86.operands[1]);
  result.writes = all_writes(insn);
  result.changes_flags = changes_flags(insn);
  classify(insn, result);
  return result;
}

std::string InstructionDecoder::text(std::span<const std::byte> code, uint64_t address) {
  cs_option(handle_, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
  // An address of the kernel is a negative number to capstone else.
  cs_option(handle_, CS_OPT_UNSIGNED, CS_OPT_ON);
  std::string result;
  if (step(code, address)) {
    result = instruction_->mnemonic;
    if (instruction_->op_str[0] != '\0') result += std::string(" ") + instruction_->op_str;
  }
  cs_option(handle_, CS_OPT_SYNTAX, CS_OPT_SYNTAX_INTEL);
  // objdump puts no blank after commas.
  for (size_t at = result.find(", "); at != std::string::npos; at = result.find(", ", at)) {
    result.erase(at + 1, 1);
  }
  return result;
}

}  // namespace kmortem::locks
