/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks, and what each CPU ran. */
#include "sched.h"

TEXT void schedule(void) { __asm__ volatile("nop"); }
extern void worker_step(void), sys_stats(void), table_lookup(void);
extern char synthetic_module_text[];
#define AT(function) ((ulong)(function) + 1)

KEEP static struct signal_struct synthetic_init_signal;
#ifdef THREAD_INFO_ON_STACK
union thread_union {
  struct thread_info thread_info;
  ulong stack[THREAD_SIZE / 8];
};
#ifdef PREEMPT_COUNT_ON_STACK
#define ON_STACK(owner, number, preempt) B(.thread_info = B(.task = &owner, .cpu = number, .preempt_count = preempt))
#else
#define ON_STACK(owner, number, preempt) B(.thread_info = B(.task = &owner, .cpu = number))
#endif
#define STACK HEAP __attribute__((aligned(THREAD_SIZE)))
#else
union thread_union {
  ulong stack[THREAD_SIZE / 8];
};
#define ON_STACK(owner, number, preempt) B(0)
#define STACK VMALLOC __attribute__((aligned(THREAD_SIZE)))
#endif
STACK union thread_union init_thread_union = ON_STACK(init_task, 0, 0x10000);
STACK union thread_union synthetic_idle1_stack = ON_STACK(idle1, 1, 1);
STACK union thread_union synthetic_worker_stack = ON_STACK(worker, 0, 3);
STACK union thread_union synthetic_thread_stack = ON_STACK(worker_thread, 1, 0);
STACK union thread_union synthetic_sleeper_stack = ON_STACK(sleeper, 1, 0);

HEAP struct signal_struct synthetic_idle_signal, synthetic_worker_signal, synthetic_sleeper_signal;

#ifdef TASK_STATE_LONG
#define STATE(n) .state = n
#else
#define STATE(n) .__state = n
#endif
#if defined(TASK_CPU)
#define ON_CPU(n) .cpu = n
#elif defined(THREAD_INFO_ON_STACK)
#define ON_CPU(n) .on_cpu = 0
#else
#define ON_CPU(n) .thread_info = B(.cpu = n)
#endif
#ifdef HAS_THREAD_GROUP
#define GROUP(next, prev) .thread_group = B(&(next).thread_group, &(prev).thread_group),
#else
#define GROUP(next, prev)
#endif
#define ALONE(task, sig)                                                         \
  GROUP(task, task).thread_node = {&sig.thread_head, &sig.thread_head}, .signal = &sig
#define IN_RING(next, prev) .tasks = {&(next).tasks, &(prev).tasks}

#ifdef ONE_BASED
#define CLASS(i) ((i) + 1)
#define CHAIN_START 0
#else
#define CLASS(i) (i)
#define CHAIN_START 0xffffffffffffffffULL
#endif
#ifdef HAS_PIN_COUNT
#define PINNED(n) .pin_count = n,
#else
#define PINNED(n)
#endif
#define FULLY_CHECKED (CHECK_BITS == 2 ? 2 : 1)
#define HELD(class, lock, ip, ...) \
  {.class_idx = CLASS(class), .instance = (struct lockdep_map*)&(lock), .acquire_ip = ip, __VA_ARGS__}
#define DEV_MAP dev_mutex.dep_map
#define STATS_MAP stats_lock.rlock.dep_map

#ifndef NO_LOCKDEP
#if !defined(IRQ_STATE_PERCPU)
#define IRQS(on) .hardirqs_enabled = on, .hardirq_context = 0,
#else
#define IRQS(on)
#endif
#define WORKER_HOLDS                                                                         \
  IRQS(0).lockdep_depth = 3, .curr_chain_key = 0xaaa1,                                       \
         .held_locks = {                                                                     \
             HELD(1, DEV_MAP, AT(worker_step), .prev_chain_key = CHAIN_START,                \
                  .check = FULLY_CHECKED, .references = 5),                                  \
             HELD(3, STATS_MAP, AT(sys_stats), .prev_chain_key = 0xbbb1,                     \
                  .check = FULLY_CHECKED, .hardirqs_off = 1, PINNED(77)),                    \
             HELD(4, table_lock.dep_map, AT(table_lookup), .prev_chain_key = 0xbbb2,         \
                  .check = CHECK_BITS - 1, .read = 1, .irq_context = 0, .hardirqs_off = 1)}
#define THREAD_HOLDS                                                                           \
  IRQS(1).lockdep_depth = 2,                                                                   \
         .held_locks = {                                                                       \
             HELD(5, dev_child.dep_map, AT(worker_step), .prev_chain_key = CHAIN_START,        \
                  .trylock = 1, .check = FULLY_CHECKED),                                       \
             HELD(6, cache_mutex.dep_map, (ulong)synthetic_module_text + 0x21,                 \
                  .nest_lock = &DEV_MAP, .check = FULLY_CHECKED)}
#define HOLDS_NONE IRQS(1).lockdep_depth = 0, .curr_chain_key = CHAIN_START
#else
#define WORKER_HOLDS .exit_state = 0
#define THREAD_HOLDS .exit_state = 0
#define HOLDS_NONE .exit_state = 0
#endif

