/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where lockdep was until 3.12. */
#include "locking/lockdep.c"
