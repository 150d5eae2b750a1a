/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample.h"

enum lock_usage_bit { LOCK_USED_IN_HARDIRQ, LOCK_USED_IN_HARDIRQ_READ, LOCK_USED = 8 };
enum { LOCKF_USED_IN_HARDIRQ = 1 << LOCK_USED_IN_HARDIRQ, LOCKF_OTHER = 1 << 30 };

struct lock_class {
  struct list_node hash_entry;
  const struct lock_trace *usage_traces[10];
  struct bits bits;
  const char *name;
};
struct held_lock;

#define MAX_LOCKDEP_KEYS 8192
extern struct lock_class lock_classes[];
KEEP struct lock_class lock_classes[MAX_LOCKDEP_KEYS];
KEEP static u16 chain_hlocks[320];
KEEP unsigned long lock_classes_in_use[MAX_LOCKDEP_KEYS / 64];
KEEP enum lock_usage_bit usage = LOCK_USED;
KEEP int flags = LOCKF_USED_IN_HARDIRQ;
KEEP struct kinds kinds_object;
KEEP struct arrays arrays_object;
KEEP union overlay overlay_object;
KEEP struct packed_bits packed_object;
KEEP struct empty empty_object;
KEEP nested_t nested_object;
KEEP struct held_lock *held_pointer;

static inline __attribute__((always_inline)) int inner(int value) {
  chain_hlocks[value & 15] += 1; /* line of inner's body */
  return chain_hlocks[0];
}

static inline __attribute__((always_inline)) int middle(int value) {
  return inner(value + 1) + 1;
}

KEEP __attribute__((noinline)) int outer_function(int value) {
  if (value > 3) return middle(value * 3);
  return value;
}

static __attribute__((noinline)) int twin(void) { return flags; }
KEEP int call_twin(void) { return twin() + 1; }
KEEP int aliased_function(void) { return flags + 2; }
extern int __aliased(void) __attribute__((alias("aliased_function")));
extern int a_weak_alias(void) __attribute__((weak, alias("aliased_function")));
