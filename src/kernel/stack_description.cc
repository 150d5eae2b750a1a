// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <string_view>
#include <unordered_map>

#include "kernel/frame_names.h"
#include "kernel/stack_reader.h"

namespace kmortem::kernel {

namespace {

// In the order in which the kernel's oops prints them.
constexpr std::array<std::pair<std::string_view, Register>, kRegisters> kNames = {{
    {"rip", Register::rip},
    {"rsp", Register::rsp},
    {"rax", Register::rax},
    {"rbx", Register::rbx},
    {"rcx", Register::rcx},
    {"rdx", Register::rdx},
    {"rsi", Register::rsi},
    {"rdi", Register::rdi},
    {"rbp", Register::rbp},
    {"r8", Register::r8},
    {"r9", Register::r9},
    {"r10", Register::r10},
    {"r11", Register::r11},
    {"r12", Register::r12},
    {"r13", Register::r13},
    {"r14", Register::r14},
    {"r15", Register::r15},
}};

model::SavedRegisters describe_registers(const FrameRegisters& registers, uint64_t flags) {
  model::SavedRegisters saved;
  for (const auto& [name, which] : kNames) {
    if (const auto value = registers.get(which)) saved.values.push_back({name, *value});
  }
  if (flags != 0) saved.values.push_back({"rflags", flags});
  return saved;
}

model::StackState describe_state(const UnwoundStack& stack) {
  model::StackState state;
  state.read = true;
  state.complete = stack.complete;
  state.from_saved_frame = stack.from_saved_frame;
  state.in_user_mode = stack.in_user_mode;
  state.stopped_because = stack.stopped_because;
  for (size_t i = 0; i < stack.frames.size(); ++i) {
    const UnwoundFrame& frame = stack.frames[i];
    // A task's first frame is where it was switched away from: its registers are no boundary's.
    if (!frame.interrupted || (i == 0 && stack.cpu < 0)) continue;
    auto saved = describe_registers(frame.registers, frame.flags);
    saved.frame = i;
    saved.address = frame.pt_regs;
    state.registers.push_back(std::move(saved));
  }
  if (stack.in_user_mode || stack.user_pt_regs != 0) {
    auto saved = describe_registers(stack.user_registers, 0);
    saved.frame = stack.frames.size();
    saved.address = stack.user_pt_regs;
    saved.user = true;
    state.registers.push_back(std::move(saved));
  }
  return state;
}

}  // namespace

void describe_stacks(std::span<const UnwoundStack> stacks, Symbolizer& symbolizer,
                     std::span<model::Cpu> cpus, std::span<model::Task> tasks) {
  FrameNames names(symbolizer);
  std::unordered_map<uint64_t, model::Task*> by_address;
  for (model::Task& task : tasks) by_address.emplace(task.address, &task);
  std::unordered_map<int, model::Cpu*> by_number;
  for (model::Cpu& cpu : cpus) by_number.emplace(cpu.number, &cpu);

  for (const UnwoundStack& stack : stacks) {
    model::Stack frames;
    frames.reserve(stack.frames.size());
    for (const UnwoundFrame& frame : stack.frames) frames.push_back(names.describe(frame));
    model::StackState state = describe_state(stack);
    const auto cpu = by_number.find(stack.cpu);
    if (cpu != by_number.end()) {
      cpu->second->stack = frames;
      cpu->second->stack_state = state;
    }
    const auto task = by_address.find(stack.task);
    if (task == by_address.end()) continue;
    task->second->stack = std::move(frames);
    task->second->stack_state = std::move(state);
  }
}

}  // namespace kmortem::kernel
