// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/leaving.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace kmortem::checks {

namespace {

// The last frames before user mode.
constexpr std::array<std::string_view, 6> kReturning = {
    "exit_to_user_mode",        "syscall_exit_to_user_mode", "irqentry_exit_to_user_mode",
    "prepare_exit_to_usermode", "syscall_return_slowpath",   "exit_to_usermode_loop"};

bool returns_to_user(const model::Stack& stack) {
  return std::any_of(stack.begin(), stack.end(), [](const model::Frame& frame) {
    return std::any_of(kReturning.begin(), kReturning.end(), [&](std::string_view name) {
      return std::string_view(frame.function).starts_with(name);
    });
  });
}

// An interrupt found the task in user mode: nothing of a system call is on its stack.
bool interrupted_in_user_mode(const model::Task& task) {
  if (task.kernel_thread || task.stack.empty()) return false;
  const std::string_view outermost = task.stack.back().function;
  return outermost.starts_with("asm_sysvec_") || outermost.starts_with("asm_common_interrupt") ||
         outermost == "common_interrupt" || outermost == "apic_timer_interrupt";
}

}  // namespace

std::string left_kernel(const model::Task& task) {
  if (task.state == 'Z' || task.state == 'X') return "has exited";
  if (task.stack_state.in_user_mode || interrupted_in_user_mode(task)) return "is in user mode";
  if (!task.kernel_thread && returns_to_user(task.stack)) return "is on its way to user mode";
  return "";
}

const model::LockParty* leaving_owner(const model::Snapshot& snapshot,
                                      const model::LockState& lock) {
  for (const model::LockParty& owner : lock.owners) {
    const model::Task* task = snapshot.task_at(owner.task);
    const bool certain = owner.source == model::LockSource::owner_field && !owner.hint &&
                         owner.grade == model::Grade::proven;
    if (certain && task != nullptr && !left_kernel(*task).empty()) return &owner;
  }
  return nullptr;
}

bool leaked(const model::Snapshot& snapshot, const model::LockState& lock) {
  return lock.gone_owner != 0 || leaving_owner(snapshot, lock) != nullptr;
}

}  // namespace kmortem::checks