#define PF_KTHREAD 0x200000
KEEP struct task_struct init_task = {
    STATE(0), ON_CPU(0), IN_RING(worker, sleeper), ALONE(init_task, synthetic_init_signal),
    .stack = &init_thread_union, .comm = "swapper/0", .flags = PF_KTHREAD, HOLDS_NONE};
static struct signal_struct synthetic_init_signal = {
    .nr_threads = 1, .thread_head = {&init_task.thread_node, &init_task.thread_node}};
HEAP struct task_struct idle1 = {
    STATE(0), ON_CPU(1), IN_RING(idle1, idle1), ALONE(idle1, synthetic_idle_signal),
    .stack = &synthetic_idle1_stack, .comm = "swapper/1", .flags = PF_KTHREAD, HOLDS_NONE};
struct signal_struct synthetic_idle_signal = {
    .nr_threads = 1, .thread_head = {&idle1.thread_node, &idle1.thread_node}};
HEAP __attribute__((aligned(4096))) struct task_struct worker = {
    STATE(0), ON_CPU(0), IN_RING(sleeper, init_task), GROUP(worker_thread, worker_thread)
    .thread_node = {&worker_thread.thread_node, &synthetic_worker_signal.thread_head},
    .signal = &synthetic_worker_signal, .stack = &synthetic_worker_stack,
    .pid = 42, .tgid = 42, .comm = "worker", .on_cpu = 1, WORKER_HOLDS};
HEAP __attribute__((aligned(4096))) struct task_struct worker_thread = {
    STATE(1), ON_CPU(1), IN_RING(worker_thread, worker_thread), GROUP(worker, worker)
    .thread_node = {&synthetic_worker_signal.thread_head, &worker.thread_node},
    .signal = &synthetic_worker_signal, .stack = &synthetic_thread_stack,
    .pid = 43, .tgid = 42, .comm = "worker_thread", THREAD_HOLDS};
struct signal_struct synthetic_worker_signal = {
    .nr_threads = 2, .thread_head = {&worker.thread_node, &worker_thread.thread_node}};
HEAP __attribute__((aligned(4096))) struct task_struct sleeper = {
    STATE(2), ON_CPU(1), IN_RING(init_task, worker), ALONE(sleeper, synthetic_sleeper_signal),
    .stack = &synthetic_sleeper_stack, .pid = 7, .tgid = 7, .comm = "sleeper",
    .flags = PF_KTHREAD, HOLDS_NONE};
struct signal_struct synthetic_sleeper_signal = {
    .nr_threads = 1, .thread_head = {&sleeper.thread_node, &sleeper.thread_node}};
/* What lies behind the last task: the page after it belongs to somebody else. */
HEAP __attribute__((aligned(4096))) char synthetic_heap_end[4096] = {1};

PERCPU(struct rq, runqueues,
       B(.curr = &worker, .idle = &init_task, .cpu = 0,
         .lock = B(.raw_lock = FREE_LOCK, .magic = SPINLOCK_MAGIC, .owner_cpu = -1, .owner = (void*)-1L)),
       B(.curr = &idle1, .idle = &idle1, .cpu = 1,
         .lock = B(.raw_lock = FREE_LOCK, .magic = SPINLOCK_MAGIC, .owner_cpu = -1, .owner = (void*)-1L)));
#ifdef PCPU_HOT
PERCPU(struct pcpu_hot, pcpu_hot,
       B(.current_task = &worker, .preempt_count = 0x80000003, .cpu_number = 0, .softirq_pending = 0x82),
       B(.current_task = &idle1, .preempt_count = 0x80000001, .cpu_number = 1, .softirq_pending = 0x200));
#else
PERCPU(struct task_struct*, current_task, &worker, &idle1);
#ifndef PREEMPT_COUNT_ON_STACK
PERCPU(int, __preempt_count, 0x80000003, 0x80000001);
#endif
#endif

/* ---- which CPUs there are ---- */
#define PAGE __attribute__((aligned(4096)))
#ifndef NO_SMP
KEEP int nr_cpu_ids = 2;
PAGE KEEP ulong synthetic_page_of_offsets[1] = {1};
extern char synthetic_offset0[], synthetic_offset1[], synthetic_offset_none[];
KEEP ulong __per_cpu_offset[64] = {(ulong)synthetic_offset0, (ulong)synthetic_offset1,
                                   [2 ... 63] = (ulong)synthetic_offset_none};
PAGE KEEP ulong synthetic_page_of_masks[1] = {1};
typedef struct cpumask {
  ulong bits[1];
} cpumask_t;
#ifdef CPU_BITS
KEEP static ulong cpu_possible_bits[1] = {3}, cpu_online_bits[1] = {3};
KEEP const struct cpumask* const cpu_possible_mask = (void*)cpu_possible_bits;
KEEP const struct cpumask* const cpu_online_mask = (void*)cpu_online_bits;
#else
KEEP struct cpumask __cpu_possible_mask = {{3}}, __cpu_online_mask = {{3}};
#endif
PAGE KEEP ulong synthetic_page_after_masks[1] = {1};
#endif

TEXT int core_uses(struct thread_info* info) { return info->flags != 0 && init_uts_ns.name.release[0] != 0; }
