/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What crash knows, and its readmem(). One of the two files that see crash's own header. */
#include "crash_session.h"

#include <defs.h>
#include <elf.h>

#define KMORTEM_PAGE 4096

/*
 * Calls into crash may end in longjmp(pc->main_loop_env): error(FATAL), FAULT_ON_ERROR deep inside.
 * C++ frames lie between here and the main loop, so such a jump is made to land here.
 */
static int returns(void (*call)(void *), void *argument) {
  jmp_buf main_loop;
  int returned = 0;

  memcpy(main_loop, pc->main_loop_env, sizeof(main_loop));
  if (setjmp(pc->main_loop_env) == 0) {
    call(argument);
    returned = 1;
  }
  memcpy(pc->main_loop_env, main_loop, sizeof(main_loop));
  return returned;
}

struct page_read {
  uint64_t physical;
  void *page;
  int done;
  int excluded;
};

/* readmem() says whether, the function below it why not. */
static void read_page(void *argument) {
  struct page_read *read = argument;

  read->done = readmem(read->physical, PHYSADDR, read->page, KMORTEM_PAGE, "kmortem",
                       RETURN_ON_ERROR | QUIET);
  if (read->done || !DISKDUMP_DUMPFILE()) {
    /* What another kind of dump does not have, it never had. */
    read->excluded = !read->done;
    return;
  }
  read->excluded = READMEM(pc->dfd, read->page, KMORTEM_PAGE, 0, read->physical) != READ_ERROR;
}

/*
 * QUIET does not reach those who unpack pages: each damaged one would have a line on the screen and
 * one in the file that the answer goes to. kmortem tells of them in its report.
 */
static int returns_silently(void (*call)(void *), void *argument) {
  FILE *const error_fp = pc->error_fp;
  char *const error_path = pc->error_path;
  int returned;

  if (!pc->nullfp) return returns(call, argument);
  pc->error_fp = pc->nullfp;
  pc->error_path = "/dev/null";
  returned = returns(call, argument);
  pc->error_fp = error_fp;
  pc->error_path = error_path;
  return returned;
}

enum kmortem_read read_crash_page(uint64_t physical, void *page) {
  struct page_read read = {.physical = physical, .page = page};

  if (!returns_silently(read_page, &read)) return KMORTEM_UNREADABLE;
  if (read.done) return KMORTEM_READ;
  return read.excluded ? KMORTEM_EXCLUDED : KMORTEM_UNREADABLE;
}

/*
 * The lines of VMCOREINFO that kmortem asks for, in an order that looks like a kernel's. crash
 * gives them one by one, from the dump's note or out of the kernel's memory.
 */
static void write_vmcoreinfo(void *argument) {
  static const char *const keys[] = {
      "OSRELEASE",
      "BUILD-ID",
      "PAGESIZE",
      "SYMBOL(init_uts_ns)",
      "SYMBOL(_stext)",
      "SYMBOL(swapper_pg_dir)",
      "SYMBOL(init_top_pgt)",
      "SYMBOL(init_level4_pgt)",
      "NUMBER(phys_base)",
      "NUMBER(pgtable_l5_enabled)",
      "NUMBER(sme_mask)",
      "KERNELOFFSET",
      "CRASHTIME",
  };
  FILE *text = argument;
  size_t i;

  for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    char *value = pc->read_vmcoreinfo(keys[i]);

    if (!value) continue;
    fprintf(text, "%s=%s\n", keys[i], value);
    free(value);
  }
}

static void *prstatus_of(int cpu) {
  if (DISKDUMP_DUMPFILE()) return diskdump_get_prstatus_percpu(cpu);
  return KDUMP_DUMPFILE() || NETDUMP_DUMPFILE() ? netdump_get_prstatus_percpu(cpu) : NULL;
}

static QEMUCPUState *qemu_state_of(int cpu) {
  if (!(pc->flags2 & (QEMU_MEM_DUMP_ELF | QEMU_MEM_DUMP_COMPRESSED))) return NULL;
  return DISKDUMP_DUMPFILE() ? diskdump_get_qemucpustate(cpu) : kdump_get_qemucpustate(cpu);
}

