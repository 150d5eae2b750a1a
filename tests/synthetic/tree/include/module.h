/* SPDX-License-Identifier: GPL-3.0-or-later */
/* struct module in its three generations. */
#pragma once
#include "base.h"

struct elf64_sym {
  u32 st_name;
  u8 st_info, st_other;
  u16 st_shndx;
  u64 st_value, st_size;
};
typedef struct elf64_sym Elf64_Sym;
enum module_state { MODULE_STATE_LIVE, MODULE_STATE_COMING, MODULE_STATE_GOING };
struct mod_kallsyms {
  Elf64_Sym *symtab;
  unsigned int num_symtab;
  char *strtab;
  char *typetab;
};
#ifdef MODULE_MEM
enum mod_mem_type {
  MOD_TEXT,
  MOD_DATA,
  MOD_RODATA,
  MOD_RO_AFTER_INIT,
  MOD_INIT_TEXT,
  MOD_INIT_DATA,
  MOD_INIT_RODATA,
  MOD_MEM_NUM_TYPES,
};
struct module_memory {
  void *base;
  unsigned int size;
};
#elif defined(MODULE_LAYOUT)
struct module_layout {
  void *base;
  unsigned int size, text_size, ro_size, ro_after_init_size;
};
#endif
struct module {
  enum module_state state;
  struct list_head list;
  char name[56];
#ifdef MODULE_CORE
  void *module_init, *module_core;
  unsigned int init_size, core_size, init_text_size, core_text_size, init_ro_size, core_ro_size;
  unsigned int taints;
  Elf64_Sym *symtab, *core_symtab;
  unsigned int num_symtab, core_num_syms;
  char *strtab, *core_strtab;
#else
#ifdef MODULE_LAYOUT
  struct module_layout core_layout, init_layout;
#else
  struct module_memory mem[MOD_MEM_NUM_TYPES];
#endif
  ulong taints;
  struct mod_kallsyms *kallsyms;
  struct mod_kallsyms core_kallsyms;
#endif
};
