// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/task_layout.h"

#include <algorithm>

namespace kmortem::kernel {

namespace {

// task_struct is 3 to 15 KB; a layout that asks for more is damaged.
constexpr uint64_t kMaxTaskBytes = uint64_t{64} << 10;

class Resolver {
 public:
  explicit Resolver(const debuginfo::TypeTable& types) : types_(types) {}

  std::optional<debuginfo::Field> get(std::string_view path) {
    auto field = types_.field(path);
    if (!field) return std::nullopt;
    const uint64_t length = field->size * std::max<uint64_t>(field->count, 1);
    end_ = std::max(end_, field->offset + length);
    return field;
  }

  uint64_t end() const { return end_; }

 private:
  const debuginfo::TypeTable& types_;
  uint64_t end_ = 0;
};

}  // namespace

TaskLayout::TaskLayout(const debuginfo::TypeTable& types, std::span<const std::string_view> extra) {
  Resolver task(types);
  tasks = task.get("task_struct.tasks");
  thread_node = task.get("task_struct.thread_node");
  thread_head = types.field("signal_struct.thread_head");
  thread_group = task.get("task_struct.thread_group");
  pid = task.get("task_struct.pid");
  tgid = task.get("task_struct.tgid");
  comm = task.get("task_struct.comm");
  stack = task.get("task_struct.stack");
  flags = task.get("task_struct.flags");
  signal = task.get("task_struct.signal");
  state = task.get("task_struct.__state");
  if (!state) state = task.get("task_struct.state");
  exit_state = task.get("task_struct.exit_state");
  cpu = task.get("task_struct.thread_info.cpu");
  if (!cpu) cpu = task.get("task_struct.cpu");
  if (!cpu) cpu_on_stack = types.field("thread_info.cpu");
  exec_start = task.get("task_struct.se.exec_start");
  last_arrival = task.get("task_struct.sched_info.last_arrival");
  nvcsw = task.get("task_struct.nvcsw");
  nivcsw = task.get("task_struct.nivcsw");
  last_switch_count = task.get("task_struct.last_switch_count");
  curr_chain_key = task.get("task_struct.curr_chain_key");
  lockdep_recursion = task.get("task_struct.lockdep_recursion");
  task.get("task_struct.lockdep_depth");
  task.get("task_struct.held_locks");
  for (std::string_view path : extra) task.get(path);
  if (task.end() <= kMaxTaskBytes) bytes = task.end();
}

}  // namespace kmortem::kernel
