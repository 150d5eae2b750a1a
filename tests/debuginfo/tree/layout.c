/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Says how the compiler laid out sample.h, one member a line: the truth for the tests. */
#include "sample.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define UNUSED __attribute__((unused))

/* A bit-field has no address: the bits that change when it is filled tell where it is. */
static void print_bits(const char *path, const unsigned char *bytes, size_t size) {
  size_t first = 0, count = 0;
  for (size_t bit = 0; bit < size * 8; ++bit) {
    if ((bytes[bit / 8] >> (bit % 8) & 1) == 0) continue;
    if (count == 0) first = bit;
    ++count;
  }
  printf("bits %s %zu %zu\n", path, first, count);
}

int main(void) {
#define PLAIN(tag, type, member)                                                 \
  printf("plain " #type "." #member " %zu %zu\n", offsetof(tag type, member),   \
         sizeof(((tag type *)0)->member));
#define ARRAY(tag, type, member)                                                 \
  printf("array " #type "." #member " %zu %zu\n", offsetof(tag type, member),   \
         sizeof(((tag type *)0)->member));
#define BITS(tag, type, member)                                                  \
  {                                                                              \
    tag type value;                                                              \
    memset(&value, 0, sizeof value);                                             \
    value.member = ~value.member;                                                \
    print_bits(#type "." #member, (const unsigned char *)&value, sizeof value);  \
  }
#include "sample_paths.h"
#define SIZE(tag, type) printf("size " #type " %zu\n", sizeof(tag type));
  SIZE(struct, list_node)
  SIZE(struct, bits)
  SIZE(struct, packed_bits)
  SIZE(struct, nested_tag)
  SIZE(, nested_t)
  SIZE(, counter_t)
  SIZE(struct, arrays)
  SIZE(struct, kinds)
  SIZE(union, overlay)
  SIZE(enum, plain_enum)
  SIZE(enum, wide_enum)
  return 0;
}
