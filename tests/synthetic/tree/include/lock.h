/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spinlock_t and struct mutex with their debug fields. */
#pragma once
#include "lockdep.h"

struct task_struct;
#ifdef TICKET_LOCKS
typedef struct arch_spinlock {
  union {
    u32 head_tail;
    struct __raw_tickets {
      u16 head, tail;
    } tickets;
  };
} arch_spinlock_t;
#define LOCKED_ONCE B(.tickets = B(.head = 7, .tail = 8))
#define FREE_LOCK B(.tickets = B(.head = 5, .tail = 5))
#elif defined(QSPINLOCK_VAL_ONLY)
typedef struct qspinlock {
  atomic_t val;
} arch_spinlock_t;
#define LOCKED_ONCE B(.val = B(1))
#define FREE_LOCK B(.val = B(0))
#else
typedef struct qspinlock {
  union {
    atomic_t val;
    struct {
      u8 locked, pending;
    };
    struct {
      u16 locked_pending, tail;
    };
  };
} arch_spinlock_t;
#define LOCKED_ONCE B(.val = B(1))
#define FREE_LOCK B(.val = B(0))
#endif

typedef struct raw_spinlock {
  arch_spinlock_t raw_lock;
  unsigned int magic, owner_cpu;
  void *owner;
#ifndef NO_LOCKDEP
  struct lockdep_map dep_map;
#endif
} raw_spinlock_t;
typedef struct spinlock {
  union {
    struct raw_spinlock rlock;
  };
} spinlock_t;

struct mutex_waiter {
  struct list_head list;
  struct task_struct *task;
};
struct mutex {
#ifdef MUTEX_COUNT
  atomic_t count;
  spinlock_t wait_lock;
  struct list_head wait_list;
  struct task_struct *owner;
#else
  atomic_long_t owner;
#ifdef FIRST_WAITER
  raw_spinlock_t wait_lock;
  struct mutex_waiter *first_waiter;
#else
  spinlock_t wait_lock;
  struct list_head wait_list;
#endif
#endif
  void *magic;
#ifndef NO_LOCKDEP
  struct lockdep_map dep_map;
#endif
};

#define SPINLOCK_MAGIC 0xdead4ead
#ifdef NO_LOCKDEP
#define MAP(...)
#else
#define MAP(...) .dep_map = {__VA_ARGS__}
#endif
extern struct mutex dev_mutex, dev_child, cache_mutex;
extern spinlock_t stats_lock;
extern struct rwlock table_lock;
struct rwlock {
  arch_spinlock_t raw_lock;
#ifndef NO_LOCKDEP
  struct lockdep_map dep_map;
#endif
};
