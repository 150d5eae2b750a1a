/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lockdep's structures: include/linux/lockdep{,_types}.h and kernel/locking/lockdep_internals.h. */
#pragma once
#include "base.h"

enum lock_usage_bit {
#define STATE(name) \
  LOCK_USED_IN_##name, LOCK_USED_IN_##name##_READ, LOCK_ENABLED_##name, LOCK_ENABLED_##name##_READ,
  STATE(HARDIRQ) STATE(SOFTIRQ)
#ifdef HAS_RECLAIM_FS
      STATE(RECLAIM_FS)
#endif
#undef STATE
          LOCK_USED,
#ifdef HAS_DEP
  LOCK_USED_READ,
#endif
  LOCK_USAGE_STATES,
};
#define USED_IN(state) (1UL << LOCK_USED_IN_##state)
#define USED_IN_READ(state) (1UL << LOCK_USED_IN_##state##_READ)
#define ON(state) (1UL << LOCK_ENABLED_##state)
#define ON_READ(state) (1UL << LOCK_ENABLED_##state##_READ)
#define USED (1UL << LOCK_USED)
#ifdef HAS_DEP
#define USED_READ (1UL << LOCK_USED_READ)
#else
#define USED_READ USED
#endif

#ifdef HAS_WAIT_TYPES
enum lockdep_wait_type {
  LD_WAIT_INV = 0,
  LD_WAIT_FREE,
  LD_WAIT_SPIN,
  LD_WAIT_CONFIG = LD_WAIT_SPIN,
  LD_WAIT_SLEEP,
  LD_WAIT_MAX,
};
#endif

struct lockdep_subclass_key {
  char __one_byte;
} __attribute__((__packed__));
struct lock_class_key {
#ifdef HAS_BITMAPS
  union {
    struct hlist_node hash_entry;
    struct lockdep_subclass_key subkeys[8];
  };
#else
  struct lockdep_subclass_key subkeys[8];
#endif
};

#ifdef TRACE_EMBEDDED
struct stack_trace {
  unsigned int nr_entries, max_entries;
  ulong *entries;
  int skip;
};
typedef struct stack_trace trace_t;
#else
struct lock_trace {
  struct hlist_node hash_entry;
  u32 hash;
  u32 nr_entries;
  ulong entries[] __attribute__((aligned(sizeof(ulong))));
};
typedef const struct lock_trace *trace_t;
#endif

struct lockdep_map;
struct lock_class {
#ifdef HASH_OF_LISTS
  struct list_head hash_entry;
#else
  struct hlist_node hash_entry;
#endif
  struct list_head lock_entry;
#ifdef HAS_CLASS_VERSION
  struct lockdep_subclass_key *key;
  unsigned int subclass;
  unsigned int dep_gen_id;
  ulong usage_mask;
  trace_t usage_traces[LOCK_USED + 1];
  struct list_head locks_after, locks_before;
  unsigned int version;
#ifdef HAS_CLASS_OPS
  ulong ops;
#endif
  const char *name;
  int name_version;
#else
  struct list_head locks_after, locks_before;
  const struct lockdep_subclass_key *key;
#ifdef HAS_CMP_FN
  int (*cmp_fn)(const struct lockdep_map *a, const struct lockdep_map *b);
  void (*print_fn)(const struct lockdep_map *map);
#endif
  unsigned int subclass;
  unsigned int dep_gen_id;
  ulong usage_mask;
  trace_t usage_traces[LOCK_USAGE_STATES];
  int name_version;
  const char *name;
#ifdef HAS_WAIT_TYPES
  u8 wait_type_inner, wait_type_outer, lock_type;
#endif
#endif
} __attribute__((aligned(8)));

struct lockdep_map {
  struct lock_class_key *key;
  struct lock_class *class_cache[2];
  const char *name;
#ifdef HAS_WAIT_TYPES
  u8 wait_type_outer, wait_type_inner, lock_type;
#endif
};

struct lock_list {
  struct list_head entry;
  struct lock_class *class;
#ifdef HAS_BITMAPS
  struct lock_class *links_to;
#endif
  trace_t trace;
#ifdef HAS_DEP
  u16 distance;
  u8 dep, only_xr;
#else
  int distance;
#endif
  struct lock_list *parent;
};

struct lock_chain {
#ifdef CHAIN_BASE_U16
  u8 irq_context, depth;
  u16 base;
  struct list_head entry;
#else
  unsigned int irq_context : 2, depth : 6, base : 24;
  struct hlist_node entry;
#endif
  u64 chain_key;
};

struct held_lock {
  u64 prev_chain_key;
  ulong acquire_ip;
  struct lockdep_map *instance;
  struct lockdep_map *nest_lock;
  unsigned int class_idx : 13;
  unsigned int irq_context : 2;
  unsigned int trylock : 1;
  unsigned int read : 2;
  unsigned int check : CHECK_BITS;
  unsigned int hardirqs_off : 1;
#ifdef HAS_SYNC
  unsigned int sync : 1;
#endif
  unsigned int references : REFERENCE_BITS;
#ifdef HAS_PIN_COUNT
  unsigned int pin_count;
#endif
};

extern struct lock_class lock_classes[];
extern struct lock_class_key stats_key, table_key, dev_key;
