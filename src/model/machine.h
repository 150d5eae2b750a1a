// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/frame.h"
#include "model/stack_state.h"

namespace kmortem::model {

struct KernelInfo {
  std::string release;  ///< "6.1.192"
  std::string version;  ///< "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-01-01)"
  std::string banner;   ///< linux_banner, one line
  std::string node_name;
  std::string machine;  ///< "x86_64"
  std::string command_line;
  uint64_t uptime_ns = 0;     ///< 0 when unknown
  int64_t crash_time = 0;     ///< seconds since the epoch; 0 when unknown
  uint64_t tainted = 0;       ///< tainted_mask
  std::string taint_flags;    ///< "G O", letters only: "OE"; empty when not tainted
  std::string panic_message;  ///< empty when the machine had not panicked
  int panic_cpu = -1;         ///< panic_cpu; -1 when none
  uint64_t possible_cpus = 0;
};

struct Cpu {
  int number = 0;
  bool online = true;
  uint64_t percpu_base = 0;   ///< __per_cpu_offset[number]
  uint64_t current_task = 0;  ///< task_struct; 0 when unknown
  uint64_t idle_task = 0;     ///< runqueues.idle
  uint32_t softirq_pending = 0;
  bool softirq_pending_known = false;
  std::optional<uint32_t> preempt_count;
  std::optional<bool> hardirqs_enabled;  ///< lockdep's view (CONFIG_TRACE_IRQFLAGS)
  std::optional<uint32_t> hardirq_context;
  Stack stack;
  StackState stack_state;
};

/// A lock as held_locks[] has it. `class_index` is into Lockdep::classes by LockClass::index.
struct HeldLock {
  uint64_t address = 0;  ///< of the lockdep_map (held_lock.instance)
  int class_index = -1;  ///< -1: the recorded index is not a class
  uint64_t acquire_ip = 0;
  uint64_t prev_chain_key = 0;
  uint64_t nest_lock = 0;
  unsigned irq_context = 0;  ///< bit 0 softirq, bit 1 hardirq
  unsigned read = 0;         ///< 0 write, 1 read, 2 recursive read
  bool trylock = false;
  bool check = true;
  bool hardirqs_off = false;
  bool sync = false;
  unsigned references = 0;
  unsigned pin_count = 0;
  uint64_t stamp = 0;  ///< holdtime_stamp: local_clock() when it was entered (CONFIG_LOCK_STAT)
  Frame acquired_at;   ///< acquire_ip, symbolised
};

struct Task {
  uint64_t address = 0;
  int pid = 0;
  int tgid = 0;
  std::string comm;
  int cpu = -1;
  uint64_t state_bits = 0;  ///< task_struct.__state (or .state)
  char state = '?';         ///< R S D T t X Z P I, as ps prints it
  bool on_cpu = false;      ///< the CPU's current task at the time of the dump
  bool idle = false;        ///< a CPU's idle task (pid 0)
  bool kernel_thread = false;
  bool exiting = false;      ///< PF_EXITING: it is past the start of do_exit()
  uint64_t last_ran_ns = 0;  ///< sched_clock() when it last was on a CPU; 0 when unknown
  uint64_t switches = 0;     ///< nvcsw + nivcsw
  std::optional<uint64_t> switches_seen;  ///< what khungtaskd last found there
  uint64_t stack_base = 0;                ///< task_struct.stack
  bool lockdep_known = false;             ///< the kernel has held_locks and they were read
  uint64_t lockdep_recursion = 0;
  uint64_t curr_chain_key = 0;
  std::vector<HeldLock> held_locks;  ///< as recorded: includes a lock being waited for
  std::optional<HeldLock>
      one_past_top;  ///< the slot after the last: a refused acquisition, or left over
  Stack stack;
  StackState stack_state;
};

struct Module {
  std::string name;
  uint64_t address = 0;       ///< struct module
  uint64_t base = 0;          ///< text (core_layout.base or mem[MOD_TEXT].base)
  uint64_t size = 0;          ///< bytes of all its core memory, as /proc/modules prints
  std::string taints;         ///< "OE"; empty when none
  std::string state;          ///< "Live", "Loading", "Unloading"
  std::string build_id;       ///< lower-case hex; empty when unknown
  bool symbols_read = false;  ///< its kallsyms table was in the dump
};

struct LogRecord {
  uint64_t sequence = 0;
  uint64_t time_ns = 0;
  unsigned level = 0;
  unsigned facility = 0;
  std::string caller;  ///< "T123" or "C1" with CONFIG_PRINTK_CALLER; else empty
  std::string text;    ///< may hold newlines
};

struct Softirq {
  unsigned vector = 0;
  std::string name;             ///< softirq_to_name: "TIMER"
  uint64_t action = 0;          ///< 0 when nothing was registered
  std::string action_symbol;    ///< "run_timer_softirq"; empty when no symbol covers it
  bool action_in_text = false;  ///< inside the kernel's or a live module's text
};

}  // namespace kmortem::model
