// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dump/bytes.h"
#include "dump/fake_physical.h"

namespace kmortem::test {

/// A machine of 8 MiB that runs a relocated kernel: enough of one to be dumped and found again.
struct FakeMachine {
  static constexpr uint64_t kRam = uint64_t{8} << 20;
  static constexpr uint64_t kImagePhysical = 0x200000;
  static constexpr uint64_t kImageVirtual = 0xffffffff82000000;
  static constexpr uint64_t kPhysBase = kImagePhysical - 0x2000000;  // wraps: negative
  static constexpr uint64_t kTopTable = kImageVirtual + 0x10000;
  static constexpr uint64_t kRoot = kImagePhysical + 0x10000;
  static constexpr uint64_t kVmalloc = 0xffffc90000000000;

  explicit FakeMachine(int paging_levels = 4);

  /// What every eight bytes hold that nothing else was written to.
  static uint64_t pattern(uint64_t physical) { return physical ^ 0x5a5a000000005a5a; }

  uint64_t direct_map() const { return levels == 5 ? 0xff11000000000000 : 0xffff888000000000; }
  std::string vmcoreinfo() const;
  /// Leaves a NUL-terminated text at a physical address.
  void put_text(uint64_t physical, const std::string& text) {
    memory.put_bytes(physical, std::as_bytes(std::span(text.c_str(), text.size() + 1)));
  }
  /// NT_PRSTATUS and a QEMU note a CPU; VMCOREINFO when asked for.
  std::vector<std::byte> notes(bool with_qemu, bool with_vmcoreinfo) const;

  int levels;
  FakePhysical memory;
};

std::vector<std::byte> make_note(std::string_view name, uint32_t type,
                                 std::span<const std::byte> description);

}  // namespace kmortem::test
