// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/kernel_threads.h"

#include <optional>

#include "dump/memory.h"

namespace kmortem::waits {

namespace {

/// The member of task_struct that leads to struct kthread, and how far behind that it points.
struct KthreadPointer {
  std::optional<debuginfo::Field> member;
  uint64_t behind = 0;
};

KthreadPointer find_pointer(const kernel::Target& target) {
  const debuginfo::TypeTable& types = target.types;
  if (const auto field = types.field("task_struct.worker_private")) return {field, 0};
  // free_kthread_struct() came together with the use of set_child_tid.
  if (target.symbol("free_kthread_struct")) return {types.field("task_struct.set_child_tid"), 0};
  const auto exited = types.field("kthread.exited");
  return {types.field("task_struct.vfork_done"), exited ? exited->offset : 0};
}

}  // namespace

std::vector<KernelThread> read_kernel_threads(const Scene& scene) {
  std::vector<KernelThread> threads;
  const KthreadPointer pointer = find_pointer(scene.target);
  if (!pointer.member || !scene.target.types.has("kthread.exited")) return threads;
  for (const model::Task& task : scene.tasks) {
    if (!task.kernel_thread || task.idle) continue;
    const auto value = scene.target.memory.read_u64(task.address + pointer.member->offset);
    if (!value || !dump::is_kernel_address(*value)) continue;
    threads.push_back({&task, *value - pointer.behind});
  }
  return threads;
}

std::vector<Worker> busy_workers(const Scene& scene, std::span<const KernelThread> threads) {
  std::vector<Worker> workers;
  const debuginfo::TypeTable& types = scene.target.types;
  const auto data = types.field("kthread.data");
  const auto owner = types.field("worker.task");
  const auto work = types.field("worker.current_work");
  const auto function = types.field("worker.current_func");
  const auto queue = types.field("worker.current_pwq");
  const auto scheduled = types.field("worker.scheduled");
  if (!data || !owner || !work || !scheduled) return workers;
  dump::Memory& memory = scene.target.memory;
  for (const auto& [task, kthread] : threads) {
    const uint64_t address = memory.read_u64(kthread + data->offset).value_or(0);
    if (!dump::is_kernel_address(address)) continue;
    if (memory.read_u64(address + owner->offset).value_or(0) != task->address) continue;
    const auto member = [&](const auto& field) {
      return field ? memory.read_u64(address + field->offset).value_or(0) : 0;
    };
    const Worker worker{address,          task,          member(work),
                        member(function), member(queue), address + scheduled->offset};
    if (worker.work != 0) workers.push_back(worker);
  }
  return workers;
}

}  // namespace kmortem::waits
