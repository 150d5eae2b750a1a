// SPDX-License-Identifier: GPL-3.0-or-later
#include "waits/workers.h"

#include "dump/memory.h"

namespace kmortem::waits {

uint64_t kthread_of(const kernel::Target& target, const model::Task& task) {
  if (!task.kernel_thread || task.idle) return 0;
  const debuginfo::TypeTable& types = target.types;
  const auto exited = types.field("kthread.exited");
  if (!exited) return 0;
  if (const auto field = types.field("task_struct.worker_private")) {
    return target.memory.read_u64(task.address + field->offset).value_or(0);
  }
  // free_kthread_struct() came together with the use of set_child_tid.
  if (const auto field = types.field("task_struct.set_child_tid");
      field && target.symbol("free_kthread_struct")) {
    return target.memory.read_u64(task.address + field->offset).value_or(0);
  }
  const auto field = types.field("task_struct.vfork_done");
  const auto done =
      field ? target.memory.read_u64(task.address + field->offset) : ReadResult<uint64_t>(0);
  return done && dump::is_kernel_address(*done) ? *done - exited->offset : 0;
}

std::vector<Worker> busy_workers(const Scene& scene) {
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
  for (const model::Task& task : scene.tasks) {
    const uint64_t kthread = kthread_of(scene.target, task);
    if (!dump::is_kernel_address(kthread)) continue;
    const uint64_t address = memory.read_u64(kthread + data->offset).value_or(0);
    if (!dump::is_kernel_address(address)) continue;
    if (memory.read_u64(address + owner->offset).value_or(0) != task.address) continue;
    const auto member = [&](const auto& field) {
      return field ? memory.read_u64(address + field->offset).value_or(0) : 0;
    };
    Worker worker{address,          &task,         member(work),
                  member(function), member(queue), address + scheduled->offset};
    if (worker.work != 0) workers.push_back(worker);
  }
  return workers;
}

}  // namespace kmortem::waits
