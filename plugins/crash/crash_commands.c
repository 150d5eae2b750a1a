/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kmortem's commands as crash sees them: options, help pages, output. */
#include <defs.h>

#include "crash_interface.h"
#include "crash_session.h"
#include "help_pages.h"
#include "interrupts.h"

/* What this was compiled for: the layout of crash's structures changes from one to the next. */
static const char built_for[] = "kmortem for crash " KMORTEM_CRASH_VERSION;

static void clean_up(void *unused) {
  (void)unused;
  end_interruptible();
  pc->cmd_cleanup = NULL;
}

/* In pieces, so that a long answer can be interrupted; a pager that is left ends it as well. */
static void print_answer(const struct kmortem_answer *answer) {
  const size_t piece = 16384;
  size_t done;

  for (done = 0; done < answer->size; done += piece) {
    fwrite(answer->text + done, 1, MIN(piece, answer->size - done), fp);
    if (received_SIGINT()) restart(0);
  }
  fflush(fp);
}

/* Before our handler stood, crash's may have taken the note. */
static int prompt_is_wanted(void) {
  return is_interrupted() || (pc->flags & _SIGINT_);
}

/* Runs a command behind the border. From here on nothing of C++ is on the stack any more. */
static void run(struct kmortem_request *request) {
  struct kmortem_session session;
  struct kmortem_answer answer = {"", 0};
  enum kmortem_outcome outcome;

  describe_crash_session(&session);
  session.interrupted = prompt_is_wanted;
  /* Not before: where crash asks its gdb, it puts its own handler back. */
  pc->cmd_cleanup = clean_up;
  begin_interruptible();
  outcome = kmortem_run(&session, request, &answer);
  forget_crash_session(&session);
  end_interruptible();
  pc->cmd_cleanup = NULL;

  /* As crash's own handler would have left it: this also ends an input file. */
  if (is_interrupted()) pc->flags |= _SIGINT_;
  switch (outcome) {
    case KMORTEM_ANSWERED:
      print_answer(&answer);
      break;
    case KMORTEM_FAILED:
      error(INFO, "%s\n", answer.text);
      break;
    case KMORTEM_INTERRUPTED:
      received_SIGINT();
      restart(0);
  }
}

/* Options that every command has. */
static int common_option(int option, struct kmortem_request *request) {
  switch (option) {
    case 'j':
      request->json = TRUE;
      return TRUE;
    case 'v':
      request->verbose = TRUE;
      return TRUE;
  }
  return FALSE;
}

static void usage_if_wrong(int takes_arguments) {
  if (argerrs || (!takes_arguments && args[optind])) cmd_usage(pc->curcmd, SYNOPSIS);
}

static void take_arguments(struct kmortem_request *request) {
  request->arguments = &args[optind];
  request->argument_count = argcnt - optind;
}

static void simple_command(enum kmortem_command command, int takes_rules) {
  struct kmortem_request request = {.command = command, .cpu = -1};
  int c;

  while ((c = getopt(argcnt, args, "jv")) != EOF)
    if (!common_option(c, &request)) argerrs++;
  usage_if_wrong(takes_rules);
  take_arguments(&request);
  run(&request);
}

static void cmd_lockalias(void) {
  simple_command(KMORTEM_LOCKALIAS, FALSE);
}

static void cmd_waitfor(void) {
  simple_command(KMORTEM_WAITFOR, FALSE);
}

static void cmd_softirqs(void) {
  simple_command(KMORTEM_SOFTIRQS, FALSE);
}

static void cmd_kmortem(void) {
  simple_command(KMORTEM_REPORT, TRUE);
}

static void cmd_lockdep(void) {
  struct kmortem_request request = {.command = KMORTEM_LOCKDEP, .cpu = -1};
  int c;

  while ((c = getopt(argcnt, args, "c:pgjv")) != EOF) {
    switch (c) {
      case 'c':
        request.lock_class = optarg;
        break;
      case 'p':
        request.proc = TRUE;
        break;
      case 'g':
        request.graph = TRUE;
        break;
      default:
        if (!common_option(c, &request)) argerrs++;
    }
  }
  if (request.proc + request.graph + request.json > 1) {
    error(INFO, "-p, -g and -j are mutually exclusive\n");
    argerrs++;
  }
  usage_if_wrong(FALSE);
  run(&request);
}

static void cmd_heldlocks(void) {
  struct kmortem_request request = {.command = KMORTEM_HELDLOCKS, .cpu = -1};
  int c;

  while ((c = getopt(argcnt, args, "ajv")) != EOF) {
    if (c == 'a')
      request.all = TRUE;
    else if (!common_option(c, &request))
      argerrs++;
  }
  usage_if_wrong(!request.all);
  request.current_task = CURRENT_TASK();
  take_arguments(&request);
  run(&request);
}

static void cmd_spinowner(void) {
  struct kmortem_request request = {.command = KMORTEM_SPINOWNER, .cpu = -1};
  int c;

  while ((c = getopt(argcnt, args, "c:jv")) != EOF) {
    if (c == 'c')
      request.cpu = dtoi(optarg, FAULT_ON_ERROR, NULL);
    else if (!common_option(c, &request))
      argerrs++;
  }
  if (args[optind] && args[optind + 1]) argerrs++;
  usage_if_wrong(TRUE);
  if (request.cpu >= kt->cpus) error(FATAL, "there is no CPU %d\n", request.cpu);
  if (args[optind])
    request.address = convert(args[optind], FAULT_ON_ERROR, NULL, NUM_HEX | NUM_EXPR);
  run(&request);
}

static struct command_table_entry commands[] = {
    {"lockdep", cmd_lockdep, help_lockdep, 0},
    {"heldlocks", cmd_heldlocks, help_heldlocks, REFRESH_TASK_TABLE},
    {"lockalias", cmd_lockalias, help_lockalias, 0},
    {"spinowner", cmd_spinowner, help_spinowner, REFRESH_TASK_TABLE},
    {"waitfor", cmd_waitfor, help_waitfor, REFRESH_TASK_TABLE},
    {"softirqs", cmd_softirqs, help_softirqs, 0},
    {"kmortem", cmd_kmortem, help_kmortem, REFRESH_TASK_TABLE},
    {NULL},
};

static void __attribute__((constructor)) load(void) {
  const char *version = strrchr(built_for, ' ') + 1;

  if (!STREQ(pc->program_version, version)) {
    error(INFO,
          "kmortem was built for crash %s and this is crash %s: build it with the header of "
          "this crash, for the two do not agree on crash's structures\n",
          version, pc->program_version);
    return;
  }
  if (XEN_HYPER_MODE()) {
    error(INFO, "kmortem reads Linux, not the Xen hypervisor\n");
    return;
  }
  register_extension(commands);
}
