// SPDX-License-Identifier: GPL-3.0-or-later
// A kernel image: ELF sections, symbols, DWARF types and lines, ORC tables.
#include "debuginfo/kernel_debuginfo.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace debuginfo = kmortem::debuginfo;
  const kmortem::test::MemoryFile file(data, size);
  auto opened =
      debuginfo::open_vmlinux(file.path(), {.use_cache = false, .cache_dir = "", .debug_dirs = {}});
  if (!opened) return 0;
  debuginfo::KernelDebuginfo& image = **opened;
  for (const char* name : {"task_struct", "struct lock_class", "no_such_type"}) {
    image.load_type(name);
  }
  image.load_variable("lock_classes");
  for (const char* path : {"task_struct.held_locks", "held_lock.class_idx", "lock_class.name"}) {
    (void)image.types().field(path);
  }
  for (const char* name : {"schedule", "lock_classes", "_text"}) {
    const auto address = image.symbols().find(name);
    if (!address) continue;
    (void)image.symbols().containing(*address + 1);
    for (uint64_t pc = *address; pc < *address + 32; pc += 5) image.locate(pc, true);
  }
  (void)image.orc();
  (void)image.banner();
  return 0;
}
