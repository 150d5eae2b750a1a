/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One module, sample_mod, whose own symbols are in the dump alone. */
#include "module.h"
#include "lockdep.h"

#ifndef NO_MODULES
#define TEXT_SIZE 0x1000
#define DATA_SIZE 0x2000
extern char synthetic_module_text[TEXT_SIZE];
SECTION(".module.text") char synthetic_module_text[TEXT_SIZE] = {0x90};
MODULE_DATA struct lock_class_key synthetic_module_key;
MODULE_DATA char synthetic_module_cache_name[] = "cache_mutex";

KEEP struct list_head modules;
MODULE_DATA Elf64_Sym synthetic_symtab[3] = {
    {0},
    {1, 2, 0, 1, (u64)synthetic_module_text + 0x10, 0x40},
    {13, 1, 0, 2, (u64)&synthetic_module_key, sizeof(synthetic_module_key)},
};
MODULE_DATA char synthetic_strtab[] = "\0cache_refill\0cache_key";
/* Until 5.1 is_core_symbol()'s letter overwrote st_info; since, it has a table of its own. */
MODULE_DATA char synthetic_typetab[] = "\0td";
#if !defined(MODULE_CORE)
extern struct mod_kallsyms synthetic_kallsyms;
#endif
MODULE_DATA struct module synthetic_module = {
    .state = MODULE_STATE_LIVE,
    .list = {&modules, &modules},
    .name = "sample_mod",
    .taints = 1 << 12,
#ifdef MODULE_CORE
    .module_core = synthetic_module_text, .core_size = TEXT_SIZE + DATA_SIZE,
    .core_text_size = TEXT_SIZE,
    .symtab = synthetic_symtab, .num_symtab = 3, .strtab = synthetic_strtab,
#elif defined(MODULE_LAYOUT)
    .core_layout = {synthetic_module_text, TEXT_SIZE + DATA_SIZE, TEXT_SIZE},
    .kallsyms = &synthetic_kallsyms,
#else
    .mem = {[MOD_TEXT] = {synthetic_module_text, TEXT_SIZE},
            [MOD_DATA] = {synthetic_module_text + TEXT_SIZE, DATA_SIZE}},
    .kallsyms = &synthetic_kallsyms,
#endif
};
#if !defined(MODULE_CORE)
MODULE_DATA struct mod_kallsyms synthetic_kallsyms = {synthetic_symtab, 3, synthetic_strtab, synthetic_typetab};
#endif
KEEP struct list_head modules = {&synthetic_module.list, &synthetic_module.list};
KEEP struct mutex { int unused; } module_mutex;
#else
MODULE_DATA struct lock_class_key synthetic_module_key;
SECTION(".module.text") char synthetic_module_text[0x1000] = {0x90};
#endif
TEXT int module_loads(struct module* module) { return module != 0 && module->name[0] != 0; }
