// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/stack_reader.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "kernel/cpu_notes.h"
#include "kernel/frame_context.h"
#include "kernel/frame_names.h"
#include "kernel/kernel_stacks.h"
#include "kernel/register_recovery.h"
#include "kernel/return_addresses.h"
#include "kernel/saved_frame.h"
#include "kernel/stack_memory.h"
#include "kernel/stack_walker.h"
#include "kernel/unwind_tables.h"

namespace kmortem::kernel {

namespace {

constexpr uint64_t kPage = 4096;

class StackReader {
 public:
  StackReader(const Target& target, const StackContext& context)
      : target_(target),
        context_(context),
        tables_(target, context.unwind, context.symbolizer),
        stacks_(target),
        saved_(target),
        returns_(target),
        recovery_(target, context.symbolizer),
        names_(context.symbolizer) {
    for (const model::Task& task : context.tasks) tasks_.emplace(task.address, &task);
  }

  std::vector<UnwoundStack> run() {
    read_cpus();
    for (const model::Task& task : context_.tasks) {
      if (task.on_cpu || task.stack_base == 0) continue;
      if (context_.wanted && !context_.wanted(task)) continue;
      read_sleeping(task);
    }
    return std::move(found_);
  }

 private:
  const model::Task* task_at(uint64_t address) const {
    const auto task = tasks_.find(address);
    return task == tasks_.end() ? nullptr : task->second;
  }

  void read_cpus() {
    std::vector<CpuIdentity> identities;
    for (const model::Cpu& cpu : context_.cpus) {
      CpuIdentity identity{&cpu, -1, stacks_.of_cpu(cpu)};
      if (const model::Task* task = task_at(cpu.current_task)) {
        identity.current_pid = task->pid;
        identity.stacks.push_back(stacks_.of_task(task->stack_base));
      }
      identities.push_back(std::move(identity));
    }
    const auto registers = match_registers(context_.registers, identities);
    for (size_t i = 0; i < identities.size(); ++i) read_cpu(identities[i], registers[i]);
  }

  void read_cpu(const CpuIdentity& identity, const dump::CpuRegisters* note) {
    if (identity.cpu->current_task == 0) return;
    UnwoundStack stack;
    stack.task = identity.cpu->current_task;
    stack.cpu = identity.cpu->number;
    StackMemory memory(target_.memory, identity.stacks);
    if (note == nullptr) {
      // Offline CPUs have no note, and their idle task stands where it was switched away from.
      stack.from_saved_frame = true;
      begin_at_saved_frame(memory, stack);
    } else if (!dump::is_kernel_address(note->rip) && note->rip != 0) {
      stack.in_user_mode = stack.complete = true;
      stack.user_registers = frame_registers(*note);
    } else {
      begin_at_registers(*note, memory, stack);
    }
    finish(memory, std::move(stack));
  }

  void begin_at_registers(const dump::CpuRegisters& note, StackMemory& memory,
                          UnwoundStack& stack) const {
    UnwoundFrame frame;
    frame.registers = frame_registers(note);
    frame.interrupted = true;
    frame.flags = note.rflags;
    frame.found_by = model::FoundBy::registers;
    stack.frames.push_back(frame);
    if (memory.area_of(note.rsp) != nullptr || !dump::is_kernel_address(note.rsp)) return;
    // A stack that nothing names: a CPU on its way up, say.
    const uint64_t size = stacks_.thread_size();
    if (note.rsp < UINT64_MAX - size) {
      memory.add({StackKind::other, note.rsp / kPage * kPage, (note.rsp / size + 1) * size});
    }
  }

  void read_sleeping(const model::Task& task) {
    UnwoundStack stack;
    stack.task = task.address;
    StackMemory memory(target_.memory, {stacks_.of_task(task.stack_base)});
    begin_at_saved_frame(memory, stack);
    finish(memory, std::move(stack));
  }

  void begin_at_saved_frame(StackMemory& memory, UnwoundStack& stack) const {
    const auto sp = saved_.saved_sp(stack.task);
    if (!sp) {
      stack.stopped_because = "task_struct.thread.sp is not readable";
      return;
    }
    auto frame = saved_.read(memory, *sp);
    if (frame) {
      stack.frames.push_back(*frame);
    } else {
      stack.stopped_because = "task_struct.thread.sp is not on the task's stack, or not readable";
    }
  }

  void finish(StackMemory& memory, UnwoundStack stack) {
    if (!stack.frames.empty()) StackWalker(tables_, memory, returns_, recovery_).walk(stack);
    set_contexts(stack, names_);
    for (size_t i = 0; i + 1 < stack.frames.size(); ++i) {
      if (stack.frames[i + 1].interrupted) continue;
      stack.frames[i].frame_end = stack.frames[i + 1].registers.get(Register::rsp).value_or(0);
    }
    if (!stack.complete) report(stack);
    found_.push_back(std::move(stack));
  }

  void report(const UnwoundStack& stack) const {
    target_.problems.add({"kernel stack", stack.task, "it cannot be followed to its end",
                          "its outer frames are missing, and locks taken there are not seen"});
  }

  const Target& target_;
  const StackContext& context_;
  UnwindTables tables_;
  KernelStacks stacks_;
  SavedFrames saved_;
  ReturnAddresses returns_;
  RegisterRecovery recovery_;
  FrameNames names_;
  std::unordered_map<uint64_t, const model::Task*> tasks_;
  std::vector<UnwoundStack> found_;
};

}  // namespace

std::vector<UnwoundStack> read_stacks(const Target& target, const StackContext& context) {
  return StackReader(target, context).run();
}

}  // namespace kmortem::kernel
