/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KMORTEM_HELP_PAGES_H
#define KMORTEM_HELP_PAGES_H

/* In the form of crash's help_data: name, one line, synopsis, then the text; NULL at the end. */
extern char *help_lockdep[];
extern char *help_heldlocks[];
extern char *help_lockalias[];
extern char *help_spinowner[];
extern char *help_waitfor[];
extern char *help_softirqs[];
extern char *help_kmortem[];

#endif
