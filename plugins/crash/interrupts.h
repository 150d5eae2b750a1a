/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KMORTEM_INTERRUPTS_H
#define KMORTEM_INTERRUPTS_H

/*
 * crash's own handler of SIGINT counts, and at the tenth jumps to the main loop: over C++ frames,
 * if a command runs. In its stead ours only takes a note, from begin_ to end_.
 */
void begin_interruptible(void);
void end_interruptible(void);

/* SIGINT has come since begin_interruptible(). */
int is_interrupted(void);

#endif
