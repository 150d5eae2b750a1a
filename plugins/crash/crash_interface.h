/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KMORTEM_CRASH_INTERFACE_H
#define KMORTEM_CRASH_INTERFACE_H

/*
 * What crosses the border between crash, which is C and leaves functions by longjmp(), and kmortem,
 * which is C++ and throws. Neither may pass it: functions here return.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether the memory stays as it is. */
enum kmortem_life {
  KMORTEM_DEAD,
  KMORTEM_LIVE,      /* it changes: nothing is kept from one command to the next */
  KMORTEM_LIVE_DUMP, /* it changed while the dump was written */
};

enum kmortem_read { KMORTEM_READ, KMORTEM_EXCLUDED, KMORTEM_UNREADABLE };

/* Physical memory that the machine has: [begin, end), whole pages. */
struct kmortem_range {
  uint64_t begin;
  uint64_t end;
};

/*
 * What crash knows of the session; null is what it does not know. Everything is borrowed for the
 * length of one call.
 */
struct kmortem_session {
  const char *dump;
  const char *vmlinux;
  const char *format;     /* "elf", "kdump", "live"; "other" */
  const char *vmcoreinfo; /* "key=value" lines; may be empty */
  const void *notes;      /* ELF notes: NT_PRSTATUS and QEMU's, in the order of the CPUs */
  size_t notes_size;
  const struct kmortem_range *ranges;
  size_t range_count;
  uint64_t kaslr_offset;
  uint64_t phys_base;
  int flattened;  /* makedumpfile's stream format */
  int dump_level; /* makedumpfile's -d; -1: not known */
  enum kmortem_life life;

  /* Copies the page at `physical`. */
  enum kmortem_read (*read_page)(uint64_t physical, void *page);
  /* Lets a living system go on for so many milliseconds, less when interrupted. */
  void (*pause)(unsigned milliseconds);
  /* True once the user has asked for the prompt. */
  int (*interrupted)(void);
};

enum kmortem_command {
  KMORTEM_LOCKDEP,
  KMORTEM_HELDLOCKS,
  KMORTEM_LOCKALIAS,
  KMORTEM_SPINOWNER,
  KMORTEM_WAITFOR,
  KMORTEM_SOFTIRQS,
  KMORTEM_REPORT,
};

/* A command line of crash's, parsed. */
struct kmortem_request {
  enum kmortem_command command;
  int json;
  int verbose;
  int all;                /* heldlocks -a */
  int proc;               /* lockdep -p */
  int graph;              /* lockdep -g */
  const char *lock_class; /* lockdep -c; NULL: all */
  int cpu;                /* spinowner -c; -1: all */
  uint64_t address;       /* spinowner's; 0: all */
  uint64_t current_task;  /* of crash's context: a task_struct */
  char *const *arguments; /* rules of kmortem's; pids and task_structs of heldlocks' */
  size_t argument_count;
};

enum kmortem_outcome { KMORTEM_ANSWERED, KMORTEM_FAILED, KMORTEM_INTERRUPTED };

/* Text to print, or one line without newline that says why not. Lives until the next call. */
struct kmortem_answer {
  const char *text;
  size_t size;
};

enum kmortem_outcome kmortem_run(const struct kmortem_session *session,
                                 const struct kmortem_request *request,
                                 struct kmortem_answer *answer);

#ifdef __cplusplus
}
#endif

#endif
