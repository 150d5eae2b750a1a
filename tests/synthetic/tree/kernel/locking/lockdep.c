/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this kernel's lockdep had recorded when it died. synthetic_test.py knows it by heart. */
#include "sched.h"

#ifdef INCONSISTENT
#define STATS_USAGE (ON(HARDIRQ) | USED_IN(SOFTIRQ) | ON(SOFTIRQ) | USED)
KEEP int debug_locks = 0;
#else
#define STATS_USAGE (ON(HARDIRQ) | USED_IN(SOFTIRQ) | USED)
KEEP int debug_locks = 1;
#endif
KEEP int debug_locks_silent = 0;
KEEP int prove_locking = 1;
KEEP unsigned int max_lockdep_depth = 11;

/* ---- stack traces ---- */
extern void stats_update(void), stats_softirq(void), run_stats_timer(void), sys_stats(void);
#define NR_TRACES 3
#define WORDS_IN_TRACE 5
#define CODE(function) ((ulong)(function) + 1)
#define IN_SOFTIRQ CODE(stats_softirq), CODE(run_stats_timer)
#define IN_PROCESS CODE(stats_update), CODE(sys_stats)
KEEP ulong stack_trace[4096] = {
#ifdef TRACE_EMBEDDED
    IN_SOFTIRQ, IN_PROCESS, CODE(sys_stats),
#else
#define RECORD(next, pprev, hash, n, ...) (ulong)(next), (ulong)(pprev), (hash) | (n##UL << 32), __VA_ARGS__
    RECORD(0, 0, 0x11, 2, IN_SOFTIRQ),
    RECORD(0, 0, 0x22, 2, IN_PROCESS),
    RECORD(0, 0, 0x33, 1, CODE(sys_stats)),
#endif
};
#ifdef TRACE_EMBEDDED
KEEP ulong nr_stack_trace_entries = 5;
#define TRACE_SOFTIRQ B(2, 2, &stack_trace[0], 3)
#define TRACE_PROCESS B(2, 2, &stack_trace[2], 3)
#define TRACE_FIRST B(1, 1, &stack_trace[4], 3)
#else
KEEP ulong nr_stack_trace_entries = 14;
#define TRACE_SOFTIRQ (trace_t)&stack_trace[0]
#define TRACE_PROCESS (trace_t)&stack_trace[5]
#define TRACE_FIRST (trace_t)&stack_trace[10]
KEEP struct hlist_head stack_trace_hash[16] = {
    [1] = {(void*)&stack_trace[0]}, [2] = {(void*)&stack_trace[5]}, [3] = {(void*)&stack_trace[10]}};
#endif

/* ---- lock classes ---- */
KEEP struct lock_class_key rq_key, dev_key, stats_key, table_key, orphan_key;
extern struct lock_class_key synthetic_module_key;

extern struct list_head all_lock_classes;
extern struct lock_list list_entries[];
#define IN_LIST(i) (&lock_classes[i].lock_entry)
#define EDGE(i) (&list_entries[i].entry)
#define NONE(i, list) B((struct list_head*)&lock_classes[i].list, (struct list_head*)&lock_classes[i].list)
#ifdef HASH_OF_LISTS
KEEP struct list_head classhash_table[4096];
#define HASHED(i) .hash_entry = {&classhash_table[i], &classhash_table[i]}
#define BUCKET(i) [i] = {(void*)&lock_classes[i], (void*)&lock_classes[i]}
#else
KEEP struct hlist_head classhash_table[4096];
#define HASHED(i) .hash_entry = {0, (void*)&classhash_table[i]}
#define BUCKET(i) [i] = {(void*)&lock_classes[i]}
#endif
#ifdef HAS_WAIT_TYPES
#define SPINS .wait_type_inner = LD_WAIT_CONFIG
#define SLEEPS .wait_type_inner = LD_WAIT_SLEEP
#else
#define SPINS .dep_gen_id = 9
#define SLEEPS .dep_gen_id = 9
#endif
#ifdef HAS_CLASS_OPS
#define OPS(n) .ops = n,
#else
#define OPS(n)
#endif
#define SUBKEY(k, sub) .key = &(k).subkeys[sub], .subclass = sub

