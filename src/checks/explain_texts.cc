// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of `kmortem explain`, in the order of the contract. docs/rules/ has the long form.
#include <array>

#include "checks/explain.h"

namespace kmortem::checks {

namespace {

constexpr std::array<Explanation, 20> kExplanations = {{
    {"shared-lock-key",
     "lockdep tells locks apart by the address of a lock_class_key. Locks of different names on "
     "one\nkey become one lock class: one name, one wait type, one place in the lock order. The "
     "usual\nway there is lockdep_set_novalidate_class(), which puts every lock on the one key\n"
     "__lockdep_no_validate__.",
     "    mutex_init(&dev->mutex);           lockdep_set_novalidate_class(&dev->mutex);\n"
     "    spin_lock_init(&txq->_xmit_lock);  lockdep_set_novalidate_class(&txq->_xmit_lock);",
     "A key for each kind of lock: a static struct lock_class_key and lockdep_set_class()."},
    {"class-cache-alias",
     "A lockdep_map keeps the lock class that was found for it (class_cache). This one keeps a "
     "class\nthat a lock of another name or wait type registered under the same key. lockdep "
     "reports that\nother lock's name, and checks against its wait type: false reports, mostly "
     "\"Invalid wait\ncontext\".",
     "    lockdep_map.name            \"&txq->_xmit_lock\"   wait type 2, spins\n"
     "    class_cache[0]->name        \"&dev->mutex\"        wait type 3, may sleep",
     "Give the lock a key of its own (lockdep_set_class()); never put a spinlock on the "
     "novalidate\n"
     "key."},
    {"irq-inconsistent",
     "One lock class was taken in a hard interrupt or softirq, and also with that interrupt "
     "enabled.\nIf the interrupt comes while the lock is held on the same CPU, it waits for code "
     "that it keeps\nfrom running: the CPU hangs. Readers on both sides are no conflict.",
     "    spin_lock(&x->lock);         process context, softirqs on\n"
     "      <interrupt, then softirq>\n"
     "      spin_lock(&x->lock);       waits for ever",
     "spin_lock_bh() in process context against a softirq; spin_lock_irqsave() against a hard\n"
     "interrupt."},
    {"irq-inversion",
     "A lock that is taken in an interrupt leads, over the recorded order, to a lock that is also\n"
     "taken with that interrupt enabled. Two CPUs and one interrupt make a deadlock.",
     "    CPU 0                          CPU 1\n"
     "    lock(B), interrupts on         lock(A), interrupts off\n"
     "                                   lock(B)   waits for CPU 0\n"
     "    <interrupt> lock(A)            waits for CPU 1",
     "Take the second lock with interrupts off everywhere, or not under the first."},
    {"lock-order-cycle",
     "Locks are taken in orders that contradict each other. When the parts of the cycle run at "
     "the\n"
     "same time, each waits for the next.",
     "    CPU 0: lock(A) lock(B)         CPU 1: lock(B) lock(A)",
     "One order for all; or drop the first lock before taking the second."},
    {"recursive-lock",
     "A task takes a lock of a class that it already holds, neither as a nested class nor as a\n"
     "recursive read. If it is the same lock, it waits for itself.",
     "    mutex_lock(&a->lock);\n    mutex_lock(&b->lock);      a == b, or the order is open",
     "If the locks differ and have an order: mutex_lock_nested() with a subclass. Else do not "
     "call\nwhat takes the lock with the lock held."},
    {"wait-context",
     "A lock that may sleep is taken where only spinning is allowed: under a spinlock, in an\n"
     "interrupt, with a raw spinlock held.",
     "    spin_lock(&a);\n    mutex_lock(&m);            may sleep, holding a",
     "Take the sleeping lock outside, or make it a spinlock. See first whether it is a false "
     "report\n(class-cache-alias)."},
    {"irq-self-deadlock",
     "A CPU spins in an interrupt on a lock that the code it interrupted holds. The lock can never "
     "be\nreleased; a watchdog ends it.",
     "    gcd: spin_lock(&gc_lock)\n      <softirq> release_flow: spin_lock(&gc_lock)   spins",
     "The _bh or _irqsave variant in the interrupted code."},
    {"deadlock-cycle",
     "Tasks and CPUs wait for each other at the time of the dump, over any types of lock.",
     "    task P holds ma, waits for mb\n    task Q holds mb, waits for ma",
     "As for lock-order-cycle: one order for all."},
    {"lock-stall", "Tasks queue behind one owner that makes no progress, without a cycle.",
     "    40 tasks in mutex_lock(&inode->i_rwsem), its owner waits for a disk",
     "Follow the owner: its stack says what it waits for."},
    {"soft-lockup",
     "A CPU ran kernel code for longer than twice watchdog_thresh without scheduling.",
     "    watchdog: BUG: soft lockup - CPU#1 stuck for 45s! [kflow_gcd:110]",
     "See what the CPU spins on; if it is no lock, the loop needs cond_resched()."},
    {"hard-lockup",
     "A CPU took no timer interrupt for watchdog_thresh seconds: it runs with interrupts off.",
     "    spin_lock_irqsave(&a, flags);    spins for ever",
     "See what the CPU spins on with interrupts off."},
    {"rcu-stall",
     "A grace period waits for a CPU or task that does not pass through a quiescent state.",
     "    rcu: INFO: rcu_sched detected stalls on CPUs/tasks",
     "See what that CPU or reader is doing: mostly it spins on a lock."},
    {"hung-task",
     "A task has been in uninterruptible sleep, without a single switch, for longer than\n"
     "hung_task_timeout_secs.",
     "    INFO: task kworker/1:2:84 blocked for more than 120 seconds.",
     "Find what it waits for, and who has it (deadlock-cycle, lock-stall)."},
    {"held-while-sleeping",
     "A spinlock's owner is not running: it slept, or was scheduled away, with the lock held.",
     "    spin_lock(&a); kmalloc(n, GFP_KERNEL);",
     "Do not call what may sleep under a spinlock; GFP_ATOMIC, or a mutex."},
    {"lock-leak",
     "A task in user mode, or dead, still holds a lock: a return path does not unlock.",
     "    mutex_lock(&m);\n    if (bad) return -EINVAL;   m stays locked",
     "Unlock on every path; guard() of linux/cleanup.h does it by itself."},
    {"freed-lock",
     "A lock that is held or waited for lies in memory that was freed or is not mapped.",
     "    spin_lock(&obj->lock); kfree(obj);",
     "Free the object only when nobody can hold its lock: a reference count, or RCU."},
    {"lockdep-off",
     "debug_locks is 0: lockdep stopped before the dump was made, after a report, for want of "
     "space\nin a table, at a taint or an oops. All that it recorded is as of that moment.",
     "    BUG: MAX_LOCKDEP_CHAINS too low!\n    turning off the locking correctness validator.",
     "Repair what the first report shows, or make the table that was full larger."},
    {"corrupt-lock",
     "A lock's own fields, a held lock or lockdep's tables contradict themselves in a way that no\n"
     "order of the kernel's stores can leave behind.",
     "    raw_spinlock_t: value 0 (free), owner 0xffff888100e66280",
     "Look for memory corruption (KASAN), or an initialisation of a live lock."},
    {"softirq-hook",
     "A softirq vector is pending and nothing is registered for it, or its action is not in the\n"
     "kernel's or a module's text. Empty vectors that nobody raises are normal.",
     "    softirq_vec[8].action = 0, and bit 8 is pending on CPU 1",
     "Find who raises the vector, or who wrote softirq_vec."},
}};

}  // namespace

std::span<const Explanation> explanations() {
  return kExplanations;
}

}  // namespace kmortem::checks
