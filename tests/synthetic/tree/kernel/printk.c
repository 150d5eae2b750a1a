/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where printk was until 3.10. */
#include "printk/printk.c"
