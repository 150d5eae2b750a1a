/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks and run queues: include/linux/sched.h, kernel/sched/sched.h. */
#pragma once
#include "lock.h"

struct task_struct;
struct thread_info {
#ifdef THREAD_INFO_ON_STACK
  struct task_struct *task;
#endif
  ulong flags;
#ifdef THREAD_INFO_ON_STACK
  u32 status, cpu;
#elif !defined(TASK_CPU)
  u32 status, cpu;
#endif
#ifdef PREEMPT_COUNT_ON_STACK
  int preempt_count;
#endif
};
struct signal_struct {
  atomic_t sigcnt, live;
  int nr_threads;
  struct list_head thread_head;
};
struct irqtrace_events {
  unsigned int irq_events;
  ulong hardirq_enable_ip, hardirq_disable_ip;
};
struct task_struct {
#ifndef THREAD_INFO_ON_STACK
  struct thread_info thread_info;
#endif
#ifdef TASK_STATE_LONG
  volatile long state;
#else
  unsigned int __state;
#endif
  void *stack;
  unsigned int flags;
  int on_cpu;
#ifdef TASK_CPU
  unsigned int cpu;
#endif
  struct list_head tasks;
  int exit_state;
  int pid, tgid;
#ifdef HAS_THREAD_GROUP
  struct list_head thread_group;
#endif
  struct list_head thread_node;
  struct signal_struct *signal;
  char comm[16];
#ifndef NO_LOCKDEP
#ifdef IRQ_STATE_PERCPU
  struct irqtrace_events irqtrace;
#else
  unsigned int irq_events;
  int hardirqs_enabled;
  int hardirq_context;
#endif
  int softirqs_enabled;
  int softirq_context;
  u64 curr_chain_key;
  int lockdep_depth;
  unsigned int lockdep_recursion;
  struct held_lock held_locks[48];
#ifdef HAS_RECLAIM_GFP
  unsigned int lockdep_reclaim_gfp;
#endif
#endif
};
struct rq {
  raw_spinlock_t lock;
  unsigned int nr_running;
#ifdef PERCPU_IN_IMAGE
  union {
    struct task_struct *donor, *curr;
  };
#else
  struct task_struct *curr;
#endif
  struct task_struct *idle, *stop;
  int cpu;
};
#ifdef PCPU_HOT
struct pcpu_hot {
  union {
    struct {
      struct task_struct *current_task;
      int preempt_count;
      int cpu_number;
      ulong top_of_stack;
      void *hardirq_stack_ptr;
      u16 softirq_pending;
    };
    u8 pad[64];
  };
};
#endif

#define THREAD_SIZE 16384
extern struct task_struct init_task, idle1, worker, worker_thread, sleeper;
