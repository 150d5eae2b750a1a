// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lock_functions.h"

#include <algorithm>
#include <array>

namespace kmortem::locks {

namespace {

using Effect = LockFunction::Effect;
using model::LockType;

using Names = std::unordered_map<std::string, LockFunction>;

void add(Names& names, std::string name, LockType type, Effect effect, bool shared = false,
         bool slow_path = false, Register argument = Register::rdi) {
  names.insert_or_assign(std::move(name), LockFunction{effect, type, shared, slow_path, argument});
}

// kernel/locking/spinlock.c and, with DEBUG_SPINLOCK, spinlock_debug.c.
void add_spinning(Names& names, const std::string& kind, LockType type, bool shared) {
  const std::string raw = "_raw_" + kind;
  for (const char* suffix : {"", "_bh", "_irq", "_irqsave", "_nested", "_irqsave_nested",
                             "_bh_nested", "_nest_lock", "_flags"}) {
    add(names, raw + "_lock" + suffix, type, Effect::acquire, shared);
  }
  for (const char* suffix : {"", "_bh", "_irq", "_irqrestore"}) {
    add(names, raw + "_unlock" + suffix, type, Effect::release, shared);
  }
  for (const char* suffix : {"", "_bh"}) {
    add(names, raw + "_trylock" + suffix, type, Effect::acquire_if_true, shared);
  }
  add(names, "do" + raw + "_lock", type, Effect::acquire, shared);
  add(names, "do" + raw + "_lock_flags", type, Effect::acquire, shared);
  add(names, "do" + raw + "_trylock", type, Effect::acquire_if_true, shared);
  add(names, "do" + raw + "_unlock", type, Effect::release, shared);
}

// What the fast paths fall back to, and the paravirtual forms of unlocking.
void add_slow_paths(Names& names) {
  for (const char* name : {"queued_spin_lock_slowpath", "native_queued_spin_lock_slowpath",
                           "__pv_queued_spin_lock_slowpath", "__ticket_spin_lock",
                           "resilient_queued_spin_lock_slowpath"}) {
    add(names, name, LockType::raw_spinlock, Effect::acquire, false, true);
  }
  for (const char* name : {"queued_read_lock_slowpath", "queue_read_lock_slowpath"}) {
    add(names, name, LockType::rwlock, Effect::acquire, true, true);
  }
  for (const char* name : {"queued_write_lock_slowpath", "queue_write_lock_slowpath"}) {
    add(names, name, LockType::rwlock, Effect::acquire, false, true);
  }
  for (const char* name :
       {"native_queued_spin_unlock", "__pv_queued_spin_unlock", "__pv_queued_spin_unlock_slowpath",
        "__raw_callee_save___native_queued_spin_unlock",
        "__raw_callee_save___pv_queued_spin_unlock",
        "__raw_callee_save___pv_queued_spin_unlock_slowpath", "__ticket_spin_unlock"}) {
    add(names, name, LockType::raw_spinlock, Effect::release);
  }
}

// kernel/locking/mutex.c, ww_mutex.h; killable and interruptible ones return 0 when they succeed.
void add_mutexes(Names& names) {
  for (const char* suffix : {"", "_nested", "_io", "_io_nested"}) {
    add(names, std::string("mutex_lock") + suffix, LockType::mutex, Effect::acquire);
  }
  add(names, "_mutex_lock_nest_lock", LockType::mutex, Effect::acquire);
  for (const char* suffix :
       {"_interruptible", "_killable", "_interruptible_nested", "_killable_nested"}) {
    add(names, std::string("mutex_lock") + suffix, LockType::mutex, Effect::acquire_if_zero);
  }
  add(names, "_mutex_lock_killable", LockType::mutex, Effect::acquire_if_zero);
  add(names, "mutex_trylock", LockType::mutex, Effect::acquire_if_true);
  add(names, "_mutex_trylock_nest_lock", LockType::mutex, Effect::acquire_if_true);
  add(names, "__mutex_lock_slowpath", LockType::mutex, Effect::acquire, false, true);
  for (const char* name : {"mutex_unlock", "__mutex_unlock_slowpath", "ww_mutex_unlock"}) {
    add(names, name, LockType::mutex, Effect::release);
  }
  for (const char* name : {"ww_mutex_lock", "ww_mutex_lock_interruptible", "__ww_mutex_lock",
                           "__mutex_lock", "__mutex_lock_common", "__mutex_lock_killable_slowpath",
                           "__mutex_lock_interruptible_slowpath", "__ww_mutex_lock_slowpath",
                           "__ww_mutex_lock_interruptible_slowpath"}) {
    add(names, name, LockType::mutex, Effect::acquire_if_zero);
  }
  add(names, "ww_mutex_trylock", LockType::mutex, Effect::acquire_if_true);
}

// kernel/locking/rwsem.c, semaphore.c, percpu-rwsem.c
void add_semaphores(Names& names) {
  for (const bool shared : {true, false}) {
    const std::string down = shared ? "down_read" : "down_write";
    const auto type = LockType::rw_semaphore;
    for (const char* suffix : {"", "_nested", "_non_owner"}) {
      add(names, down + suffix, type, Effect::acquire, shared);
    }
    for (const char* suffix : {"_killable", "_killable_nested", "_interruptible"}) {
      add(names, down + suffix, type, Effect::acquire_if_zero, shared);
    }
    add(names, down + "_trylock", type, Effect::acquire_if_true, shared);
    add(names, shared ? "up_read" : "up_write", type, Effect::release, shared);
  }
  add(names, "_down_write_nest_lock", LockType::rw_semaphore, Effect::acquire);
  add(names, "up_read_non_owner", LockType::rw_semaphore, Effect::release, true);
  add(names, "downgrade_write", LockType::rw_semaphore, Effect::downgrade);
  add(names, "down", LockType::semaphore, Effect::acquire);
  for (const char* name : {"down_interruptible", "down_killable", "down_timeout", "down_trylock"}) {
    add(names, name, LockType::semaphore, Effect::acquire_if_zero);
  }
  add(names, "up", LockType::semaphore, Effect::release);
  add(names, "percpu_down_write", LockType::percpu_rwsem, Effect::acquire);
  add(names, "percpu_up_write", LockType::percpu_rwsem, Effect::release);
  // Readers count themselves in line, and come here when there is a writer; until 5.6 they went
  // to the second when they were done, since then they wake the writer themselves.
  add(names, "__percpu_down_read", LockType::percpu_rwsem, Effect::acquire_or_try, true);
  add(names, "__percpu_up_read", LockType::percpu_rwsem, Effect::release, true);
  add(names, "rcuwait_wake_up", LockType::percpu_rwsem, Effect::nothing, true);
}

// kernel/locking/rtmutex_api.c, spinlock_rt.c
void add_rt(Names& names) {
  for (const char* suffix : {"", "_nested", "_nest_lock"}) {
    add(names, std::string("rt_mutex_lock") + suffix, LockType::rt_mutex, Effect::acquire);
    add(names, std::string("rt_spin_lock") + suffix, LockType::rt_spinlock, Effect::acquire);
  }
  add(names, "_rt_mutex_lock_nest_lock", LockType::rt_mutex, Effect::acquire);
  for (const char* name : {"rt_mutex_lock_interruptible", "rt_mutex_lock_killable"}) {
    add(names, name, LockType::rt_mutex, Effect::acquire_if_zero);
  }
  add(names, "rt_mutex_trylock", LockType::rt_mutex, Effect::acquire_if_true);
  add(names, "rt_mutex_unlock", LockType::rt_mutex, Effect::release);
  add(names, "rt_spin_trylock", LockType::rt_spinlock, Effect::acquire_if_true);
  add(names, "rt_spin_trylock_bh", LockType::rt_spinlock, Effect::acquire_if_true);
  add(names, "rt_spin_unlock", LockType::rt_spinlock, Effect::release);
  for (const bool shared : {true, false}) {
    const std::string kind = shared ? "rt_read" : "rt_write";
    add(names, kind + "_lock", LockType::rt_rwlock, Effect::acquire, shared);
    add(names, kind + "_lock_nested", LockType::rt_rwlock, Effect::acquire, shared);
    add(names, kind + "_trylock", LockType::rt_rwlock, Effect::acquire_if_true, shared);
    add(names, kind + "_unlock", LockType::rt_rwlock, Effect::release, shared);
  }
}

// lib/dec_and_lock.c, lib/refcount.c: the lock is the second argument.
void add_counters(Names& names) {
  for (const char* name : {"_atomic_dec_and_lock", "_atomic_dec_and_lock_irqsave",
                           "_atomic_dec_and_raw_lock", "_atomic_dec_and_raw_lock_irqsave",
                           "refcount_dec_and_lock", "refcount_dec_and_lock_irqsave"}) {
    add(names, name, LockType::raw_spinlock, Effect::acquire_if_true, false, false, Register::rsi);
  }
  for (const char* name : {"atomic_dec_and_mutex_lock", "refcount_dec_and_mutex_lock"}) {
    add(names, name, LockType::mutex, Effect::acquire_if_true, false, false, Register::rsi);
  }
}

const Names& table() {
  static const Names kNames = [] {
    Names all;
    add_spinning(all, "spin", LockType::raw_spinlock, false);
    add_spinning(all, "read", LockType::rwlock, true);
    add_spinning(all, "write", LockType::rwlock, false);
    add_slow_paths(all);
    add_mutexes(all);
    add_semaphores(all);
    add_rt(all);
    add_counters(all);
    return all;
  }();
  return kNames;
}

}  // namespace

std::string_view without_suffix(std::string_view name) {
  return name.substr(0, name.find('.'));
}

LockFunctions::LockFunctions(const kernel::Target& target) {
  for (const auto& [name, function] : table()) {
    for (const std::string& variant : {name, name + ".constprop.0", name + ".isra.0"}) {
      if (const auto address = target.symbol(variant)) by_address_.emplace(*address, &function);
    }
  }
}

const LockFunction* LockFunctions::at(uint64_t address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second;
}

const LockFunction* LockFunctions::named(std::string_view name) {
  const auto found = table().find(std::string(without_suffix(name)));
  return found == table().end() ? nullptr : &found->second;
}

bool never_returns(std::string_view name) {
  constexpr std::array<std::string_view, 22> kNames = {"panic",
                                                       "nmi_panic",
                                                       "do_exit",
                                                       "make_task_dead",
                                                       "do_group_exit",
                                                       "kthread_exit",
                                                       "do_task_dead",
                                                       "__stack_chk_fail",
                                                       "fortify_panic",
                                                       "__fortify_panic",
                                                       "usercopy_abort",
                                                       "kthread_complete_and_exit",
                                                       "cpu_startup_entry",
                                                       "stop_this_cpu",
                                                       "rewind_stack_and_make_dead",
                                                       "rewind_stack_do_exit",
                                                       "__module_put_and_kthread_exit",
                                                       "__module_put_and_exit",
                                                       "complete_and_exit",
                                                       "machine_real_restart",
                                                       "start_secondary",
                                                       "lbug_with_loc"};
  return std::ranges::find(kNames, without_suffix(name)) != kNames.end();
}

bool switches_tasks(std::string_view name) {
  // The first since 4.9; before, switch_to() was in line and called the second.
  return name == "__switch_to_asm" || name == "__switch_to" ||
         without_suffix(name) == "context_switch";
}

bool preserves_registers(std::string_view name) {
  if (name.starts_with("__raw_callee_save_")) return true;
  constexpr std::array<std::string_view, 8> kNames = {"__fentry__",
                                                      "mcount",
                                                      "ftrace_caller",
                                                      "ftrace_regs_caller",
                                                      "preempt_schedule_thunk",
                                                      "preempt_schedule_notrace_thunk",
                                                      "___preempt_schedule",
                                                      "___preempt_schedule_notrace"};
  return std::ranges::find(kNames, name) != kNames.end() || name.starts_with("__SCT__preempt");
}

}  // namespace kmortem::locks
