/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KMORTEM_CRASH_SESSION_H
#define KMORTEM_CRASH_SESSION_H

#include "crash_interface.h"

/*
 * Fills in what crash knows of its session. What is allocated for it is freed by
 * forget_crash_session().
 */
void describe_crash_session(struct kmortem_session *session);
void forget_crash_session(struct kmortem_session *session);

/* crash's page at a physical address; never jumps. */
enum kmortem_read read_crash_page(uint64_t physical, void *page);

#endif