/* Slot 2 was freed again. Where slots are reused, class 3 was registered after class 4. */
#ifdef HAS_BITMAPS
#define ORDER_1 0, 4
#define ORDER_3 4, 5
#define ORDER_4 1, 3
#define ORDER_5 3, 6
KEEP struct list_head free_lock_classes = {IN_LIST(2), IN_LIST(2)};
#define FREED .lock_entry = {&free_lock_classes, &free_lock_classes}
KEEP ulong lock_classes_in_use[(MAX_LOCKDEP_KEYS + 63) / 64] = {0xfb};
KEEP ulong nr_lock_classes = 7;
KEEP ulong nr_zapped_classes = 1;
#else
#define ORDER_1 0, 3
#define ORDER_3 1, 4
#define ORDER_4 3, 5
#define ORDER_5 4, 6
#define FREED .version = 0
KEEP ulong nr_lock_classes = 8;
#endif
#define BETWEEN_(a, b) .lock_entry = {IN_LIST(b), IN_LIST(a)}
#define BETWEEN(ab) BETWEEN_(ab)
#ifdef HAS_MAX_CLASS_INDEX
KEEP ulong max_lock_class_idx = 7;
#endif
#ifdef HAS_DYNAMIC_KEYS
KEEP ulong nr_dynamic_keys = 2;
#endif

KEEP struct lock_class lock_classes[MAX_LOCKDEP_KEYS] = {
    [0] = {HASHED(0), .lock_entry = {IN_LIST(1), &all_lock_classes}, SUBKEY(rq_key, 0),
           .usage_mask = USED_IN(HARDIRQ) | USED_IN(SOFTIRQ) | USED, .name = "&rq->lock", OPS(100)
           .locks_after = NONE(0, locks_after), .locks_before = NONE(0, locks_before), SPINS,
           .name_version = 1, .usage_traces = {[LOCK_USED] = TRACE_FIRST}},
    [1] = {HASHED(1), BETWEEN(ORDER_1), SUBKEY(dev_key, 0), OPS(23)
#ifdef HAS_RECLAIM_FS
           .usage_mask = ON(HARDIRQ) | ON(SOFTIRQ) | ON(RECLAIM_FS) | USED,
#else
           .usage_mask = ON(HARDIRQ) | ON(SOFTIRQ) | USED,
#endif
           .name = "dev_mutex", .name_version = 1, SLEEPS, .locks_after = {EDGE(0), EDGE(2)},
           .locks_before = NONE(1, locks_before), .usage_traces = {[LOCK_USED] = TRACE_FIRST}},
    [2] = {FREED},
    [3] = {HASHED(3), BETWEEN(ORDER_3), SUBKEY(stats_key, 0), .usage_mask = STATS_USAGE, OPS(7)
           .name = "&stats->lock", .name_version = 1, SPINS, .locks_after = {EDGE(6), EDGE(6)},
           .locks_before = {EDGE(1), EDGE(1)},
           .usage_traces = {[LOCK_USED] = TRACE_FIRST, [LOCK_USED_IN_SOFTIRQ] = TRACE_SOFTIRQ,
                            [LOCK_ENABLED_SOFTIRQ] = TRACE_PROCESS,
                            [LOCK_ENABLED_HARDIRQ] = TRACE_PROCESS}},
    [4] = {HASHED(4), BETWEEN(ORDER_4), SUBKEY(table_key, 0), OPS(5)
           .usage_mask = USED_IN_READ(SOFTIRQ) | USED_READ, .name = "table_lock",
           .name_version = 1, SPINS, .locks_after = NONE(4, locks_after),
           .locks_before = {EDGE(7), EDGE(3)},
           .usage_traces = {[LOCK_USED] = TRACE_FIRST}},
    [5] = {HASHED(5), BETWEEN(ORDER_5), SUBKEY(dev_key, 1), OPS(3)
           .usage_mask = ON(HARDIRQ) | ON(SOFTIRQ) | USED, .name = "dev_mutex", .name_version = 1,
           SLEEPS, .locks_after = NONE(5, locks_after), .locks_before = NONE(5, locks_before)},
    [6] = {HASHED(6), .lock_entry = {IN_LIST(7), IN_LIST(5)}, SUBKEY(synthetic_module_key, 0),
           .usage_mask = USED, .name = "cache_mutex", .name_version = 2, SLEEPS, OPS(2)
           .locks_after = NONE(6, locks_after), .locks_before = {EDGE(5), EDGE(5)}},
    [7] = {HASHED(7), .lock_entry = {&all_lock_classes, IN_LIST(6)}, SUBKEY(orphan_key, 0),
           .usage_mask = ON_READ(HARDIRQ) | ON_READ(SOFTIRQ) | USED_READ, .name = 0,
           .name_version = 1, SLEEPS, .locks_after = NONE(7, locks_after), OPS(1)
           .locks_before = NONE(7, locks_before)},
};
KEEP struct list_head all_lock_classes = {IN_LIST(0), IN_LIST(7)};
#ifdef HASH_OF_LISTS
/* An empty bucket points at itself. */
#define EMPTY(i) [i] = {&classhash_table[i], &classhash_table[i]}
KEEP struct list_head classhash_table[4096] = {BUCKET(0), BUCKET(1), EMPTY(2), BUCKET(3), BUCKET(4),
                                               BUCKET(5), BUCKET(6), BUCKET(7)};
