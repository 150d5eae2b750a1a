/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "help_pages.h"

#include <stddef.h>

#define COMMON_OPTIONS                          \
  "    -v  say more: what each line rests on.", \
      "    -j  print JSON, as the command line tool's \"-f json\"."

char *help_lockdep[] = {
    "lockdep",
    "lock classes and their order",
    "[-c class] [-p | -g | -j] [-v]",
    "  This command shows what lockdep, the kernel's lock validator, had recorded: the",
    "  lock classes with their usage, wait types and keys, and in which order locks of",
    "  one class were taken under another's. It needs a kernel with CONFIG_LOCKDEP.",
    "",
    "    -c class  only the class of that name; if there is none, those that have it in",
    "              their name.",
    "          -p  as /proc/lockdep would have said it.",
    "          -g  the direct dependencies as a graph in DOT.",
    "          -v  the classes taken directly under each one as well.",
    "          -j  JSON, as \"kmortem classes -f json\".",
    "\nEXAMPLES",
    "  Which locks were taken under the console's:\n",
    "    %s> lockdep -c console_lock",
    "\n  Draw the order of all locks:\n",
    "    %s> lockdep -g | dot -Tsvg -o order.svg",
    NULL,
};

char *help_heldlocks[] = {
    "heldlocks",
    "locks that tasks hold and wait for",
    "[-a] [-v] [-j] [pid | task] ...",
    "  This command shows the locks of the current context, or of the tasks given by pid",
    "  or task_struct address: what lockdep recorded as held (\"recorded\", in the order",
    "  of acquisition), and what the task holds and waits for by all evidence: the",
    "  locks' own owners, their queues, and the code that the task stands in. Every line",
    "  says what it rests on and how sure that is. Works without lockdep as well.",
    "",
    "    -a  every task that holds a lock or waits for one.",
    COMMON_OPTIONS,
    "\nEXAMPLES",
    "  What process 42 holds:\n",
    "    %s> heldlocks 42",
    NULL,
};

char *help_lockalias[] = {
    "lockalias",
    "locks that carry another lock's class",
    "[-v] [-j]",
    "  This command finds lock_class_keys that serve locks of different names, and",
    "  lockdep_maps whose cached class is another lock's: what makes lockdep report",
    "  orders that no code has. It looks through all of the kernel's memory.",
    "",
    COMMON_OPTIONS,
    NULL,
};

char *help_spinowner[] = {
    "spinowner",
    "owners and waiters of spinlocks",
    "[-c cpu] [-v] [-j] [address | symbol]",
    "  This command shows every spinlock that is held or waited for, with its owner and",
    "  its queue; or one lock of any kind, given by its address, its lockdep_map's, or its",
    "  symbol. Without CONFIG_DEBUG_SPINLOCK a spinlock has no owner: it is then found by",
    "  following the code from the entry of a function to where its task stands.",
    "",
    "    -c cpu  only locks that this CPU holds or spins on.",
    "        -v  say more: what each line rests on.",
    "        -j  print JSON, as \"kmortem locks -f json\".",
    "\nEXAMPLES",
    "  What CPU 1 spins on, and who holds it:\n",
    "    %s> spinowner -c 1",
    NULL,
};

char *help_waitfor[] = {
    "waitfor",
    "who waits for whom",
    "[-v] [-j]",
    "  This command shows every task and CPU that waits for a lock, spinning or sleeping,",
    "  the lock, and who holds it; then the circles among them, which are deadlocks.",
    "",
    COMMON_OPTIONS,
    NULL,
};

char *help_softirqs[] = {
    "softirqs",
    "softirq vectors",
    "[-v] [-j]",
    "  This command shows the softirq vectors by number and name, their actions, and on",
    "  which CPUs they are pending; and why an empty one is, or is not, as it should be.",
    "",
    COMMON_OPTIONS,
    NULL,
};

char *help_kmortem[] = {
    "kmortem",
    "the whole post-mortem of the kernel's locks",
    "[-v] [-j] [rule] ...",
    "  This command checks everything that is known of the kernel's locks and prints the",
    "  findings with their evidence and the usual fix; with rules as arguments, of those",
    "  alone: deadlock-cycle, irq-inconsistent, soft-lockup, ... A wrong name is answered",
    "  with the list.",
    "",
    COMMON_OPTIONS,
    "\nEXAMPLES",
    "  Only deadlocks, with all evidence:\n",
    "    %s> kmortem -v deadlock-cycle",
    NULL,
};
