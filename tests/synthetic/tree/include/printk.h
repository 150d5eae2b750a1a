/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log: a ring of bytes (until 5.9), or of descriptors, infos and text (5.10). */
#pragma once
#include "base.h"

#ifdef PRINTK_BYTES
struct PRINTK_BYTES {
  u64 ts_nsec;
  u16 len, text_len, dict_len;
  u8 facility;
  u8 flags : 5;
  u8 level : 3;
#ifdef HAS_CALLER_ID
  u32 caller_id;
#endif
} __attribute__((packed, aligned(4)));
#else
struct dev_printk_info {
  char subsystem[16];
  char device[48];
};
struct printk_info {
  u64 seq, ts_nsec;
  u16 text_len;
  u8 facility;
  u8 flags : 5;
  u8 level : 3;
  u32 caller_id;
  struct dev_printk_info dev_info;
};
struct prb_data_blk_lpos {
  ulong begin, next;
};
struct prb_desc {
  atomic_long_t state_var;
  struct prb_data_blk_lpos text_blk_lpos;
};
struct prb_data_ring {
  unsigned int size_bits;
  char *data;
  atomic_long_t head_lpos, tail_lpos;
};
struct prb_desc_ring {
  unsigned int count_bits;
  struct prb_desc *descs;
  struct printk_info *infos;
  atomic_long_t head_id, tail_id;
};
struct printk_ringbuffer {
  struct prb_desc_ring desc_ring;
  struct prb_data_ring text_data_ring;
  atomic_long_t fail;
};
#endif
