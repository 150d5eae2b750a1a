/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that have no unit of their own, as after some kinds of link-time optimisation. */
#include "kernel/locking/lockdep.c"
#include "kernel/sched/core.c"
