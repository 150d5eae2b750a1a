// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/grade.h"

namespace kmortem::model {

enum class LockType : uint8_t {
  unknown,
  raw_spinlock,  ///< raw_spinlock_t, and spinlock_t where it is one
  rt_spinlock,   ///< spinlock_t of PREEMPT_RT: an rt_mutex that sleeps
  rwlock,        ///< rwlock_t where it spins
  rt_rwlock,     ///< rwlock_t of PREEMPT_RT
  mutex,
  rw_semaphore,
  rt_mutex,
  semaphore,
  completion,
  percpu_rwsem,
  seqlock,
  lockdep_only,  ///< a map without a lock behind it: rcu_read_lock, workqueue and fs annotations

  // Events: no locks, but waited for as locks are. Their owner is who has to act first.
  cpu_call,    ///< a function that another CPU is to run (call_single_data)
  timer,       ///< the end of a timer's function (timer_list)
  hrtimer,     ///< the same of an hrtimer
  work,        ///< the end of a work item (work_struct)
  workqueue,   ///< the end of what a workqueue has begun (flush_workqueue)
  thread_end,  ///< the end of a thread (kthread_stop, vfork)
};

/// Whether it is an event, not a lock.
constexpr bool is_event(LockType type) {
  return type >= LockType::cpu_call;
}

/// What says that a task or CPU holds a lock or waits for it.
enum class LockSource : uint8_t {
  owner_field,   ///< the lock's own owner
  lock_word,     ///< the lock's own value: a writer's byte, a queue's tail
  held_locks,    ///< lockdep's record in the task
  wait_list,     ///< the lock's list or tree of waiters
  blocked_on,    ///< task_struct.blocked_on, pi_blocked_on, blocker
  mcs_queue,     ///< a per-CPU queue node of a qspinlock
  registers,     ///< an argument register of a function on the stack
  instructions,  ///< the code from a function's entry to where it stands
  stack_slot,    ///< a pointer on the stack, confirmed by the lock's list of waiters
  event_data,    ///< an event's own data: the queue of calls, the running timer, the worker
};

/// One holder or waiter of a lock. A spinner in an interrupt is told from the task under it by
/// `frame`: what is held at a frame is held by everything above it on the same stack.
struct LockParty {
  uint64_t task = 0;    ///< task_struct; 0 when only the CPU is known
  int cpu = -1;         ///< where it runs or spins; -1 for a task that does not run
  bool shared = false;  ///< a reader
  LockSource source = LockSource::owner_field;
  Grade grade = Grade::unknown;
  int frame = -1;        ///< of the task's stack (the CPU's, when it runs): who took or waits; -1
  uint64_t code = 0;     ///< the acquiring call or instruction; 0 when not known
  std::string call;      ///< the acquiring function: "_raw_spin_lock_bh"; empty when not known
  std::string evidence;  ///< one line: "raw_spinlock.owner = 0xffff…", "%rdi of … = …"
  /// Not at a time of the dump: lockdep had stopped, or it is the last of several readers.
  bool hint = false;
  /// How long its task has not run, by the scheduler's clock: at least so long it has waited. 0
  /// when not known, and for what runs.
  uint64_t waited_ns = 0;
};

/// A lock that somebody holds or waits for, with everything known of both sides. Built from every
/// source at once; parties that two sources name are one, with the better grade.
struct LockState {
  uint64_t address = 0;  ///< of the lock itself (not of its lockdep_map)
  LockType type = LockType::unknown;
  std::string name;        ///< its class's or map's name, else the symbol's; may be empty
  std::string symbol;      ///< "rtnl_mutex", "gc_lock [lk_rcu]"; may be empty
  std::string slab;        ///< where in which slab object it lies: "kmalloc-64+0x10"; may be empty
  std::string lock_class;  ///< as /proc/lockdep prints it; empty without lockdep
  uint64_t map = 0;        ///< its lockdep_map; 0 when it has none
  std::optional<uint64_t> value;  ///< the lock word: qspinlock val, mutex owner, rwsem count
  std::string value_text;         ///< decoded: "locked, pending, tail CPU 3"
  std::optional<bool> locked;     ///< by its own word; nothing when the word was not readable
  bool no_owner_kept = false;     ///< a type that records none: semaphore, completion, readers
  bool in_freed_memory = false;   ///< see freed_because
  Grade freed_grade = Grade::proven;
  std::string freed_because;  ///< "the slab object at 0xffff… is free", "not mapped: …"
  std::vector<LockParty> owners;
  std::vector<LockParty> waiters;  ///< in the queue's order where it has one
  uint64_t gone_owner = 0;         ///< a task_struct that the owner field names and no list has
  uint64_t unlisted_owner = 0;     ///< the same where the dump lacks tasks: it may be one of them
  std::vector<std::string> undecided;  ///< what could not be told, one line each
};

}  // namespace kmortem::model
