/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all units share. Which structures a kernel has is said by versions/KERNEL.h. */
#pragma once
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long ulong;

struct list_head {
  struct list_head *next, *prev;
};
struct hlist_node {
  struct hlist_node *next, **pprev;
};
struct hlist_head {
  struct hlist_node *first;
};
typedef struct {
  int counter;
} atomic_t;
typedef struct {
  long counter;
} atomic_long_t;

#define SECTION(name) __attribute__((used, section(name)))
/* What the running kernel allocated: mapped at PAGE_OFFSET, or where modules go. */
#define HEAP SECTION(".heap")
#define VMALLOC SECTION(".vmalloc")
#define MODULE_DATA SECTION(".module.data")
#define KEEP __attribute__((used))
#define TEXT __attribute__((used, noinline))

#define B(...) {__VA_ARGS__}
#ifdef NO_SMP
#define PERCPU(type, name, zero, one) KEEP type name = zero
#else
/* The variable as the linker placed it, and the copies of two CPUs: builder.py checks that they
 * lie at the same offset of each area. */
#define PERCPU(type, name, zero, one)                       \
  SECTION(".data..percpu") type name;                       \
  static SECTION(".percpu0") type synthetic0_##name = zero; \
  static SECTION(".percpu1") type synthetic1_##name = one
#endif

#define ADDRESS(symbol) ((ulong) & (symbol))

struct new_utsname {
  char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};
struct uts_namespace {
  struct new_utsname name;
};
extern struct uts_namespace init_uts_ns;
