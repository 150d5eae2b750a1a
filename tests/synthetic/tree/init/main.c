/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who the kernel says it is, and its page tables. */
#include "base.h"

KEEP struct uts_namespace init_uts_ns = {
    {"Linux", "synthetic", RELEASE, "#1 SMP", "x86_64", "(none)"}};
KEEP const char linux_banner[] = "Linux version " RELEASE " (kmortem@tests) #1 SMP\n";
HEAP char synthetic_command_line[] = "root=/dev/vda quiet";
KEEP char* saved_command_line = synthetic_command_line;
KEEP ulong tainted_mask = 1 << 12;
#if defined(HASH_OF_LISTS)
KEEP __attribute__((aligned(4096))) ulong init_level4_pgt[512] = {0};
#else
KEEP __attribute__((aligned(4096))) ulong init_top_pgt[512] = {0};
#endif
#ifdef HAS_PAGE_OFFSET_BASE
KEEP ulong page_offset_base = PAGE_OFFSET;
KEEP ulong vmalloc_base = 0xffffc90000000000, vmemmap_base = 0xffffea0000000000;
#endif
/* An IDT of its own page, as crash looks for one. */
KEEP __attribute__((aligned(4096))) ulong idt_table[512] = {0x8e0000101000};
KEEP __attribute__((aligned(4096))) ulong synthetic_page_after_idt[1] = {1};
KEEP char __vmcoreinfo_text[4096] = {0};
