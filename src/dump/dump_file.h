// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dump/memory.h"
#include "dump/physical_memory.h"
#include "dump/registers.h"
#include "model/dump_info.h"

namespace kmortem::dump {

/// An open vmcore, whatever its format: x86-64, ELF or kdump-compressed, flattened or not.
/// Not to be shared between threads: clone() it.
class DumpFile : public Memory {
 public:
  /// Opens `path`, recognising its format by content. Fails with one line that says what is wrong:
  /// missing, a directory, empty, not a dump, another architecture.
  static Result<std::unique_ptr<DumpFile>> open(const std::string& path);

  /// A second view of the same dump for another thread; shares the file, not the caches.
  virtual std::unique_ptr<DumpFile> clone() const = 0;

  virtual const model::DumpInfo& info() const = 0;

  /// The value of a VMCOREINFO line ("NUMBER(phys_base)"), from the note or found in memory.
  virtual std::optional<std::string> vmcoreinfo(std::string_view key) const = 0;

  /// Copies physical memory. Same rules as read().
  virtual ReadResult<void> read_physical(uint64_t address, std::span<std::byte> out) = 0;

  /// The physical memory that the dump holds, ascending, excluded pages left out.
  virtual std::vector<PhysicalRange> physical_ranges() const = 0;

  /// The physical address behind a kernel virtual one.
  virtual ReadResult<uint64_t> translate(uint64_t address) = 0;

  /// Mapped runs of the kernel's page tables in [begin, end): calls `visit(virtual, physical,
  /// length)` in ascending virtual order. Damaged or missing tables are skipped; returns how many
  /// table pages could not be read.
  virtual uint64_t for_each_mapping(
      uint64_t begin, uint64_t end,
      const std::function<void(uint64_t, uint64_t, uint64_t)>& visit) = 0;

  /// Registers from the dump's notes, one entry a CPU note; empty when it has none.
  virtual std::span<const CpuRegisters> registers() const { return {}; }
};

}  // namespace kmortem::dump
