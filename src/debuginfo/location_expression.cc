// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/location_expression.h"

#include <dwarf.h>

#include <utility>
#include <vector>

namespace kmortem::debuginfo {

namespace {

// The longest that the kernel has takes four.
constexpr size_t kMaxOperations = 64;

class Evaluation {
 public:
  Evaluation(std::optional<uint64_t> cfa, FrameValues& frame) : cfa_(cfa), frame_(frame) {}

  /// False when the expression cannot be followed.
  bool apply(const Dwarf_Op& operation);

  std::optional<ExpressionResult> result() const {
    if (stack_.empty()) return std::nullopt;
    return ExpressionResult{stack_.back(), is_value_};
  }

 private:
  bool push(std::optional<uint64_t> value) {
    if (!value) return false;
    stack_.push_back(*value);
    return true;
  }
  bool push_register(uint64_t number, uint64_t offset) {
    const auto value = frame_.register_value(number);
    return value && push(*value + offset);
  }
  bool take_two(uint64_t& below, uint64_t& top);
  bool dereference();

  std::optional<uint64_t> cfa_;
  FrameValues& frame_;
  std::vector<uint64_t> stack_;
  bool is_value_ = false;
};

bool Evaluation::take_two(uint64_t& below, uint64_t& top) {
  if (stack_.size() < 2) return false;
  top = stack_.back();
  stack_.pop_back();
  below = stack_.back();
  stack_.pop_back();
  return true;
}

bool Evaluation::dereference() {
  if (stack_.empty()) return false;
  const uint64_t address = stack_.back();
  stack_.pop_back();
  return push(frame_.word(address));
}

bool Evaluation::apply(const Dwarf_Op& operation) {
  const uint8_t atom = operation.atom;
  if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) return push(atom - DW_OP_lit0);
  if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
    return push_register(atom - DW_OP_breg0, operation.number);
  }
  if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) {
    is_value_ = true;  // the caller's register is in another one
    return push_register(atom - DW_OP_reg0, 0);
  }
  uint64_t below = 0;
  uint64_t top = 0;
  switch (atom) {
    case DW_OP_bregx:
      return push_register(operation.number, operation.number2);
    case DW_OP_regx:
      is_value_ = true;
      return push_register(operation.number, 0);
    case DW_OP_call_frame_cfa:
      return push(cfa_);
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
      return push(operation.number);
    case DW_OP_plus_uconst:
      if (stack_.empty()) return false;
      stack_.back() += operation.number;
      return true;
    case DW_OP_plus:
      return take_two(below, top) && push(below + top);
    case DW_OP_minus:
      return take_two(below, top) && push(below - top);
    case DW_OP_deref:
      return dereference();
    case DW_OP_stack_value:
      is_value_ = true;
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<ExpressionResult> evaluate(std::span<const Dwarf_Op> operations,
                                         std::optional<uint64_t> cfa, FrameValues& frame) {
  if (operations.size() > kMaxOperations) return std::nullopt;
  Evaluation evaluation(cfa, frame);
  for (const Dwarf_Op& operation : operations) {
    if (!evaluation.apply(operation)) return std::nullopt;
  }
  return evaluation.result();
}

}  // namespace kmortem::debuginfo
