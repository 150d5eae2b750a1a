/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample.h"

struct held_lock {
  u64 prev_chain_key;
  struct bits bits;
};
struct task_struct {
  volatile long state;
  struct held_lock held_locks[48];
  struct task_struct *parent;
  struct rq *on_rq;
};
struct rq {
  struct task_struct *curr;
};
KEEP struct task_struct init_task;
KEEP struct rq runqueues __attribute__((section(".data..percpu")));
KEEP int this_cpu_int __attribute__((section(".data..percpu"))) = 3;

KEEP void schedule(void) { init_task.state = runqueues.curr != 0; }
