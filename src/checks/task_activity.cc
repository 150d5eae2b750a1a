// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/task_activity.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "checks/wording.h"

namespace kmortem::checks {

namespace {

// How a stack ends before the code that decided to wait: the scheduler, and the waits themselves.
constexpr std::array<std::string_view, 7> kScheduler = {
    "__schedule",    "schedule",    "preempt_schedule", "__cond_resched",
    "_cond_resched", "io_schedule", "context_switch"};
constexpr std::array<std::string_view, 18> kLockWaits = {
    "__mutex_lock", "mutex_lock",    "__ww_mutex", "ww_mutex_lock",  "rwsem_",       "call_rwsem_",
    "down_read",    "down_write",    "rt_mutex_",  "__rt_mutex_",    "rt_spin_lock", "rtlock_",
    "rt_read_lock", "rt_write_lock", "rwbase_",    "native_queued_", "percpu_",      "__percpu_"};
constexpr std::array<std::string_view, 5> kOtherWaits = {"__down", "down", "wait_for_",
                                                         "__wait_for_", "do_wait_for_"};

bool is_one_of(const model::Frame& frame, std::span<const std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view name) {
    return std::string_view(frame.function).starts_with(name);
  });
}

bool waits(const model::Frame& frame) {
  return is_one_of(frame, kScheduler) || is_one_of(frame, kLockWaits) ||
         is_one_of(frame, kOtherWaits);
}

}  // namespace

const model::Frame* lock_wait_frame(const model::Stack& stack) {
  const auto frame = std::ranges::find_if(
      stack, [](const model::Frame& each) { return !is_one_of(each, kScheduler); });
  const bool found = frame != stack.end() && is_one_of(*frame, kLockWaits);
  return found ? &*frame : nullptr;
}

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
