/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kernel image in small: just enough for the tests to take it for vmlinux. */
#include "sample.h"

KEEP const char linux_banner[] =
    "Linux version 6.1.0-sample (tester@example) (gcc) #1 SMP Thu Jan 1 00:00:00 UTC 2026\n";

struct defined_elsewhere {
  u64 known;
  struct list_node list;
};
KEEP struct defined_elsewhere elsewhere_object = {42, {0, 0}};

static int twin(void) { return 1; }
static int hidden = 7;

KEEP void _start(void) {
  volatile int sum = twin() + hidden;
  (void)sum;
}
