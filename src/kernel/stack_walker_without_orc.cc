// SPDX-License-Identifier: GPL-3.0-or-later
// Steps of kernels that have no ORC tables: by DWARF, through entry code, by instructions, by frame
// pointer.
#include <array>
#include <optional>

#include "base/hex.h"
#include "kernel/entry_frames.h"
#include "kernel/stack_walker.h"

namespace kmortem::kernel {

namespace {

class CfiFrame : public debuginfo::FrameValues {
 public:
  CfiFrame(const FrameRegisters& registers, StackMemory& memory)
      : registers_(registers), memory_(memory) {}

  std::optional<uint64_t> register_value(uint64_t number) override {
    if (number >= kRegisters) return std::nullopt;
    return registers_.get(static_cast<Register>(number));
  }
  std::optional<uint64_t> word(uint64_t address) override { return memory_.word(address); }

 private:
  const FrameRegisters& registers_;
  StackMemory& memory_;
};

static_assert(debuginfo::kFrameRegisters == kRegisters);

FrameRegisters registers_of(const debuginfo::CallerFrame& found) {
  FrameRegisters registers;
  for (size_t i = 0; i < kRegisters; ++i) {
    registers.set(static_cast<Register>(i), found.registers[i]);
  }
  return registers;
}

}  // namespace

StackWalker::Step StackWalker::step_without_orc(const UnwoundFrame& frame, UnwoundFrame& caller) {
  using Method = Step (StackWalker::*)(const UnwoundFrame&, UnwoundFrame&);
  constexpr std::array<Method, 4> kMethods = {
      &StackWalker::step_by_cfi, &StackWalker::step_through_entry,
      &StackWalker::step_by_instructions, &StackWalker::step_by_frame_pointer};
  for (const Method method : kMethods) {
    caller = {};
    caller.registers = frame.registers;
    const Step found = (this->*method)(frame, caller);
    if (found != Step::failed) return found;
  }
  // Modules have no code that a thread begins in.
  const uint64_t sp = frame.registers.get(Register::rsp).value_or(0);
  const bool first = !tables_.in_module(frame.inside()) && ends_at(sp, memory_);
  return first ? Step::end : Step::failed;
}

StackWalker::Step StackWalker::step_by_cfi(const UnwoundFrame& frame, UnwoundFrame& caller) {
  const FrameRegisters registers = before_stack_switch(frame.registers, memory_);
  CfiFrame values(registers, memory_);
  const auto found = tables_.find_caller(frame.inside(), values);
  if (!found) return fail("no unwind information for " + hex_address(frame.inside()));
  if (found->outermost) return Step::end;
  caller.registers = registers_of(*found);
  caller.found_by = model::FoundBy::cfi;
  if (!found->interrupted) return arrive_at_call(frame, found->cfa, caller);
  const InterruptedState saved{
      caller.registers, memory_.word(found->cfa - kPtRegsSize + kIretOffset + 16).value_or(0),
      !dump::is_kernel_address(caller.pc())};
  return arrive(saved, found->cfa - kPtRegsSize, caller);
}

/// Checks the caller that was found for `frame`, whose return address lies below `cfa`.
StackWalker::Step StackWalker::arrive_at_call(const UnwoundFrame& frame, uint64_t cfa,
                                              UnwoundFrame& caller) {
  const auto word = memory_.word(cfa - 8);
  if (!word) return fail("the stack is not readable at " + hex_address(cfa - 8));
  const uint64_t pc = returns_.recover(*word, cfa - 8);
  if (!tables_.is_text(pc - 1) && !tables_.follows_call(pc)) {
    return fail(hex_address(pc) + " on the stack is not a return address");
  }
  const uint64_t from = frame.registers.get(Register::rsp).value_or(0);
  if (!advances(from, cfa)) return fail("the stack goes backwards at " + hex_address(from));
  caller.registers.forget_caller_saved();
  caller.registers.set(Register::rip, pc);
  caller.registers.set(Register::rsp, cfa);
  return Step::caller;
}

/// Entry code has no annotations since 4.2: it is known by the registers that it saved, or that the
/// CPU saved when it arrived there.
StackWalker::Step StackWalker::step_through_entry(const UnwoundFrame& frame, UnwoundFrame& caller) {
  const uint64_t sp = frame.registers.get(Register::rsp).value_or(0);
  if (!tables_.is_entry_code(frame.inside())) return Step::failed;
  caller.found_by = model::FoundBy::registers;
  if (const auto at = find_pt_regs(sp, memory_)) {
    const auto saved = read_pt_regs(memory_, *at);
    return saved ? arrive(*saved, *at, caller) : Step::failed;
  }
  const auto iret = frame.interrupted ? find_iret_frame(sp, memory_) : std::nullopt;
  const auto saved = iret ? read_iret_frame(memory_, *iret) : std::nullopt;
  if (!saved) return Step::failed;
  return arrive(with_registers(*saved, frame.registers), *iret - kIretOffset, caller);
}

StackWalker::Step StackWalker::step_by_instructions(const UnwoundFrame& frame,
                                                    UnwoundFrame& caller) {
  const auto cfa = recovery_.cfa_by_code(frame);
  if (!cfa || memory_.area_of(*cfa - 8) == nullptr) return Step::failed;
  const auto base = recovery_.base_by_code(frame, *cfa, memory_);
  caller.registers = frame.registers;
  recovery_.recover(frame, *cfa, memory_, caller.registers);
  caller.registers.set(Register::rbp, base);
  caller.found_by = model::FoundBy::instructions;
  const Step found = arrive_at_call(frame, *cfa, caller);
  // Nothing but the word itself says that the instructions were understood.
  return found == Step::caller && tables_.follows_call(caller.pc()) ? found : Step::failed;
}

StackWalker::Step StackWalker::step_by_frame_pointer(const UnwoundFrame& frame,
                                                     UnwoundFrame& caller) {
  const auto base = frame.registers.get(Register::rbp);
  const uint64_t sp = frame.registers.get(Register::rsp).value_or(0);
  if (!base) return fail("no frame pointer");
  if ((*base & 1) != 0) {  // ENCODE_FRAME_POINTER (4.10): a pt_regs lies there
    const auto saved = read_pt_regs(memory_, *base & ~uint64_t{1});
    if (!saved || (*base & 7) != 1) return fail("no frame pointer");
    caller.found_by = model::FoundBy::frame_pointer;
    return arrive(*saved, *base & ~uint64_t{1}, caller);
  }
  const StackArea* area = memory_.area_of(sp);
  if (area == nullptr || !area->contains(*base) || *base < sp || *base % 8 != 0) {
    return fail("no frame pointer");
  }
  const auto next_base = memory_.word(*base);
  const auto pc = memory_.word(*base + 8);
  if (!next_base || !pc) return fail("no frame pointer");
  const uint64_t real = returns_.recover(*pc, *base + 8);
  if (!tables_.is_text(real - 1) || !tables_.follows_call(real)) return fail("no frame pointer");
  if (!advances(sp, *base + 16)) return fail("no frame pointer");
  caller.registers = {};
  caller.registers.set(Register::rbp, *next_base);
  caller.registers.set(Register::rip, real);
  caller.registers.set(Register::rsp, *base + 16);
  caller.found_by = model::FoundBy::frame_pointer;
  return Step::caller;
}

}  // namespace kmortem::kernel
