/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interrupts.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t noted;
static volatile sig_atomic_t ours;
static struct sigaction crash_action;

static void note(int number) {
  (void)number;
  noted = 1;
}

void begin_interruptible(void) {
  struct sigaction action;

  noted = 0;
  if (ours) return;
  memset(&action, 0, sizeof(action));
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ours = sigaction(SIGINT, &action, &crash_action) == 0;
}

void end_interruptible(void) {
  if (ours) sigaction(SIGINT, &crash_action, NULL);
  ours = 0;
}

int is_interrupted(void) {
  return noted;
}
