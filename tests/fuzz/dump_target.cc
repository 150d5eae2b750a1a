// SPDX-License-Identifier: GPL-3.0-or-later
// A whole dump file: ELF, kdump-compressed or flattened, opened and read here and there.
#include <array>
#include <cstddef>
#include <vector>

#include "dump/dump_file.h"
#include "memory_file.h"

namespace kmortem {
namespace {

// Where a kernel has its image, its direct map with four and five levels, vmalloc and per-cpu data.
constexpr uint64_t kPlaces[] = {0xffffffff81000000, 0xffffffff82000ff8, 0xffff888000000000,
                                0xff11000000001000, 0xffffc90000000ffc, 0xffffffffc0000000,
                                0x0000000000001000, 0xffffffffffffffff};

void read_memory(dump::DumpFile& dump) {
  std::array<std::byte, 5000> bytes;
  for (const uint64_t address : kPlaces) {
    (void)dump.read(address, bytes);
    (void)dump.read_u64(address);
    (void)dump.read_string(address);
    (void)dump.translate(address);
  }
}

void read_ranges(dump::DumpFile& dump) {
  std::vector<std::byte> page(4096);
  size_t left = 64;
  for (const auto& range : dump.physical_ranges()) {
    if (left-- == 0) break;
    if (range.begin >= range.end) abort();
    (void)dump.read_physical(range.begin, page);
    (void)dump.read_physical(range.end - 1, std::span(page).first(1));
    (void)dump.read_physical(range.end - 8, std::span(page).first(16));
  }
}

void read_all(dump::DumpFile& dump) {
  read_memory(dump);
  read_ranges(dump);
  dump.for_each_mapping(0xff00000000000000, UINT64_MAX, [](uint64_t, uint64_t, uint64_t) {});
  (void)dump.vmcoreinfo("SYMBOL(init_uts_ns)");
  (void)dump.registers();
}

}  // namespace
}  // namespace kmortem

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const kmortem::test::MemoryFile file(data, size);
  auto dump = kmortem::dump::DumpFile::open(file.path());
  if (!dump) return 0;
  kmortem::read_all(**dump);
  if (auto copy = (*dump)->clone()) kmortem::read_all(*copy);
  return 0;
}