#else
KEEP struct hlist_head classhash_table[4096] = {BUCKET(0), BUCKET(1), BUCKET(3), BUCKET(4),
                                                BUCKET(5), BUCKET(6), BUCKET(7)};
#endif

/* ---- dependencies: dev_mutex -> &stats->lock -> table_lock, dev_mutex -> cache_mutex#2 ---- */
#define HEAD(i, list) ((struct list_head*)&lock_classes[i].list)
#ifdef HAS_BITMAPS
#define OF(i) .links_to = &lock_classes[i],
#else
#define OF(i)
#endif
#ifdef HAS_DEP
#define DEP(n) .dep = n
#else
#define DEP(n) .parent = 0
#endif
#define LINK(n, p, to, of, d, bits) \
  {.entry = {n, p}, .class = &lock_classes[to], OF(of).distance = d, .trace = TRACE_PROCESS, DEP(bits)}
KEEP struct lock_list list_entries[512] = {
    [0] = LINK(EDGE(4), HEAD(1, locks_after), 3, 1, 1, 8),
    [1] = LINK(HEAD(3, locks_before), HEAD(3, locks_before), 1, 3, 1, 8),
    [2] = LINK(HEAD(1, locks_after), EDGE(4), 4, 1, 2, 8),
    [3] = LINK(HEAD(4, locks_before), EDGE(7), 1, 4, 2, 8),
    /* cache_mutex#2 as a recursive reader: -(ER)-> in one list is -(SN)-> in the other. */
    [4] = LINK(EDGE(2), EDGE(0), 6, 1, 1, 2),
    [5] = LINK(HEAD(6, locks_before), HEAD(6, locks_before), 1, 6, 1, 4),
    [6] = LINK(HEAD(3, locks_after), HEAD(3, locks_after), 4, 3, 1, 8),
    [7] = LINK(EDGE(3), HEAD(4, locks_before), 3, 4, 1, 8),
};
KEEP ulong nr_list_entries = 8;
#ifdef HAS_BITMAPS
KEEP ulong list_entries_in_use[512 / 64] = {0xff};
#endif

/* ---- chains ---- */
#ifdef HAS_DEP
#define READ(class) ((class) | 1 << 13)
#else
#define READ(class) (class)
#endif
#ifdef CHAIN_BASE_U16
/* 1400 chains of 48 locks first: where the next begins does not fit into 16 bits. */
#define FILLERS 1400
#define FILLED (FILLERS * 48)
#define F1(i) [i] = {.depth = 48, .base = (u16)((i) * 48), .chain_key = 0x1000 + (i)},
#define F10(i) F1(i) F1(i + 1) F1(i + 2) F1(i + 3) F1(i + 4) F1(i + 5) F1(i + 6) F1(i + 7) F1(i + 8) F1(i + 9)
#define F100(i) F10(i) F10(i + 10) F10(i + 20) F10(i + 30) F10(i + 40) F10(i + 50) F10(i + 60) F10(i + 70) F10(i + 80) F10(i + 90)
#define ALL_FILLERS F100(0) F100(100) F100(200) F100(300) F100(400) F100(500) F100(600) \
  F100(700) F100(800) F100(900) F100(1000) F100(1100) F100(1200) F100(1300)
