/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Five messages in a log that has gone round once. */
#include "printk.h"

#define M0 "Linux version " RELEASE
#define M1 "sample: loading"
#define M2 "sample: two\nlines"
#define M3 "fragment one, "
#define M4 "fragment two"
#define LENGTH(text) (sizeof(text) - 1)

#ifndef NO_PRINTK
#ifdef PRINTK_BYTES
#define HEADER sizeof(struct PRINTK_BYTES)
#define PADDED(text) ((LENGTH(text) + 3) / 4 * 4)
#ifdef HAS_CALLER_ID
#define CALLER(n) .caller_id = n,
#else
#define CALLER(n)
#endif
#define RECORD(name, message)          \
  struct __attribute__((packed)) {     \
    struct PRINTK_BYTES h;             \
    char text[PADDED(message)];        \
  } name
#define SAID(at, message, lvl, fl, who)                                                      \
  {{.ts_nsec = at, .len = HEADER + PADDED(message), .text_len = LENGTH(message), .level = lvl, \
    .flags = fl, CALLER(who).facility = 0}, message}
/* The two youngest begin again at index 0, the three oldest stand at the end. */
#define STALE_SIZE 64
struct __attribute__((packed, aligned(8))) log_contents {
  RECORD(m3, M3);
  RECORD(m4, M4);
  char stale[STALE_SIZE];
  RECORD(m0, M0);
  RECORD(m1, M1);
  RECORD(m2, M2);
  struct PRINTK_BYTES round;
  char rest[40];
};
#define NEWLINE 2
#define CONT 8
#ifdef CONT_FLUSHED
#define FLAGS_3 CONT
#define FLAGS_4 (CONT | NEWLINE)
KEEP static struct cont {
  char buf[64];
  unsigned long len, cons;
  void* owner;
  u64 ts_nsec;
  u8 level, facility, flushed;
} cont;
#else
#define FLAGS_3 NEWLINE
#define FLAGS_4 NEWLINE
KEEP static struct cont {
  char buf[64];
  unsigned long len;
  u64 ts_nsec;
} cont;
#endif
KEEP static struct log_contents __log_buf = {
    .m0 = SAID(0, M0, 5, NEWLINE, 0),
    .m1 = SAID(1500000000, M1, 6, NEWLINE, 42),
    .m2 = SAID(2000001000, M2, 4, NEWLINE, 0x80000001),
    .m3 = SAID(3000000000, M3, 6, FLAGS_3, 42),
    .m4 = SAID(3000000000, M4, 6, FLAGS_4, 42),
    .stale = "what an older message left behind",
    .rest = "nothing",
};
KEEP char* log_buf = (char*)&__log_buf;
KEEP u32 log_buf_len = sizeof(struct log_contents);
KEEP u32 log_first_idx = __builtin_offsetof(struct log_contents, m0);
KEEP u32 log_next_idx = __builtin_offsetof(struct log_contents, stale);
KEEP u64 log_first_seq = 100, log_next_seq = 105;
#else
/* Descriptors 8..15 of ids 0x1002 on; text of 256 bytes, the last block at its start. */
#define DESC_BITS 3
#define TEXT_BITS 8
#define FIRST_ID 0x1006UL
#define SLOT(n) ((FIRST_ID + (n)) & 7)
#define STATE(n, state) {(long)((state##UL << 62) | (FIRST_ID + (n)))}
#define BEGIN(n) (0x3000UL + (n))
struct __attribute__((packed)) text_contents {
  u64 id3;
  char m3[24];
  u64 id4;
  char m4[16];
  char stale[40];
  u64 id0;
  char m0[56];
  u64 id1;
  char m1[24];
  u64 id2;
  char m2[24];
  char rest[32];
};
_Static_assert(sizeof(struct text_contents) == 1 << TEXT_BITS, "the ring's size");
#define OFFSET(member) __builtin_offsetof(struct text_contents, member)
KEEP static struct text_contents __log_buf = {
    FIRST_ID + 3, M3, FIRST_ID + 4, M4, "left behind", FIRST_ID, M0, FIRST_ID + 1, M1,
    FIRST_ID + 2, M2, "nothing"};
#define FINAL 2
#define COMMITTED 1
#define REUSABLE 3
KEEP static struct prb_desc _printk_rb_static_descs[8] = {
    [SLOT(0)] = {STATE(0, 2), {BEGIN(OFFSET(id0)), BEGIN(OFFSET(id1))}},
    [SLOT(1)] = {STATE(1, 2), {BEGIN(OFFSET(id1)), BEGIN(OFFSET(id2))}},
    [SLOT(2)] = {STATE(2, 2), {BEGIN(OFFSET(id2)), BEGIN(OFFSET(rest))}},
    /* Wrapped: the block begins at the ring's start although its lpos does not. */
    [SLOT(3)] = {STATE(3, 2), {BEGIN(OFFSET(rest)), BEGIN(0x100 + OFFSET(id4))}},
    [SLOT(4)] = {STATE(4, 1), {BEGIN(0x100 + OFFSET(id4)), BEGIN(0x100 + OFFSET(stale))}},
    /* An empty message, and one that did not fit: lpos without data. */
    [SLOT(5)] = {STATE(5, 2), {3, 3}},
    [SLOT(6)] = {STATE(6, 0), {BEGIN(0x100 + OFFSET(stale)), BEGIN(0x100 + OFFSET(id0))}},
};
#define SAID(n, at, message, lvl, who) \
  [SLOT(n)] = {.seq = 100 + (n), .ts_nsec = at, .text_len = LENGTH(message), .level = lvl, .flags = 2, .caller_id = who}
KEEP static struct printk_info _printk_rb_static_infos[8] = {
    SAID(0, 0, M0, 5, 0),
    SAID(1, 1500000000, M1, 6, 42),
    SAID(2, 2000001000, M2, 4, 0x80000001),
    SAID(3, 3000000000, M3, 6, 42),
    SAID(4, 3000000000, M4, 6, 42),
    SAID(5, 3000000000, "", 6, 42),
};
KEEP static struct printk_ringbuffer printk_rb_static = {
    .desc_ring = {DESC_BITS, _printk_rb_static_descs, _printk_rb_static_infos,
                  {FIRST_ID + 6}, {FIRST_ID}},
    .text_data_ring = {TEXT_BITS, (char*)&__log_buf, {BEGIN(0x100 + OFFSET(id0))}, {BEGIN(OFFSET(id0))}},
};
KEEP struct printk_ringbuffer* prb = &printk_rb_static;
KEEP char* log_buf = (char*)&__log_buf;
KEEP u32 log_buf_len = 1 << TEXT_BITS;
#endif
#endif
