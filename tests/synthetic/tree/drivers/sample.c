/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The locks, and the code that takes them. */
#include "sched.h"

#define CODE(name) TEXT void name(void) { __asm__ volatile("nop; nop; nop; nop"); }
CODE(stats_update) CODE(stats_softirq) CODE(run_stats_timer) CODE(sys_stats) CODE(worker_step)
CODE(table_lookup)

extern struct lock_class_key synthetic_module_key;
#ifdef HAS_WAIT_TYPES
#define WAITS(n) , .wait_type_inner = n
#else
#define WAITS(n)
#endif
#ifdef MUTEX_COUNT
#define OWNED(task) .count = B(0), .owner = &task
#else
#define OWNED(task) .owner = B((long)&task)
#endif
#ifdef FIRST_WAITER
#define NO_WAITERS(m) .first_waiter = 0
#else
#define NO_WAITERS(m) .wait_list = {&(m).wait_list, &(m).wait_list}
#endif
#define MUTEX(m, task, k, first, second, n)                                                 \
  {OWNED(task), NO_WAITERS(m), .magic = &m,                                                 \
   MAP(.key = &k, .class_cache = B(first, second), .name = n WAITS(3))}

#ifdef NO_LOCKDEP
#define lock_classes ((char*)0)
#endif
KEEP struct mutex dev_mutex = MUTEX(dev_mutex, worker, dev_key, &lock_classes[1], &lock_classes[5], "dev_mutex");
HEAP struct mutex dev_child = MUTEX(dev_child, worker_thread, dev_key, &lock_classes[1], &lock_classes[5], "dev_mutex");
HEAP struct mutex cache_mutex =
    MUTEX(cache_mutex, worker_thread, synthetic_module_key, &lock_classes[6], 0, "cache_mutex");
HEAP spinlock_t stats_lock = {
    .rlock = {.raw_lock = LOCKED_ONCE, .magic = SPINLOCK_MAGIC, .owner_cpu = 0, .owner = &worker,
              MAP(.key = &stats_key, .class_cache = B(&lock_classes[3]), .name = "&stats->lock" WAITS(2))}};
KEEP struct rwlock table_lock = {
    .raw_lock = FREE_LOCK,
    MAP(.key = &table_key, .class_cache = B(&lock_classes[4]), .name = "table_lock" WAITS(2))};
