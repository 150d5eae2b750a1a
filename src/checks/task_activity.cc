// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/task_activity.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "checks/wording.h"

namespace kmortem::checks {

namespace {

// How a stack ends before the code that decided to wait.
constexpr std::array<std::string_view, 30> kWaiting = {
    "__schedule",   "schedule",      "preempt_schedule", "__cond_resched", "_cond_resched",
    "io_schedule",  "__mutex_lock",  "mutex_lock",       "__ww_mutex",     "ww_mutex_lock",
    "rwsem_",       "call_rwsem_",   "down_read",        "down_write",     "__down",
    "down",         "rt_mutex_",     "__rt_mutex_",      "rt_spin_lock",   "rtlock_",
    "rt_read_lock", "rt_write_lock", "rwbase_",          "percpu_",        "__percpu_",
    "wait_for_",    "__wait_for_",   "do_wait_for_",     "context_switch", "native_queued_"};

bool waits(const model::Frame& frame) {
  return std::any_of(kWaiting.begin(), kWaiting.end(), [&](std::string_view name) {
    return std::string_view(frame.function).starts_with(name);
  });
}

}  // namespace

const model::Frame* waiting_frame(const model::Stack& stack) {
  const auto frame = std::find_if(stack.begin(), stack.end(), [](const model::Frame& each) {
    return !each.function.empty() && !waits(each);
  });
  return frame == stack.end() ? nullptr : &*frame;
}

std::string task_activity(const model::Task& task, const model::Stack& stack) {
  const model::Frame* frame = waiting_frame(stack);
  const std::string where = frame == nullptr ? "" : " in " + function_label(*frame);
  if (task.on_cpu) return fmt::format("runs{} on CPU {}", where, task.cpu);
  if (task.state == 'R') return "is ready to run but does not" + where;
  if (task.state == 'Z' || task.state == 'X') return "is dead";
  return fmt::format("sleeps ({}){}", task.state, where);
}

}  // namespace kmortem::checks
