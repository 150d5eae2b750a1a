// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/stack_effect.h"

#include <capstone/capstone.h>

#include <algorithm>
#include <array>

namespace kmortem::kernel {

namespace {

// In the order of kCalleeSaved, with the names of their parts.
constexpr std::array<std::array<x86_reg, 5>, 6> kParts = {{
    {X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH},
    {X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL, X86_REG_INVALID},
    {X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B, X86_REG_INVALID},
    {X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B, X86_REG_INVALID},
    {X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B, X86_REG_INVALID},
    {X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B, X86_REG_INVALID},
}};

bool is_stack_pointer(unsigned reg) {
  return reg == X86_REG_RSP || reg == X86_REG_ESP || reg == X86_REG_SP || reg == X86_REG_SPL;
}

int8_t whole_register(const cs_x86_op& operand) {
  if (operand.type != X86_OP_REG) return -1;
  for (size_t i = 0; i < kParts.size(); ++i) {
    if (operand.reg == kParts[i][0]) return static_cast<int8_t>(i);
  }
  return -1;
}

bool is_reg(const cs_x86_op& operand, x86_reg reg) {
  return operand.type == X86_OP_REG && operand.reg == reg;
}

// disp(base), with nothing else.
bool is_plain_memory(const cs_x86_op& operand, x86_reg base) {
  return operand.type == X86_OP_MEM && operand.mem.base == base &&
         operand.mem.index == X86_REG_INVALID && operand.mem.segment == X86_REG_INVALID;
}

struct Written {
  uint8_t saved = 0;
  bool sp = false;
};

Written written_registers(csh handle, const cs_insn& insn) {
  Written written;
  cs_regs read;
  cs_regs write;
  uint8_t read_count = 0;
  uint8_t write_count = 0;
  if (cs_regs_access(handle, &insn, read, &read_count, write, &write_count) != CS_ERR_OK) {
    return {0xff, true};
  }
  for (size_t i = 0; i < write_count; ++i) {
    if (is_stack_pointer(write[i])) written.sp = true;
    for (size_t reg = 0; reg < kParts.size(); ++reg) {
      const bool part = std::ranges::any_of(
          kParts[reg], [&](x86_reg name) { return name != X86_REG_INVALID && name == write[i]; });
      if (part) written.saved = static_cast<uint8_t>(written.saved | 1U << reg);
    }
  }
  return written;
}

bool ends_flow(unsigned id) {
  switch (id) {
    case X86_INS_RET:
    case X86_INS_RETF:
    case X86_INS_RETFQ:
    case X86_INS_IRET:
    case X86_INS_IRETD:
    case X86_INS_IRETQ:
    case X86_INS_SYSRET:
    case X86_INS_SYSEXIT:
    case X86_INS_INT3:
      return true;
    default:
      return false;  // ud2 among them: a WARN() goes on behind it
  }
}

bool is_conditional_loop(unsigned id) {
  return id == X86_INS_LOOP || id == X86_INS_LOOPE || id == X86_INS_LOOPNE || id == X86_INS_JRCXZ ||
         id == X86_INS_JECXZ;
}

void set_flow(StackEffect& effect, const cs_insn& insn, csh handle) {
  using Kind = StackEffect::Kind;
  const cs_x86& x86 = insn.detail->x86;
  if (ends_flow(insn.id)) {
    effect.kind = Kind::stop;
  } else if (insn.id == X86_INS_CALL) {
    effect.kind = Kind::call;
  } else if (cs_insn_group(handle, &insn, CS_GRP_JUMP) || is_conditional_loop(insn.id)) {
    effect.kind = insn.id == X86_INS_JMP ? Kind::jump : Kind::branch;
    if (x86.op_count == 1 && x86.operands[0].type == X86_OP_IMM) {
      effect.target = static_cast<uint64_t>(x86.operands[0].imm);
    }
  }
}

bool set_push_or_pop(StackEffect& effect, const cs_insn& insn) {
  const cs_x86& x86 = insn.detail->x86;
  switch (insn.id) {
    case X86_INS_PUSH:
    case X86_INS_PUSHFQ:
      effect.kind = StackEffect::Kind::push;
      break;
    case X86_INS_POP:
    case X86_INS_POPFQ:
      effect.kind = StackEffect::Kind::pop;
      break;
    default:
      return false;
  }
  if (x86.op_count == 1) effect.saved = whole_register(x86.operands[0]);
  const bool pops_sp = effect.kind == StackEffect::Kind::pop && x86.op_count == 1 &&
                       is_reg(x86.operands[0], X86_REG_RSP);
  const bool narrow = x86.op_count == 1 && x86.operands[0].size == 2;
  if (pops_sp || narrow) effect.kind = StackEffect::Kind::lose_sp;
  return true;
}

// rsp or rbp becomes something that is known relative to the other.
bool set_pointer_move(StackEffect& effect, const cs_insn& insn) {
  using Kind = StackEffect::Kind;
  const cs_x86& x86 = insn.detail->x86;
  if (insn.id == X86_INS_LEAVE) {
    effect.kind = Kind::leave;
    return true;
  }
  if (x86.op_count != 2) return false;
  const cs_x86_op& to = x86.operands[0];
  const cs_x86_op& from = x86.operands[1];
  if (insn.id == X86_INS_MOV && is_reg(to, X86_REG_RBP) && is_reg(from, X86_REG_RSP)) {
    effect.kind = Kind::frame_base;
    return true;
  }
  if (!is_reg(to, X86_REG_RSP)) return false;
  const bool add = insn.id == X86_INS_ADD;
  if ((add || insn.id == X86_INS_SUB) && from.type == X86_OP_IMM) {
    effect.kind = Kind::adjust;
    effect.amount = add ? from.imm : -from.imm;
  } else if (insn.id == X86_INS_LEA && is_plain_memory(from, X86_REG_RSP)) {
    effect.kind = Kind::adjust;
    effect.amount = from.mem.disp;
  } else if (insn.id == X86_INS_LEA && is_plain_memory(from, X86_REG_RBP)) {
    effect.kind = Kind::sp_from_base;
    effect.amount = from.mem.disp;
  } else if (insn.id == X86_INS_MOV && is_reg(from, X86_REG_RBP)) {
    effect.kind = Kind::sp_from_base;
  } else {
    effect.kind = Kind::lose_sp;
  }
  return true;
}

void set_store(StackEffect& effect, const cs_insn& insn) {
  const cs_x86& x86 = insn.detail->x86;
  if (x86.op_count == 0) return;
  const cs_x86_op& to = x86.operands[0];
  if (to.type != X86_OP_MEM || (to.access & CS_AC_WRITE) == 0) return;
  if (is_plain_memory(to, X86_REG_RSP)) {
    effect.kind = StackEffect::Kind::store_at_sp;
  } else if (is_plain_memory(to, X86_REG_RBP)) {
    effect.kind = StackEffect::Kind::store_at_base;
  } else {
    return;
  }
  effect.amount = to.mem.disp;
  if (insn.id == X86_INS_MOV && x86.op_count == 2) effect.saved = whole_register(x86.operands[1]);
}

}  // namespace

struct StackEffectDecoder::State {
  csh handle = 0;
  cs_insn* insn = nullptr;
};

StackEffectDecoder::StackEffectDecoder() : state_(std::make_unique<State>()) {
  if (cs_open(CS_ARCH_X86, CS_MODE_64, &state_->handle) != CS_ERR_OK) return;
  cs_option(state_->handle, CS_OPT_DETAIL, CS_OPT_ON);
  state_->insn = cs_malloc(state_->handle);
}

StackEffectDecoder::~StackEffectDecoder() {
  if (state_->insn != nullptr) cs_free(state_->insn, 1);
  if (state_->handle != 0) cs_close(&state_->handle);
}

std::optional<StackEffect> StackEffectDecoder::decode(std::span<const std::byte> code,
                                                      uint64_t address) {
  if (state_->insn == nullptr) return std::nullopt;
  const auto* bytes = reinterpret_cast<const uint8_t*>(code.data());
  size_t left = code.size();
  if (!cs_disasm_iter(state_->handle, &bytes, &left, &address, state_->insn)) return std::nullopt;
  const cs_insn& insn = *state_->insn;
  StackEffect effect;
  effect.length = static_cast<uint8_t>(insn.size);
  const Written written = written_registers(state_->handle, insn);
  effect.written = written.saved;
  set_flow(effect, insn, state_->handle);
  if (effect.kind != StackEffect::Kind::other) return effect;
  if (set_push_or_pop(effect, insn) || set_pointer_move(effect, insn)) return effect;
  if (written.sp) {
    effect.kind = StackEffect::Kind::lose_sp;
  } else {
    set_store(effect, insn);
  }
  return effect;
}

}  // namespace kmortem::kernel
