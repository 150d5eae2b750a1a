/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vectors: NET_RX's and IRQ_POLL's were never opened. */
#include "base.h"

#ifdef HAS_SOFTIRQ_PARAMETER
struct softirq_action {
  void (*action)(struct softirq_action*);
};
#define ACTION(name) TEXT void name(struct softirq_action* h) { __asm__ volatile("" ::"r"(h)); }
#else
struct softirq_action {
  void (*action)(void);
};
#define ACTION(name) TEXT void name(void) { __asm__ volatile("nop"); }
#endif
#ifdef HASH_OF_LISTS
#define SOFTIRQ_5 BLOCK_IOPOLL_SOFTIRQ
#else
#define SOFTIRQ_5 IRQ_POLL_SOFTIRQ
#endif
enum {
  HI_SOFTIRQ = 0, TIMER_SOFTIRQ, NET_TX_SOFTIRQ, NET_RX_SOFTIRQ, BLOCK_SOFTIRQ, SOFTIRQ_5,
  TASKLET_SOFTIRQ, SCHED_SOFTIRQ, HRTIMER_SOFTIRQ, RCU_SOFTIRQ, NR_SOFTIRQS
};
ACTION(tasklet_hi_action) ACTION(run_timer_softirq) ACTION(net_tx_action) ACTION(blk_done_softirq)
ACTION(tasklet_action) ACTION(run_rebalance_domains) ACTION(rcu_process_callbacks)
ACTION(hrtimer_run_softirq)

KEEP struct softirq_action softirq_vec[10] = {
    [0] = {tasklet_hi_action}, [1] = {run_timer_softirq}, [2] = {net_tx_action},
    [4] = {blk_done_softirq},  [6] = {tasklet_action},    [7] = {run_rebalance_domains},
#ifndef HRTIMER_SOFTIRQ_UNUSED
    [8] = {hrtimer_run_softirq},
#endif
    [9] = {rcu_process_callbacks},
};
#ifndef NO_SOFTIRQ_NAMES
KEEP char* softirq_to_name[10] = {"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", SOFTIRQ_5_NAME,
                                  "TASKLET", "SCHED", "HRTIMER", "RCU"};
#endif

#ifdef PENDING_IN_IRQ_STAT
typedef struct {
  PENDING_IN_IRQ_STAT __softirq_pending;
  unsigned int __nmi_count;
} irq_cpustat_t;
PERCPU(irq_cpustat_t, irq_stat, B(.__softirq_pending = 0x82, .__nmi_count = 9),
       B(.__softirq_pending = 0x200));
#elif !defined(PCPU_HOT)
PERCPU(u16, __softirq_pending, 0x82, 0x200);
#endif

TEXT void raise_softirq(unsigned int nr) {
  if (nr == HI_SOFTIRQ || nr == SOFTIRQ_5) __asm__ volatile("nop");
}
