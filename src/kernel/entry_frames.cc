// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/entry_frames.h"

#include <algorithm>
#include <array>

#include "dump/memory.h"
#include "kernel/pt_regs.h"

namespace kmortem::kernel {

namespace {

// arch/x86/include/asm/segment.h.
constexpr uint64_t kKernelCode = 0x10;
constexpr std::array<uint64_t, 2> kUserCode = {0x33, 0x23};
// Always set in rflags; those above bit 21 never are.
constexpr uint64_t kFixedFlag = 2;
constexpr uint64_t kFlagBits = uint64_t{1} << 22;
// struct pt_regs and struct inactive_task_frame at the very top, and a word for alignment.
constexpr uint64_t kFirstFrames = kPtRegsSize + uint64_t{8} * 8;

// As the CPU pushes it: ss rsp rflags cs rip, the last at `iret`.
bool is_iret_frame(uint64_t iret, StackMemory& memory) {
  const auto saved = read_iret_frame(memory, iret);
  const auto code = memory.word(iret + 8);
  if (!saved || !code || iret % 8 != 0) return false;
  if ((saved->flags & kFixedFlag) == 0 || saved->flags >= kFlagBits) return false;
  const uint64_t rip = saved->registers.get(Register::rip).value_or(0);
  const uint64_t rsp = saved->registers.get(Register::rsp).value_or(0);
  if (saved->user) {
    return std::ranges::find(kUserCode, *code) != kUserCode.end() && !dump::is_kernel_address(rip);
  }
  return *code == kKernelCode && dump::is_kernel_address(rip) && memory.area_of(rsp) != nullptr;
}

}  // namespace

std::optional<uint64_t> find_pt_regs(uint64_t sp, StackMemory& memory) {
  if (sp > UINT64_MAX - kPtRegsSize) return std::nullopt;
  if (is_iret_frame(sp + kIretOffset, memory)) return sp;
  const StackArea* area = memory.area_of(sp);
  const auto pushed = memory.word(sp);
  if (area == nullptr || area->kind != StackKind::irq || !pushed) return std::nullopt;
  const StackArea* before = memory.area_of(*pushed);
  if (before == nullptr || before == area || !is_iret_frame(*pushed + kIretOffset, memory))
    return std::nullopt;
  return *pushed;
}

std::optional<uint64_t> find_iret_frame(uint64_t sp, StackMemory& memory) {
  for (const uint64_t iret : {sp, sp + 8}) {
    if (is_iret_frame(iret, memory)) return iret;
  }
  return std::nullopt;
}

bool ends_at(uint64_t sp, StackMemory& memory) {
  const StackArea* area = memory.area_of(sp);
  if (area == nullptr) area = memory.area_of(sp - 1);
  return area != nullptr && area->kind == StackKind::task && area->end - sp <= kFirstFrames;
}

FrameRegisters before_stack_switch(const FrameRegisters& registers, StackMemory& memory) {
  const uint64_t sp = registers.get(Register::rsp).value_or(0);
  const StackArea* area = memory.area_of(sp);
  if (area == nullptr || area->kind != StackKind::irq) return registers;
  const auto pushed = memory.word(sp);
  if (area->end - sp != 8 || !pushed) return registers;
  const StackArea* before = memory.area_of(*pushed);
  if (before == nullptr || before == area) return registers;
  FrameRegisters moved = registers;
  moved.set(Register::rsp, *pushed);
  return moved;
}

}  // namespace kmortem::kernel
