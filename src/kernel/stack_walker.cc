// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/stack_walker.h"

#include <fmt/core.h>

#include <utility>

#include "base/hex.h"
#include "kernel/pt_regs.h"

namespace kmortem::kernel {

namespace {

// The deepest real stacks have about 150 frames.
constexpr size_t kMaxFrames = 1024;
// Frames that a scan may find on one stack: behind that it finds left-overs.
constexpr size_t kMaxScanned = 64;

// A call through a null pointer: the return address is all that is on the stack
// (null_orc_entry of unwind_orc.c).
constexpr OrcEntry kNullEntry = {
    OrcEntry::Kind::call, OrcEntry::Base::sp, OrcEntry::Base::undefined, 8, 0, false};

}  // namespace

void StackWalker::walk(UnwoundStack& stack) {
  stack_ = &stack;
  left_.clear();
  scanned_ = 0;
  reason_.clear();
  returns_.begin(stack.task);
  while (stack.frames.size() < kMaxFrames) {
    UnwoundFrame caller;
    const Step next = step(stack.frames.back(), caller);
    if (next == Step::caller) {
      stack.frames.push_back(caller);
      continue;
    }
    stack.complete = next == Step::end;
    if (next == Step::failed) stack.stopped_because = reason_;
    return;
  }
  stack.stopped_because = fmt::format("there are more than {} frames", kMaxFrames);
}

StackWalker::Step StackWalker::fail(std::string reason) {
  // The first reason is the cause: what was tried after it only did not help.
  if (reason_.empty()) reason_ = std::move(reason);
  return Step::failed;
}

StackWalker::Step StackWalker::step(const UnwoundFrame& frame, UnwoundFrame& caller) {
  reason_.clear();
  caller.registers = frame.registers;
  Step found = step_by_orc(frame, caller);
  if (found != Step::failed) return found;
  // Code that ORC covers was compiled without frame pointers: there rbp is any value.
  if (tables_.find(frame.inside()) == nullptr) {
    found = step_without_orc(frame, caller);
    if (found != Step::failed) return found;
  }
  return step_by_scan(frame, caller);
}

/// Whether a caller's sp may be at `to` when its callee's is at `from`: further up on one stack,
/// or on a stack where this walk has not been.
bool StackWalker::advances(uint64_t from, uint64_t to) {
  const StackArea* old_area = memory_.area_of(from);
  // The very top of a stack is where its last frame ends.
  const StackArea* new_area = memory_.area_of(to);
  if (new_area == nullptr) new_area = memory_.area_of(to - 1);
  if (new_area == nullptr) return false;
  if (old_area != nullptr && old_area->begin == new_area->begin) return to > from;
  if (old_area != nullptr && to == old_area->end) return true;
  if (left_.contains(new_area->begin)) return false;
  if (old_area != nullptr) left_.insert(old_area->begin);
  return true;
}

std::optional<uint64_t> StackWalker::previous_sp(const UnwoundFrame& frame, const OrcEntry& entry) {
  using Base = OrcEntry::Base;
  const auto offset = static_cast<uint64_t>(int64_t{entry.sp_offset});
  const auto based_on = [&](Register base) -> std::optional<uint64_t> {
    const auto value = frame.registers.get(base);
    if (!value) return std::nullopt;
    return *value + offset;
  };
  switch (entry.sp_base) {
    case Base::sp:
      return based_on(Register::rsp);
    case Base::bp:
      return based_on(Register::rbp);
    case Base::bp_indirect: {
      const auto at = based_on(Register::rbp);
      return at ? memory_.word(*at) : std::nullopt;
    }
    case Base::sp_indirect: {
      // The offset is added to what was read since 5.12, to the address before.
      const auto sp = frame.registers.get(Register::rsp);
      const auto value = sp ? memory_.word(*sp) : std::nullopt;
      if (value && memory_.area_of(*value + offset) != nullptr) return *value + offset;
      return sp ? memory_.word(*sp + offset) : std::nullopt;
    }
    // These are set up for a few instructions only: in a caller they are as good as lost.
    case Base::r10:
      return frame.registers.get(Register::r10);
    case Base::r13:
      return frame.registers.get(Register::r13);
    case Base::di:
      return frame.registers.get(Register::rdi);
    case Base::dx:
      return frame.registers.get(Register::rdx);
    default:
      return std::nullopt;
  }
}

StackWalker::Step StackWalker::step_by_orc(const UnwoundFrame& frame, UnwoundFrame& caller) {
  const uint64_t address = frame.inside();
  const OrcEntry* entry = frame.pc() == 0 ? &kNullEntry : tables_.find(address);
  if (entry == nullptr) return fail("no unwind information for " + hex_address(address));
  if (entry->kind == OrcEntry::Kind::end_of_stack) return Step::end;
  if (entry->kind == OrcEntry::Kind::undefined || entry->kind == OrcEntry::Kind::unknown) {
    return fail("the unwind information says nothing about " + hex_address(address));
  }
  const auto sp = previous_sp(frame, *entry);
  if (!sp) return fail("the caller's stack pointer of " + hex_address(address) + " is lost");
  const Step found = entry->kind == OrcEntry::Kind::call
                         ? orc_call(frame, *entry, *sp, caller)
                         : orc_registers(frame, *entry, *sp, caller);
  if (found == Step::caller) caller.found_by = model::FoundBy::orc;
  return found;
}

bool StackWalker::is_return_address(uint64_t value) {
  // Generated code (BPF, trampolines) is in no table: there only the call before it tells.
  return tables_.is_text(value - 1) || tables_.follows_call(value);
}

StackWalker::Step StackWalker::orc_call(const UnwoundFrame& frame, const OrcEntry& entry,
                                        uint64_t sp, UnwoundFrame& caller) {
  const uint64_t slot = sp - 8;
  const auto word = memory_.word(slot);
  if (!word) return fail("the stack is not readable at " + hex_address(slot));
  const uint64_t pc = returns_.recover(*word, slot);
  if (!is_return_address(pc)) {
    return fail(hex_address(pc) + " on the stack is not a return address");
  }
  const uint64_t from = frame.registers.get(Register::rsp).value_or(0);
  if (!advances(from, sp)) return fail("the stack goes backwards at " + hex_address(from));
  if (!set_frame_base(frame, entry, sp, caller)) {
    return fail("the caller's frame base is not readable");
  }
  recovery_.recover(frame, sp, memory_, caller.registers);
  caller.registers.forget_caller_saved();
  caller.registers.set(Register::rip, pc);
  caller.registers.set(Register::rsp, sp);
  return Step::caller;
}

/// What ORC knows of rbp: ORC_REG_UNDEFINED means that it was not touched.
bool StackWalker::set_frame_base(const UnwoundFrame& frame, const OrcEntry& entry, uint64_t sp,
                                 UnwoundFrame& caller) {
  std::optional<uint64_t> base;
  if (entry.bp_base == OrcEntry::Base::undefined) return true;
  if (entry.bp_base == OrcEntry::Base::prev_sp) base = sp;
  if (entry.bp_base == OrcEntry::Base::bp) base = frame.registers.get(Register::rbp);
  if (!base) return false;
  const auto value = memory_.word(*base + static_cast<uint64_t>(int64_t{entry.bp_offset}));
  caller.registers.set(Register::rbp, value);
  return value.has_value();
}

StackWalker::Step StackWalker::orc_registers(const UnwoundFrame& frame, const OrcEntry& entry,
                                             uint64_t sp, UnwoundFrame& caller) {
  const bool whole = entry.kind == OrcEntry::Kind::regs;
  auto saved = whole ? read_pt_regs(memory_, sp) : read_iret_frame(memory_, sp);
  if (!saved) return fail("saved registers are not readable at " + hex_address(sp));
  // Early entry code has not touched the others yet (NMIs hit it).
  if (!whole) saved = with_registers(*saved, frame.registers);
  const Step found = arrive(*saved, whole ? sp : sp - kIretOffset, caller);
  if (found == Step::caller) caller.interrupted = entry.signal;
  return found;
}

/// Goes on in what an interrupt, exception or system call interrupted.
StackWalker::Step StackWalker::arrive(const InterruptedState& saved, uint64_t at,
                                      UnwoundFrame& caller) {
  if (saved.user) {
    stack_->user_pt_regs = at;
    stack_->user_registers = saved.registers;
    return Step::end;
  }
  const uint64_t pc = saved.registers.get(Register::rip).value_or(0);
  const uint64_t sp = saved.registers.get(Register::rsp).value_or(0);
  if (!advances(at, sp)) {
    return fail("the registers saved at " + hex_address(at) + " name no stack of this CPU");
  }
  if (pc != 0 && !dump::is_kernel_address(pc)) {
    return fail("the registers saved at " + hex_address(at) + " are not of kernel code");
  }
  caller.registers = saved.registers;
  caller.interrupted = true;
  caller.pt_regs = at;
  caller.flags = saved.flags;
  return Step::caller;
}

StackWalker::Step StackWalker::step_by_scan(const UnwoundFrame& frame, UnwoundFrame& caller) {
  const uint64_t sp = frame.registers.get(Register::rsp).value_or(0);
  const StackArea* area = memory_.area_of(sp);
  if (area == nullptr) return fail(hex_address(sp) + " is on no stack of this task or CPU");
  const Step found = scan_from(sp, caller);
  return found == Step::failed ? leave_stack(*area, caller) : found;
}

StackWalker::Step StackWalker::scan_from(uint64_t address, UnwoundFrame& caller) {
  const StackArea* area = memory_.area_of(address);
  if (area == nullptr || scanned_ >= kMaxScanned) return fail("nothing more was found");
  for (uint64_t at = (address + 7) & ~uint64_t{7}; at + 8 <= area->end; at += 8) {
    const auto word = memory_.word(at);
    if (!word) continue;
    const uint64_t pc = returns_.recover(*word, at);
    if (!tables_.is_text(pc - 1) || !tables_.follows_call(pc)) continue;
    ++scanned_;
    caller.registers = {};
    caller.registers.set(Register::rip, pc);
    caller.registers.set(Register::rsp, at + 8);
    caller.found_by = model::FoundBy::scan;
    return Step::caller;
  }
  return fail("nothing more was found");
}

/// From the top of an interrupt or exception stack to what was interrupted.
StackWalker::Step StackWalker::leave_stack(const StackArea& area, UnwoundFrame& caller) {
  if (area.kind == StackKind::irq) {
    // The switch to it leaves the previous sp in the topmost word.
    const auto previous = memory_.word(area.end - 8);
    if (!previous || !advances(area.end - 8, *previous)) return fail("nothing more was found");
    return scan_from(*previous, caller);
  }
  if (area.kind != StackKind::exception && area.kind != StackKind::entry) {
    return fail("nothing more was found");
  }
  const uint64_t iret = area.end - (kPtRegsSize - kIretOffset);
  const auto saved = read_iret_frame(memory_, iret);
  if (!saved) return fail("nothing more was found");
  caller.found_by = model::FoundBy::scan;
  return arrive(*saved, iret - kIretOffset, caller);
}

}  // namespace kmortem::kernel
