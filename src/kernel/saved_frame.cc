// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/saved_frame.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace kmortem::kernel {

namespace {

constexpr std::array<std::pair<std::string_view, Register>, 7> kMembers = {{
    {"r15", Register::r15},
    {"r14", Register::r14},
    {"r13", Register::r13},
    {"r12", Register::r12},
    {"bx", Register::rbx},
    {"bp", Register::rbp},
    {"ret_addr", Register::rip},
}};

constexpr uint64_t kLargestFrame = 256;

}  // namespace

SavedFrames::SavedFrames(const Target& target)
    : target_(target), sp_(target.types.field("task_struct.thread.sp")) {
  fork_entry_ = target.symbol("ret_from_fork_asm");  // 6.6
  if (!fork_entry_) fork_entry_ = target.symbol("ret_from_fork");
}

std::optional<uint64_t> SavedFrames::saved_sp(uint64_t task) const {
  if (!sp_ || task > UINT64_MAX - sp_->offset) return std::nullopt;
  const auto sp = target_.memory.read_u64(task + sp_->offset);
  if (!sp) return std::nullopt;
  return *sp;
}

std::optional<UnwoundFrame> SavedFrames::read(StackMemory& memory, uint64_t sp) const {
  const uint64_t size = target_.types.size_of("inactive_task_frame").value_or(0);
  if (memory.area_of(sp) == nullptr) return std::nullopt;
  if (size == 0 || size > kLargestFrame) return read_old(memory, sp);
  UnwoundFrame frame;
  for (const auto& [name, which] : kMembers) {
    const auto field = target_.types.field("inactive_task_frame." + std::string(name));
    const auto value = field ? memory.word(sp + field->offset) : std::nullopt;
    if (!value) continue;
    frame.registers.set(which, *value);
  }
  if (!frame.registers.get(Register::rip)) return std::nullopt;
  frame.registers.set(Register::rsp, sp + size);
  frame.interrupted = frame.pc() == fork_entry_;
  frame.found_by = model::FoundBy::registers;
  return frame;
}

/// switch_to() pushed rbp (and flags, before 3.19) and goes on at thread_return in __schedule().
std::optional<UnwoundFrame> SavedFrames::read_old(StackMemory& memory, uint64_t sp) const {
  const auto base = memory.word(sp);
  auto resume = target_.symbol("thread_return");
  if (!resume) resume = target_.symbol("__schedule");
  if (!base || !resume) return std::nullopt;
  UnwoundFrame frame;
  frame.registers.set(Register::rbp, *base);
  frame.registers.set(Register::rsp, sp + 8);
  frame.registers.set(Register::rip, *resume);
  frame.interrupted = true;
  frame.found_by = model::FoundBy::registers;
  return frame;
}

}  // namespace kmortem::kernel
