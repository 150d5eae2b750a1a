// SPDX-License-Identifier: GPL-3.0-or-later
#include "checks/splat_words.h"

#include <fmt/core.h>

#include "checks/splat_rules.h"

namespace kmortem::checks {

namespace {

using model::Severity;
using model::Splat;
using model::SplatRole;
using model::SplatType;

std::string name_of(const Splat& splat, SplatRole role) {
  const model::SplatLock* lock = splat.lock(role);
  return lock == nullptr || lock->name.empty() ? "a lock" : lock->name;
}

std::string first_name(const Splat& splat) {
  return splat.names.empty() ? "a lock" : splat.names.front();
}

std::string task_of(const Splat& splat) {
  return splat.tasks.empty() ? "a task" : splat.tasks.front().printed;
}

std::string cpu_of(const Splat& splat) {
  return splat.cpu < 0 ? "a CPU" : fmt::format("CPU {}", splat.cpu);
}

// The four that lockdep's graph is about.
SplatWords order_words(const Splat& splat) {
  const std::string taken = name_of(splat, SplatRole::acquiring);
  const std::string held = name_of(splat, SplatRole::holding);
  switch (splat.type) {
    case SplatType::circular:
      return {
          Severity::error,
          fmt::format("{} took {} while it held {}: elsewhere the order is the other way round.",
                      task_of(splat), taken, held),
          "Tasks that take the locks of the chain in both orders at once wait for each other "
          "for ever.",
          fmt::format("take {} and {} in one order everywhere", taken, held)};
    case SplatType::recursive:
      return {
          Severity::error,
          fmt::format("{} took {} while it held a lock of the same class.", task_of(splat), taken),
          "If both are one lock the task waits for itself; if they are two, two tasks that "
          "take them in different orders wait for each other.",
          "take it once; where two locks of a class nest by design, say so with a subclass "
          "(spin_lock_nested(), mutex_lock_nested()) or a nest_lock"};
    case SplatType::irq_safe_unsafe:
      return {Severity::error,
              fmt::format("{} took {} under {}: {}.", task_of(splat), taken, held, splat.usage()),
              "An interrupt that takes the first lock may come while another CPU waits for the "
              "second with the first held: both stand still.",
              fmt::format("take {} with that interrupt disabled everywhere (_irqsave, _bh), or not "
                          "under {}",
                          taken, held)};
    default:
      return {Severity::error,
              fmt::format("{} is used in an interrupt and stands in order with a lock that is {}.",
                          taken, splat.usage()),
              "An interrupt that takes the one while the other is held with interrupts enabled "
              "makes two CPUs wait for each other.",
              "disable that interrupt wherever the other lock is taken (_irqsave, _bh)"};
  }
}

SplatWords class_words(const Splat& splat) {
  const std::string lock = name_of(splat, SplatRole::acquiring);
  if (splat.type == SplatType::inconsistent_state) {
    return {Severity::error, fmt::format("{} is used both ways: {}.", lock, splat.usage()),
            "If the interrupt comes on a CPU that holds the lock, it waits for what it has "
            "interrupted.",
            "take it with that interrupt disabled everywhere (_bh for softirqs, _irqsave for "
            "hardirqs)"};
  }
  if (splat.type == SplatType::invalid_wait_context) {
    return {Severity::error,
            fmt::format("{} took {}, which may sleep, where only spinning is allowed.",
                        task_of(splat), lock),
            "On PREEMPT_RT, and with PROVE_RAW_LOCK_NESTING, such a lock schedules under a raw "
            "spinlock or in an interrupt.",
            "take it before the spinning lock, or make it a raw_spinlock_t if it is short"};
  }
  if (splat.type == SplatType::lock_held_freed) {
    return {Severity::error,
            fmt::format("{} freed memory with {} held in it.", task_of(splat), first_name(splat)),
            "Whoever unlocks or waits for it afterwards writes into memory that may be another's.",
            "release the lock before its object is freed"};
  }
  if (splat.type == SplatType::lock_held_returning_user ||
      splat.type == SplatType::lock_held_exit) {
    return {Severity::error,
            fmt::format("{} went on with {} held.", task_of(splat), first_name(splat)),
            "A system call or task ended without releasing a lock: the next to want it waits for "
            "ever.",
            "release it on every way out, the error paths too"};
  }
  return {Severity::error,
          fmt::format("{}: {}", task_of(splat),
                      splat.names.empty() ? splat.title : splat.title + ", " + first_name(splat)),
          "A lock's state or its owner is not what it must be: it was never initialised, was "
          "overwritten, or is released by one who does not hold it.",
          "look for the lock's initialisation, for what overwrites it, and for an unlock too many"};
}

SplatWords stall_words(const Splat& splat) {
  switch (splat.type) {
    case SplatType::soft_lockup:
      return {Severity::error,
              fmt::format("{} ran kernel code in {} without letting others run.", cpu_of(splat),
                          task_of(splat)),
              "The watchdog saw no other task run on that CPU for too long.",
              "see in the stack what it loops in or spins on"};
    case SplatType::hard_lockup:
      return {Severity::error, fmt::format("{} took no interrupts.", cpu_of(splat)),
              "The watchdog's timer interrupt did not come: interrupts were disabled for too long.",
              "see in the stack what it does with interrupts disabled"};
    case SplatType::rcu_stall:
      return {Severity::error, fmt::format("An RCU grace period waited for {}.", task_of(splat)),
              "A CPU or reader did not come to a quiescent state.",
              "see in the stack what keeps it from scheduling"};
    case SplatType::hung_task:
      return {Severity::error,
              fmt::format("{} slept uninterruptibly for too long.", task_of(splat)),
              "What it waits for did not come.", "see in the stack what it waits for"};
    case SplatType::spinlock_lockup:
      return {
          Severity::error,
          fmt::format("{} waited too long for the spinlock {}.", task_of(splat), first_name(splat)),
          "Its owner does not release it.", "see what the owner does"};
    default:
      return {Severity::error, fmt::format("{} slept in atomic context.", task_of(splat)),
              "Something that may sleep was called with a spinlock held, in an interrupt, or with "
              "preemption disabled: who waits for that spinlock spins until it comes back.",
              "release the spinlock first, or call what does not sleep"};
  }
}

}  // namespace

std::string_view splat_rule(const Splat& splat) {
  switch (splat.type) {
    case SplatType::circular:
      return "lock-order-cycle";
    case SplatType::recursive:
      return "recursive-lock";
    case SplatType::inconsistent_state:
      return "irq-inconsistent";
    case SplatType::irq_safe_unsafe:
    case SplatType::irq_inversion:
      return "irq-inversion";
    case SplatType::invalid_wait_context:
      return "wait-context";
    case SplatType::lock_held_freed:
      return "freed-lock";
    case SplatType::lock_held_returning_user:
    case SplatType::lock_held_exit:
      return "lock-leak";
    case SplatType::bad_unlock_balance:
    case SplatType::bad_contention:
    case SplatType::lockdep_internal:
    case SplatType::spinlock_bad_magic:
    case SplatType::spinlock_wrong_owner:
      return "corrupt-lock";
    case SplatType::spinlock_lockup:
      return "lock-stall";
    case SplatType::sleeping_atomic:
    case SplatType::scheduling_atomic:
      return "held-while-sleeping";
    case SplatType::soft_lockup:
      return "soft-lockup";
    case SplatType::hard_lockup:
      return "hard-lockup";
    case SplatType::rcu_stall:
      return "rcu-stall";
    case SplatType::hung_task:
      return "hung-task";
    case SplatType::deadlock_other:
      return splat.title.starts_with("BUG: ") ? "recursive-lock" : "";
    case SplatType::max_lockdep:
    case SplatType::non_static_key:
      return "lockdep-off";
    case SplatType::suspicious_rcu:
      return "";
  }
  return "";
}

SplatWords splat_words(const Splat& splat) {
  switch (splat.type) {
    case SplatType::circular:
    case SplatType::recursive:
    case SplatType::irq_safe_unsafe:
    case SplatType::irq_inversion:
      return order_words(splat);
    case SplatType::soft_lockup:
    case SplatType::hard_lockup:
    case SplatType::rcu_stall:
    case SplatType::hung_task:
    case SplatType::spinlock_lockup:
    case SplatType::sleeping_atomic:
    case SplatType::scheduling_atomic:
      return stall_words(splat);
    case SplatType::deadlock_other:
      return {Severity::error,
              fmt::format("{} took the spinlock {} that it holds already.", task_of(splat),
                          first_name(splat)),
              "It waits for itself.", "take it once"};
    case SplatType::max_lockdep:
    case SplatType::non_static_key:
      return {Severity::note, fmt::format("lockdep stopped: {}", splat.title),
              "Nothing was checked since.",
              "see the rule lockdep-off for what to raise or initialise"};
    default:
      return class_words(splat);
  }
}

}  // namespace kmortem::checks
