/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kind of type that DWARF can describe for C; the compiler says what is right. */
#ifndef SAMPLE_H
#define SAMPLE_H

/* Link-time optimisation would drop what nobody calls. */
#define KEEP __attribute__((used))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u32 chained_t;
typedef const volatile chained_t qualified_t;

struct list_node {
  struct list_node *next, *prev;
};

struct defined_elsewhere;

enum plain_enum { PLAIN_ZERO, PLAIN_FIVE = 5, PLAIN_BIG = 0xfffffff0u };
enum negative_enum { NEGATIVE_MIN = -7, NEGATIVE_ONE = -1, NEGATIVE_TEN = 10 };
enum wide_enum { WIDE_SMALL = 200, WIDE_HUGE = 0x8000000000000000ull };

struct bits {
  u64 before;
  unsigned int class_idx : 13;
  unsigned int irq_context : 2;
  unsigned int trylock : 1;
  unsigned int read : 2;
  unsigned int check : 1;
  unsigned int references : 11;
  int signed_three : 3;
  u64 wide : 40;
  u64 rest : 24;
  u8 small : 5;
  u8 level : 3;
  u16 : 0;
  u16 after_gap : 9;
};

struct __attribute__((packed)) packed_bits {
  u8 lead;
  u32 first : 20;
  u32 straddles : 20;
  u64 last : 33;
  u16 plain;
};

typedef struct {
  int counter;
} counter_t;

typedef struct nested_tag {
  struct {
    u8 deep;
    union {
      u64 as_word;
      struct {
        u16 low;
        u16 high;
      };
    };
  };
  union {
    struct list_node node;
    counter_t count;
    char bytes[24];
  } choice;
} nested_t;

struct arrays {
  char name[16];
  int matrix[3][5];
  struct list_node nodes[4];
  nested_t nested[2];
  struct bits bitmaps[7];
  void *pointers[9];
  int zero[0];
  const char *const strings[2];
  u8 flexible[];
};

struct kinds {
  _Bool flag;
  char letter;
  signed char tiny;
  float single;
  double real;
  long number;
  unsigned long unsigned_number;
  enum plain_enum plain;
  enum negative_enum negative;
  enum wide_enum wide;
  qualified_t qualified;
  _Atomic int atomic;
  volatile int busy;
  const void *anything;
  void (*callback)(struct kinds *, int);
  struct kinds *self;
  struct defined_elsewhere *elsewhere;
  struct never_defined *never;
  nested_t *typedef_pointer;
  struct list_node (*pointer_to_array)[3];
  int aligned __attribute__((aligned(64)));
};

union overlay {
  struct bits bits;
  u64 words[4];
  struct {
    u32 inside;
  } named;
};

struct empty {};

#endif
