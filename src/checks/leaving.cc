// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/leaving.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "checks/lock_parties.h"
#include "checks/wording.h"

namespace kmortem::checks {

namespace {

// The last functions before user mode. They call others that take locks and sleep with them, as
// signals, task work and a NUMA scan do: being inside of one says nothing by itself.
constexpr std::array<std::string_view, 6> kReturning = {
    "exit_to_user_mode",        "syscall_exit_to_user_mode", "irqentry_exit_to_user_mode",
    "prepare_exit_to_usermode", "syscall_return_slowpath",   "exit_to_usermode_loop"};

// How a task gives up its CPU.
constexpr std::array<std::string_view, 6> kSwitching = {
    "__schedule", "schedule", "schedule_user", "context_switch", "__switch_to", "__switch_to_asm"};

bool returns_to_user(const model::Frame& frame) {
  return std::ranges::any_of(kReturning, [&](std::string_view name) {
    return std::string_view(frame.function).starts_with(name);
  });
}

bool switches(const model::Frame& frame) {
  return std::ranges::find(kSwitching, plain_function(frame.function)) != kSwitching.end();
}

bool is_interrupt_entry(const model::Frame& frame) {
  const std::string_view name = frame.function;
  return name.starts_with("asm_sysvec_") || name.starts_with("asm_common_interrupt") ||
         name == "common_interrupt" || name == "apic_timer_interrupt";
}

// exit_notify() makes a task a zombie while it holds tasklist_lock, and it goes on after that until
// it sets TASK_DEAD (0x80 since 4.14, 0x40 before) and switches away for good. The other bit is
// TASK_WAKEKILL or TASK_PARKED there, of tasks that sleep.
bool has_exited(const model::Task& task) {
  constexpr uint64_t kDead = 0x40 | 0x80;
  constexpr uint64_t kSleeps = 0x1 | 0x2;
  const bool zombie = task.state == 'Z' || task.state == 'X';
  return zombie && !task.on_cpu && (task.state_bits & kDead) != 0 &&
         (task.state_bits & kSleeps) == 0;
}

// The CPU is in an interrupt that came in user mode, and has not begun with what is done on the way
// back. Without its registers the stack is of an earlier time.
bool runs_in_interrupt(const model::Task& task) {
  return task.on_cpu && !task.kernel_thread && !task.stack.empty() &&
         !task.stack_state.from_saved_frame && is_interrupt_entry(task.stack.back()) &&
         std::ranges::none_of(task.stack, returns_to_user);
}

}  // namespace

std::string left_kernel(const model::Task& task) {
  if (has_exited(task)) return "has exited";
  if (task.stack_state.in_user_mode || runs_in_interrupt(task)) return "is in user mode";
  // What runs else may hold the scheduler's locks on its way.
  if (task.kernel_thread || task.on_cpu) return "";
  const auto inner = std::ranges::find_if_not(task.stack, switches);
  if (inner == task.stack.end()) return "";
  const bool returns = returns_to_user(*inner);
  const bool outermost = inner + 1 == task.stack.end();
  // An interrupt found it in user mode: nothing of a system call is on its stack.
  if ((returns || outermost) && is_interrupt_entry(task.stack.back())) return "is in user mode";
  return returns ? "is on its way to user mode" : "";
}

std::vector<const model::HeldLock*> left_behind(const model::Task& task) {
  std::vector<const model::HeldLock*> locks;
  if (task.held_locks.empty() || left_kernel(task).empty()) return locks;
  for (const model::HeldLock& held : task.held_locks) {
    const bool of_interrupt = task.on_cpu && held.irq_context != 0;
    if (!of_interrupt) locks.push_back(&held);
  }
  return locks;
}

const model::LockParty* leaving_owner(const model::Snapshot& snapshot,
                                      const model::LockState& lock) {
  for (const model::LockParty& owner : lock.owners) {
    const model::Task* task = snapshot.task_at(owner.task);
    const bool certain = owner.source == model::LockSource::owner_field && !owner.hint &&
                         owner.grade == model::Grade::proven;
    if (!certain || task == nullptr || left_kernel(*task).empty()) continue;
    // Only a lock that sleeps is surely not that of the interrupt which runs there.
    if (spins(lock.type) && runs_in_interrupt(*task)) continue;
    return &owner;
  }
  return nullptr;
}

bool leaked(const model::Snapshot& snapshot, const model::LockState& lock) {
  return lock.gone_owner != 0 || leaving_owner(snapshot, lock) != nullptr;
}

}  // namespace kmortem::checks