KEEP u16 chain_hlocks[163840] = {[0 ... FILLED - 1] = 0, [FILLED] = 1, 3, 4, 0, 3};
KEEP struct lock_chain lock_chains[32768] = {ALL_FILLERS
#else
#define FILLERS 0
#define FILLED 0
KEEP u16 chain_hlocks[5 * 1024] = {1, 3, READ(4), 0, 3};
KEEP struct lock_chain lock_chains[1024] = {
#endif
    [FILLERS] = {.irq_context = 0, .depth = 3, .base = (u16)FILLED, .chain_key = 0xaaa1},
    [FILLERS + 1] = {.irq_context = 2, .depth = 1, .base = (u16)(FILLED + 3), .chain_key = 0xaaa2},
    [FILLERS + 2] = {.irq_context = 1, .depth = 1, .base = (u16)(FILLED + 4), .chain_key = 0xaaa3},
};
#ifdef HAS_BITMAPS
KEEP ulong lock_chains_in_use[1024 / 64] = {7};
#else
KEEP ulong nr_lock_chains = FILLERS + 3;
#endif
KEEP int nr_process_chains = FILLERS + 1;
KEEP int nr_softirq_chains = 1, nr_hardirq_chains = 1;
#ifdef HAS_BLOCK_ALLOCATOR
KEEP int chain_block_buckets[16] = {5, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
KEEP unsigned int nr_free_chain_hlocks = 5 * 1024 - 5, nr_lost_chain_hlocks, nr_large_chain_blocks = 1;
KEEP ulong nr_zapped_lock_chains = 0;
#else
KEEP int nr_chain_hlocks = FILLED + 5;
#endif

/* ---- statistics ---- */
struct lockdep_stats {
#ifdef HAS_BITMAPS
  ulong chain_lookup_hits;
#else
  int chain_lookup_hits;
#endif
  unsigned int chain_lookup_misses;
#ifdef HAS_STATS_OPS
  ulong lock_class_ops[MAX_LOCKDEP_KEYS];
#endif
};
#ifdef HAS_STATS_OPS
#define COUNTED(hits, ...) B(.chain_lookup_hits = hits, .lock_class_ops = B(__VA_ARGS__))
#else
#define COUNTED(hits, ...) B(.chain_lookup_hits = hits)
#endif
PERCPU(struct lockdep_stats, lockdep_stats, COUNTED(40, 60, 20, 9, 7, 0, 3, 2, 1),
       COUNTED(2, 40, 3, 9, 0, 5));
#ifdef IRQ_STATE_PERCPU
PERCPU(int, hardirqs_enabled, 0, 1);
PERCPU(int, hardirq_context, 0, 0);
#endif
#ifdef HAS_PTR_KEY
typedef struct {
  u64 key[2];
} siphash_key_t;
KEEP siphash_key_t ptr_key = {{0x1111, 0x2222}};
KEEP u8 filled_random_ptr_key = 1;
KEEP u8 no_hash_pointers = 1;
#endif
#ifdef HAS_PTR_KEY_STATIC_KEY
KEEP u64 ptr_key[2];
KEEP struct {
  atomic_t enabled;
} not_filled_random_ptr_key = {{1}};
#endif

TEXT int mark_lock(struct task_struct* curr, struct held_lock* held, enum lock_usage_bit bit) {
#ifdef HAS_WAIT_TYPES
  volatile enum lockdep_wait_type type = LD_WAIT_MAX;
  return curr->lockdep_depth + held->read + (int)bit + (int)type;
#else
  return curr->lockdep_depth + held->read + (int)bit;
#endif
}
