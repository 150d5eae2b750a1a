// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "support/fake_kernel.h"
#include "waits/scene.h"

namespace kmortem::waits::testing {

inline constexpr uint64_t kText = 0xffffffff81000000;
inline constexpr uint64_t kTasks = 0xffff888002000000;
inline constexpr uint64_t kStacks = 0xffffc90000000000;
inline constexpr uint64_t kPercpu = 0xffff88803e000000;
inline constexpr uint64_t kFlagsOn = 0x202;
inline constexpr uint64_t kFlagsOff = 0x2;

/// A few CPUs, each running one task, in a kernel made by hand.
struct SceneBuilder {
  test::FakeKernel kernel;
  std::vector<model::Cpu> cpus;
  std::vector<model::Task> tasks;
  std::vector<kernel::UnwoundStack> stacks;

  static uint64_t percpu(int cpu) { return kPercpu + static_cast<uint64_t>(cpu) * 0x100000; }
  static uint64_t stack(int pid) { return kStacks + static_cast<uint64_t>(pid) * 0x8000; }

  model::Task& add_task(int pid, const std::string& comm) {
    model::Task task;
    task.address = kTasks + static_cast<uint64_t>(pid) * 0x1000;
    task.pid = pid;
    task.comm = comm;
    task.kernel_thread = true;
    task.stack_base = stack(pid);
    kernel.memory.map(task.address, 0x1000);
    kernel.memory.map(task.stack_base, 0x4000);
    tasks.push_back(task);
    return tasks.back();
  }

  /// CPU number cpus.size(), standing in the functions given, innermost first.
  void add_cpu(int pid, const std::vector<std::string>& functions, uint64_t flags) {
    model::Task& task = add_task(pid, "t" + std::to_string(pid));
    model::Cpu cpu;
    cpu.number = static_cast<int>(cpus.size());
    cpu.percpu_base = percpu(cpu.number);
    cpu.current_task = task.address;
    task.on_cpu = true;
    task.cpu = cpu.number;
    kernel.memory.map(cpu.percpu_base, 0x10000);
    kernel::UnwoundStack unwound;
    unwound.cpu = cpu.number;
    unwound.task = task.address;
    for (const std::string& function : functions) {
      model::Frame frame;
      frame.function = function;
      cpu.stack.push_back(frame);
      kernel::UnwoundFrame place;
      place.registers.set(kernel::Register::rip, kText);
      unwound.frames.push_back(place);
    }
    if (!unwound.frames.empty()) {
      unwound.frames[0].interrupted = true;
      unwound.frames[0].flags = flags;
    }
    cpus.push_back(cpu);
    stacks.push_back(unwound);
  }

  /// Calls `visit` with the scene as it is.
  template <typename Visit>
  auto with(Visit visit) {
    const kernel::Target target = kernel.target();
    kernel::Symbolizer symbolizer(target, {});
    const locks::KnownTasks known(target, tasks);
    return visit(Scene{target, symbolizer, stacks, cpus, tasks, known});
  }
};

}  // namespace kmortem::waits::testing