static void pad(FILE *notes, size_t size) {
  static const char zeros[4];

  fwrite(zeros, 1, -size & 3, notes);
}

static void write_note(FILE *notes, const char *name, uint32_t type, const void *bytes,
                       uint32_t size) {
  const Elf64_Nhdr head = {
      .n_namesz = (uint32_t)strlen(name) + 1, .n_descsz = size, .n_type = type};

  fwrite(&head, sizeof(head), 1, notes);
  fwrite(name, 1, head.n_namesz, notes);
  pad(notes, head.n_namesz);
  fwrite(bytes, 1, size, notes);
  pad(notes, size);
}

/* The registers of every CPU, as the dump's notes have them. */
static void write_notes(void *argument) {
  FILE *notes = argument;
  int cpu;

  for (cpu = 0; cpu < kt->cpus; cpu++) {
    const char *prstatus = prstatus_of(cpu);
    const QEMUCPUState *qemu = qemu_state_of(cpu);

    if (prstatus) {
      const Elf64_Nhdr *head = (const Elf64_Nhdr *)prstatus;
      const size_t name = (head->n_namesz + 3) & ~(size_t)3;

      write_note(notes, "CORE", NT_PRSTATUS, prstatus + sizeof(*head) + name, head->n_descsz);
    }
    if (qemu) write_note(notes, "QEMU", 0, qemu, qemu->size);
  }
}

/* The memory of each NUMA node, holes included: what lies in them cannot be read. */
static struct kmortem_range *ranges_of_nodes(size_t *count) {
  struct kmortem_range *ranges = calloc(vt->numnodes + 1, sizeof(*ranges));
  int i;

  *count = 0;
  for (i = 0; ranges && i < vt->numnodes; i++) {
    const struct node_table *node = &vt->node_table[i];

    if (!node->size) continue;
    ranges[*count].begin = node->start_paddr & ~(uint64_t)(KMORTEM_PAGE - 1);
    ranges[*count].end = ranges[*count].begin + (uint64_t)node->size * KMORTEM_PAGE;
    ++*count;
  }
  return ranges;
}

static const char *format_of_memory(void) {
  if (!DUMPFILE()) return "live";
  if (DISKDUMP_DUMPFILE()) return "kdump";
  return KDUMP_DUMPFILE() || NETDUMP_DUMPFILE() ? "elf" : "other";
}

/* The text of what `write` writes; empty when it cannot be had. */
static char *written_by(void (*write)(void *), size_t *size) {
  char *text = NULL;
  FILE *stream = open_memstream(&text, size);

  *size = 0;
  if (!stream) return NULL;
  returns(write, stream);
  fclose(stream);
  return text;
}

static void pause_for(unsigned milliseconds) {
  struct timespec rest = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

  nanosleep(&rest, NULL);
}

void describe_crash_session(struct kmortem_session *session) {
  size_t size;

  memset(session, 0, sizeof(*session));
  session->dump = DUMPFILE() ? pc->dumpfile : pc->live_memsrc;
  session->vmlinux = pc->namelist_debug ? pc->namelist_debug : pc->namelist;
  session->format = format_of_memory();
  session->vmcoreinfo = written_by(write_vmcoreinfo, &size);
  session->notes = written_by(write_notes, &session->notes_size);
  session->ranges = ranges_of_nodes(&session->range_count);
  /* crash's displacement leads from run time to link time. */
  session->kaslr_offset = -kt->relocate;
  session->phys_base = machdep->machspec->phys_base;
  session->flattened = FLAT_FORMAT() != 0;
  session->dump_level = DISKDUMP_DUMPFILE() ? get_dump_level() : -1;
  session->life = ACTIVE() ? KMORTEM_LIVE : LIVE() ? KMORTEM_LIVE_DUMP : KMORTEM_DEAD;
  session->read_page = read_crash_page;
  session->pause = pause_for;
}

void forget_crash_session(struct kmortem_session *session) {
  free((char *)session->vmcoreinfo);
  free((void *)session->notes);
  free((struct kmortem_range *)session->ranges);
}
