// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace kmortem {

namespace {

// Address space, not memory: pages count when they are written to.
constexpr int kGrowth = 32 << 20;
constexpr int kKept = 1 << 30;
constexpr uintptr_t kPageSize = 4096;

}  // namespace

void prepare_heap() {
  mallopt(M_TOP_PAD, kGrowth);
  mallopt(M_TRIM_THRESHOLD, kKept);
  mallopt(M_MMAP_THRESHOLD, kGrowth);
  const auto before = reinterpret_cast<uintptr_t>(sbrk(0));
  // Too large for what the start of the program left free: the heap grows here. Volatile, or
  // the compiler leaves out an allocation that nobody uses.
  void* volatile block = std::malloc(size_t{1} << 20);
  std::free(block);
  const auto after = reinterpret_cast<uintptr_t>(sbrk(0));
  const uintptr_t begin = (before + kPageSize - 1) & ~(kPageSize - 1);
  if (after <= begin || after - begin > uintptr_t{kKept}) return;
  madvise(reinterpret_cast<void*>(begin), after - begin, MADV_HUGEPAGE);
}

}  // namespace kmortem
