// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/wanted.h"

namespace kmortem::debuginfo {

namespace {

using Names = std::string_view[];

// kernel/lockdep.c until 3.12.
constexpr Names kLockdepPaths = {"kernel/locking/lockdep.c", "kernel/lockdep.c"};
constexpr Names kLockdepProbes = {"lock_classes"};
constexpr Names kLockdepTypes = {
    "lock_class",        "lock_class_key",     "lockdep_subclass_key", "lockdep_map",
    "held_lock",         "lock_list",          "lock_chain",           "lock_trace",
    "stack_trace",       "lockdep_stats",      "lock_class_stats",     "lock_time",
    "delayed_free",      "pending_free",       "hlist_head",           "hlist_node",
    "list_head",         "circular_queue",     "lock_usage_bit",       "lockdep_wait_type",
    "lockdep_lock_type", "irqtrace_events",    "pin_cookie",           "arch_spinlock_t",
    "bfs_result",        "context_lock_struct"};
constexpr Names kLockdepVariables = {"lock_classes",
                                     "lock_classes_in_use",
                                     "list_entries",
                                     "list_entries_in_use",
                                     "lock_chains",
                                     "lock_chains_in_use",
                                     "chain_hlocks",
                                     "stack_trace",
                                     "stack_trace_hash",
                                     "classhash_table",
                                     "chainhash_table",
                                     "lock_keys_hash",
                                     "chain_block_buckets",
                                     "cpu_lock_stats",
                                     "lockdep_stats",
                                     "delayed_free",
                                     "all_lock_classes",
                                     "free_lock_classes",
                                     "lockdep_recursion",
                                     "hardirqs_enabled",
                                     "hardirq_context",
                                     "nr_lock_classes",
                                     "max_lock_class_idx",
                                     "nr_list_entries",
                                     "nr_lock_chains",
                                     "nr_chain_hlocks",
                                     "nr_stack_trace_entries",
                                     "nr_dynamic_keys",
                                     "lock_cq",
                                     "__owner",
                                     "max_lockdep_depth",
                                     "prove_locking",
                                     "lock_stat",
                                     "nr_unused_locks",
                                     "debug_locks",
                                     "nr_free_chain_hlocks",
                                     "nr_lost_chain_hlocks",
                                     "nr_large_chain_blocks",
                                     "nr_zapped_classes",
                                     "nr_zapped_lock_chains",
                                     "nr_hardirq_chains",
                                     "nr_softirq_chains",
                                     "nr_process_chains",
                                     "max_bfs_queue_depth",
                                     "lockdep_lock",
                                     "__lock"};
constexpr Names kLockdepEnumerators = {"LOCKF_USED_IN_HARDIRQ", "LOCK_USED_IN_HARDIRQ"};

constexpr Names kSchedPaths = {"kernel/sched/core.c", "kernel/sched.c"};
constexpr Names kSchedProbes = {"schedule"};
constexpr Names kSchedTypes = {
    "rq", "task_struct", "thread_info", "signal_struct", "lockdep_map", "lock_class_key",
    "held_lock", "module", "pcpu_hot", "irq_cpustat_t", "raw_spinlock", "raw_spinlock_t",
    "spinlock", "spinlock_t", "arch_spinlock_t", "list_head", "hlist_head", "hlist_node",
    "uts_namespace", "new_utsname", "irqtrace_events", "hrtimer", "lock_usage_bit",
    "lockdep_wait_type", "lockdep_lock_type",
    // the index of pids
    "pid_namespace", "pid",
    // the locks whose owners and waiters are read
    "mutex", "rw_semaphore", "rt_mutex", "rt_mutex_base", "rwbase_rt", "rwlock_t", "semaphore",
    "completion", "percpu_rw_semaphore", "seqcount", "seqlock_t"};
constexpr Names kSchedVariables = {"runqueues",           "__per_cpu_offset", "pcpu_hot",
                                   "current_task",        "__preempt_count",  "irq_stat",
                                   "init_task",           "idle_threads",     "__cpu_online_mask",
                                   "__cpu_possible_mask", "nr_cpu_ids",       "context_tracking",
                                   "hardirqs_enabled",    "hardirq_context",  "init_uts_ns",
                                   "cpu_number"};
constexpr Names kSchedEnumerators = {"TASK_COMM_LEN", "CONTEXT_KERNEL", "NR_SOFTIRQS"};

// What unwinding stacks takes, beside mod_arch_specific and orc_entry.
constexpr Names kSwitchTypes = {"thread_struct",     "thread_union",      "irq_stack",
                                "irq_stack_union",   "ftrace_ret_stack",  "pt_regs",
                                "fixed_percpu_data", "mod_arch_specific", "orc_entry"};
constexpr Names kSwitchVariables = {"hardirq_stack_ptr", "irq_stack_ptr", "orig_ist"};

// What `show` is asked for most.
constexpr Names kSchedMoreTypes = {"thread_struct",
                                   "mm_struct",
                                   "vm_area_struct",
                                   "pt_regs",
                                   "arch_rwlock_t",
                                   "rwlock_t",
                                   "qspinlock",
                                   "qrwlock",
                                   "mutex",
                                   "ww_mutex",
                                   "rw_semaphore",
                                   "rt_mutex",
                                   "rt_mutex_base",
                                   "rwbase_rt",
                                   "rt_mutex_waiter",
                                   "rt_wake_q_head",
                                   "semaphore",
                                   "completion",
                                   "percpu_rw_semaphore",
                                   "swait_queue_head",
                                   "swait_queue",
                                   "wait_queue_head",
                                   "wait_queue_entry",
                                   "optimistic_spin_queue",
                                   "optimistic_spin_node",
                                   "seqcount_t",
                                   "seqlock_t",
                                   "local_lock_t",
                                   "llist_node",
                                   "rb_root",
                                   "rb_node",
                                   "rb_root_cached",
                                   "plist_head",
                                   "plist_node",
                                   "cpumask",
                                   "page",
                                   "slab",
                                   "folio",
                                   "desc_struct",
                                   "vm_struct",
                                   "inactive_task_frame",
                                   "context_tracking",
                                   "kernel_symbol",
                                   "callback_head",
                                   "work_struct",
                                   "timer_list",
                                   "hrtimer",
                                   "file",
                                   "inode",
                                   "dentry",
                                   "super_block",
                                   "cred",
                                   "nsproxy",
                                   "pid",
                                   "pid_type",
                                   "ctx_state"};

constexpr Names kSoftirqPaths = {"kernel/softirq.c"};
constexpr Names kSoftirqProbes = {"softirq_vec"};
constexpr Names kSoftirqTypes = {"softirq_ctrl", "softirq_action", "tasklet_head", "tasklet_struct",
                                 "irq_cpustat_t"};
constexpr Names kSoftirqVariables = {"softirq_vec",    "softirq_to_name", "softirq_ctrl",
                                     "irq_stat",       "ksoftirqd",       "__softirq_pending",
                                     "tasklet_vec",    "tasklet_hi_vec",  "hardirqs_enabled",
                                     "hardirq_context"};
constexpr Names kSoftirqEnumerators = {"HI_SOFTIRQ"};

// The ring buffer came with 5.10; before, records lay in log_buf. kernel/printk.c until 3.10.
constexpr Names kPrintkPaths = {"kernel/printk/printk.c", "kernel/printk.c"};
constexpr Names kPrintkProbes = {"log_buf_len"};
constexpr Names kPrintkTypes = {"latched_seq",   "printk_ringbuffer",
                                "prb_desc_ring", "prb_desc",
                                "prb_data_ring", "prb_data_blk_lpos",
                                "printk_info",   "dev_printk_info",
                                "printk_log",    "log",
                                "cont",          "desc_state",
                                "log_flags",     "console"};
constexpr Names kPrintkVariables = {
    "prb",       "printk_rb_static", "printk_rb_dynamic", "log_buf",       "log_buf_len",
    "clear_seq", "log_first_idx",    "log_next_idx",      "log_first_seq", "log_next_seq",
    "cont",      "console_sem"};
constexpr Names kRingbufferPaths = {"kernel/printk/printk_ringbuffer.c"};
constexpr Names kRingbufferProbes = {"prb_reserve"};
constexpr Names kRingbufferTypes = {"prb_data_block", "printk_ringbuffer", "desc_state", "prb_desc",
                                    "printk_info"};

// kernel/module.c until 5.18.
constexpr Names kModulePaths = {"kernel/module/main.c", "kernel/module.c"};
constexpr Names kModuleProbes = {"module_mutex"};
constexpr Names kModuleTypes = {"load_info",          "module",
                                "mod_kallsyms",       "module_layout",
                                "module_memory",      "module_state",
                                "mod_mem_type",       "elf64_sym",
                                "module_kobject",     "mod_arch_specific",
                                "module_notes_attrs", "module_sect_attrs",
                                "module_sect_attr",   "bin_attribute",
                                "latch_tree_node",    "mod_tree_root",
                                "orc_entry"};
constexpr Names kModuleVariables = {"modules", "mod_tree", "module_mutex",
                                    "unloaded_tainted_modules"};
constexpr Names kModuleKallsymsPaths = {"kernel/module/kallsyms.c", "kernel/module.c"};
constexpr Names kModuleKallsymsProbes = {"module_kallsyms_lookup_name"};
constexpr Names kModuleKallsymsTypes = {"mod_kallsyms", "elf64_sym"};
constexpr Names kModuleSysfsPaths = {"kernel/module/sysfs.c", "kernel/module.c"};
constexpr Names kModuleSysfsProbes = {"mod_sysfs_setup"};
constexpr Names kModuleSysfsTypes = {"module_notes_attrs", "module_sect_attrs", "module_sect_attr",
                                     "bin_attribute"};

constexpr Names kQspinlockPaths = {"kernel/locking/qspinlock.c"};
constexpr Names kQspinlockProbes = {"queued_spin_lock_slowpath",
                                    "native_queued_spin_lock_slowpath"};
constexpr Names kQspinlockTypes = {"qnode", "mcs_spinlock", "qspinlock", "pv_node", "vcpu_state"};
constexpr Names kQspinlockVariables = {"qnodes", "mcs_nodes"};

// kernel/mutex.c until 3.12.
constexpr Names kMutexPaths = {"kernel/locking/mutex.c", "kernel/mutex.c"};
constexpr Names kMutexProbes = {"mutex_unlock"};
constexpr Names kMutexTypes = {"mutex_waiter", "mutex", "ww_mutex", "ww_acquire_ctx", "ww_class"};

constexpr Names kRwsemPaths = {"kernel/locking/rwsem.c", "kernel/rwsem.c"};
constexpr Names kRwsemProbes = {"up_read"};
constexpr Names kRwsemTypes = {"rwsem_waiter", "rw_semaphore", "rwsem_waiter_type", "rwbase_rt"};

// Until 5.1 the slow paths had a file of their own; lib/rwsem.c until 3.12.
constexpr Names kRwsemXaddPaths = {"kernel/locking/rwsem-xadd.c", "lib/rwsem.c"};
constexpr Names kRwsemXaddProbes = {"rwsem_down_write_failed"};
constexpr Names kRwsemXaddTypes = {"rwsem_waiter", "rw_semaphore", "rwsem_waiter_type"};

constexpr Names kSemaphorePaths = {"kernel/locking/semaphore.c", "kernel/semaphore.c"};
constexpr Names kSemaphoreProbes = {"down_timeout"};
constexpr Names kSemaphoreTypes = {"semaphore_waiter", "semaphore"};

// Before 5.15 rtmutex.c was built by itself, now rtmutex_api.c includes it.
constexpr Names kRtmutexPaths = {"kernel/locking/rtmutex_api.c", "kernel/locking/rtmutex.c",
                                 "kernel/rtmutex.c"};
constexpr Names kRtmutexProbes = {"rt_mutex_lock", "rt_mutex_lock_nested"};
constexpr Names kRtmutexTypes = {"rt_mutex_waiter", "rt_mutex", "rt_mutex_base",
                                 "rtmutex_chainwalk"};

constexpr Names kPercpuRwsemPaths = {"kernel/locking/percpu-rwsem.c", "lib/percpu-rwsem.c"};
constexpr Names kPercpuRwsemProbes = {"percpu_down_write"};
constexpr Names kPercpuRwsemTypes = {"percpu_rw_semaphore", "rcu_sync"};

constexpr Names kOsqPaths = {"kernel/locking/osq_lock.c", "kernel/locking/mcs_spinlock.c"};
constexpr Names kOsqProbes = {"osq_lock"};
constexpr Names kOsqTypes = {"optimistic_spin_node", "optimistic_spin_queue"};
constexpr Names kOsqVariables = {"osq_node"};

constexpr Names kWatchdogPaths = {"kernel/watchdog.c"};
constexpr Names kWatchdogProbes = {"watchdog_thresh"};
constexpr Names kWatchdogVariables = {"watchdog_touch_ts",
                                      "watchdog_report_ts",
                                      "hrtimer_interrupts",
                                      "hrtimer_interrupts_saved",
                                      "watchdog_enabled",
                                      "watchdog_thresh",
                                      "sample_period",
                                      "watchdog_hrtimer",
                                      "soft_watchdog_warn",
                                      "hard_watchdog_warn",
                                      "softlockup_watchdog",
                                      "soft_lockup_hrtimer_cnt",
                                      "softlockup_panic",
                                      "hardlockup_panic",
                                      "watchdog_hardlockup_warned",
                                      "watchdog_hardlockup_touched",
                                      "hrtimer_interrupts_missed",
                                      "watchdog_user_enabled"};

// One flavour in rcu_state since 4.20; kernel/rcutree.c until 3.12.
constexpr Names kRcuPaths = {"kernel/rcu/tree.c", "kernel/rcutree.c"};
constexpr Names kRcuProbes = {"rcu_barrier"};
constexpr Names kRcuTypes = {"rcu_state",    "rcu_data",      "rcu_node",
                             "rcu_dynticks", "rcu_segcblist", "rcu_cblist",
                             "rcu_head",     "callback_head", "context_tracking"};
constexpr Names kRcuVariables = {
    "rcu_state",         "rcu_data",         "rcu_sched_state",      "rcu_sched_data",
    "rcu_preempt_state", "rcu_preempt_data", "rcu_bh_state",         "rcu_bh_data",
    "rcu_dynticks",      "gp_state_names",   "rcu_cpu_stall_timeout"};
constexpr Names kRcuEnumerators = {"RCU_GP_IDLE"};

constexpr Names kHungTaskPaths = {"kernel/hung_task.c"};
constexpr Names kHungTaskProbes = {"sysctl_hung_task_timeout_secs"};
constexpr Names kHungTaskVariables = {"sysctl_hung_task_timeout_secs",
                                      "sysctl_hung_task_check_count", "sysctl_hung_task_warnings",
                                      "sysctl_hung_task_panic"};

constexpr Names kPanicPaths = {"kernel/panic.c"};
constexpr Names kPanicProbes = {"panic_cpu", "panic"};
constexpr Names kPanicTypes = {"taint_flag"};
constexpr Names kPanicVariables = {"panic_cpu", "tainted_mask", "taint_flags", "panic_on_oops"};

constexpr Names kTimekeepingPaths = {"kernel/time/timekeeping.c"};
constexpr Names kTimekeepingProbes = {"do_settimeofday64", "do_settimeofday"};
constexpr Names kTimekeepingTypes = {"timekeeper", "tk_read_base", "tk_data", "timespec64"};
constexpr Names kTimekeepingVariables = {"tk_core", "timekeeper", "timekeeper_data",
                                         "tk_fast_mono"};

// One of three is built (CONFIG_UNWINDER_*, 4.14; CONFIG_FRAME_POINTER from 4.9 on).
constexpr Names kUnwindPaths = {"arch/x86/kernel/unwind_orc.c", "arch/x86/kernel/unwind_frame.c",
                                "arch/x86/kernel/unwind_guess.c"};
constexpr Names kUnwindProbes = {"unwind_next_frame", "__unwind_start"};
constexpr Names kUnwindTypes = {"inactive_task_frame", "unwind_state", "stack_info", "orc_entry"};

constexpr Names kStackPaths = {"arch/x86/kernel/dumpstack_64.c"};
constexpr Names kStackProbes = {"get_stack_info"};
constexpr Names kStackTypes = {
    "cea_exception_stacks", "exception_stacks", "cpu_entry_area", "exception_stack_ordering",
    "estack_pages",         "stack_info",       "stack_type",     "irq_stack",
    "tss_struct",           "pt_regs",          "orc_entry"};
constexpr Names kStackVariables = {"cea_exception_stacks",  "estack_pages",
                                   "hardirq_stack_ptr",     "irq_stack_ptr",
                                   "exception_stack_sizes", "cpu_entry_area"};

constexpr Names kSetupPercpuPaths = {"arch/x86/kernel/setup_percpu.c"};
constexpr Names kSetupPercpuProbes = {"__per_cpu_offset"};
constexpr Names kSetupPercpuVariables = {"__per_cpu_offset", "cpu_number"};

constexpr Names kProcArrayPaths = {"fs/proc/array.c"};
constexpr Names kProcArrayProbes = {"task_state_array"};
constexpr Names kProcArrayVariables = {"task_state_array"};

constexpr Names kVmallocPaths = {"mm/vmalloc.c"};
constexpr Names kVmallocProbes = {"vmap_area_list", "vmalloc", "vmalloc_noprof"};
constexpr Names kVmallocTypes = {"vmap_area", "vm_struct", "vmap_node"};
constexpr Names kVmallocVariables = {"vmap_area_list", "vmap_area_root",   "vmap_nodes",
                                     "nr_vmap_nodes",  "page_offset_base", "vmalloc_base",
                                     "vmemmap_base"};

constexpr Names kSlubPaths = {"mm/slub.c"};
constexpr Names kSlubProbes = {"slub_cpu_dead", "__slab_free"};
constexpr Names kSlubTypes = {"kmem_cache_node", "kmem_cache", "kmem_cache_cpu", "slab", "page",
                              "_slab_flag_bits", "pageflags",  "pagetype"};
constexpr Names kSlubVariables = {"slab_caches", "page_offset_base", "vmemmap_base"};

// Which pages are free.
constexpr Names kPageTypes = {"zone",        "page",      "per_cpu_pages", "per_cpu_pageset",
                              "pglist_data", "pageflags", "pagetype"};
constexpr Names kPageVariables = {"node_data", "contig_page_data"};

// What tasks wait for that is no lock.
constexpr Names kSmpPaths = {"kernel/smp.c"};
constexpr Names kSmpProbes = {"smp_call_function_single"};
constexpr Names kSmpTypes = {"call_function_data", "__call_single_data", "call_single_data"};
constexpr Names kSmpVariables = {"call_single_queue", "cfd_data"};
constexpr Names kTimerPaths = {"kernel/time/timer.c", "kernel/timer.c"};
constexpr Names kTimerProbes = {"timer_delete", "del_timer"};
constexpr Names kTimerTypes = {"timer_base", "tvec_base"};
constexpr Names kTimerVariables = {"timer_bases", "tvec_bases"};
constexpr Names kWorkqueuePaths = {"kernel/workqueue.c"};
constexpr Names kWorkqueueProbes = {"queue_work_on", "workqueue_set_max_active"};
constexpr Names kWorkqueueTypes = {"worker", "wq_barrier", "wq_flusher", "pool_workqueue",
                                   "workqueue_struct"};
constexpr Names kKthreadPaths = {"kernel/kthread.c"};
constexpr Names kKthreadProbes = {"kthread_should_stop"};
constexpr Names kKthreadTypes = {"kthread"};

// Those that an analysis needs, then those that only a profile made by hand holds.
constexpr size_t kNeeded = 19;
constexpr WantedFile kFiles[] = {
    {kLockdepPaths, kLockdepProbes, kLockdepTypes, kLockdepVariables, kLockdepEnumerators},
    {kSchedPaths, kSchedProbes, kSchedTypes, kSchedVariables, kSchedEnumerators},
    {kSoftirqPaths, kSoftirqProbes, kSoftirqTypes, kSoftirqVariables, kSoftirqEnumerators},
    {kPrintkPaths, kPrintkProbes, kPrintkTypes, kPrintkVariables, {}},
    {kModulePaths, kModuleProbes, kModuleTypes, kModuleVariables, {}},
    {kModuleSysfsPaths, kModuleSysfsProbes, kModuleSysfsTypes, {}, {}},
    {kTimekeepingPaths, kTimekeepingProbes, kTimekeepingTypes, kTimekeepingVariables, {}},
    {kSchedPaths, kSchedProbes, kSwitchTypes, kSwitchVariables, {}},
    {kUnwindPaths, kUnwindProbes, kUnwindTypes, {}, {}},
    {kStackPaths, kStackProbes, kStackTypes, kStackVariables, {}},
    {kRcuPaths, kRcuProbes, kRcuTypes, kRcuVariables, kRcuEnumerators},
    {kRtmutexPaths, kRtmutexProbes, kRtmutexTypes, {}, {}},
    {kSchedPaths, kSchedProbes, kPageTypes, kPageVariables, {}},
    {kSlubPaths, kSlubProbes, kSlubTypes, kSlubVariables, {}},
    // The scheduler's unit may only know that there is such a thing as a per_cpu_pages.
    {kSlubPaths, kSlubProbes, kPageTypes, {}, {}},
    {kSmpPaths, kSmpProbes, kSmpTypes, kSmpVariables, {}},
    {kTimerPaths, kTimerProbes, kTimerTypes, kTimerVariables, {}},
    {kWorkqueuePaths, kWorkqueueProbes, kWorkqueueTypes, {}, {}},
    {kKthreadPaths, kKthreadProbes, kKthreadTypes, {}, {}},
    {kSchedPaths, kSchedProbes, kSchedMoreTypes, {}, {}},
    {kRingbufferPaths, kRingbufferProbes, kRingbufferTypes, {}, {}},
    {kModuleKallsymsPaths, kModuleKallsymsProbes, kModuleKallsymsTypes, {}, {}},
    {kQspinlockPaths, kQspinlockProbes, kQspinlockTypes, kQspinlockVariables, {}},
    {kMutexPaths, kMutexProbes, kMutexTypes, {}, {}},
    {kRwsemPaths, kRwsemProbes, kRwsemTypes, {}, {}},
    {kRwsemXaddPaths, kRwsemXaddProbes, kRwsemXaddTypes, {}, {}},
    {kSemaphorePaths, kSemaphoreProbes, kSemaphoreTypes, {}, {}},
    {kPercpuRwsemPaths, kPercpuRwsemProbes, kPercpuRwsemTypes, {}, {}},
    {kOsqPaths, kOsqProbes, kOsqTypes, kOsqVariables, {}},
    {kWatchdogPaths, kWatchdogProbes, {}, kWatchdogVariables, {}},
    {kHungTaskPaths, kHungTaskProbes, {}, kHungTaskVariables, {}},
    {kPanicPaths, kPanicProbes, kPanicTypes, kPanicVariables, {}},
    {kSetupPercpuPaths, kSetupPercpuProbes, {}, kSetupPercpuVariables, {}},
    {kProcArrayPaths, kProcArrayProbes, {}, kProcArrayVariables, {}},
    {kVmallocPaths, kVmallocProbes, kVmallocTypes, kVmallocVariables, {}},
};
static_assert(std::size(kFiles) < 64 && kNeeded < std::size(kFiles));

}  // namespace

std::span<const WantedFile> wanted_files(WantedScope scope) {
  const std::span<const WantedFile> all = kFiles;
  return scope == WantedScope::everything ? all : all.first(kNeeded);
}

uint64_t wanted_fingerprint() {
  uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::span<const std::string_view> names) {
    for (std::string_view name : names) {
      for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
      hash = (hash ^ '\n') * 0x100000001b3;
    }
  };
  for (const WantedFile& file : kFiles) {
    mix(file.paths);
    mix(file.probes);
    mix(file.types);
    mix(file.variables);
    mix(file.enumerators);
  }
  return hash;
}

}  // namespace kmortem::debuginfo
