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

/// Two addresses of one byte: what good page tables lead from and to.
struct KnownMapping {
  uint64_t address = 0;
  uint64_t physical = 0;
};

/// An open vmcore, whatever its format: x86-64, ELF or kdump-compressed, flattened or not,
/// packed, piped or split. Not to be shared between threads: clone() it.
class DumpFile : public Memory {
 public:
  /// Opens `path` ("-": standard input), recognising its format by content. Fails with one line
  /// that says what is wrong: missing, a directory, empty, not a dump, another architecture.
  static Result<std::unique_ptr<DumpFile>> open(const std::string& path);

  /// Opens the files of a split dump (makedumpfile --split), in any order and not necessarily all;
  /// or the one file that there is. Fails also when they are not parts of one dump.
  static Result<std::unique_ptr<DumpFile>> open(std::span<const std::string> paths);

  /// A second view of the same dump for another thread; shares the file, not the caches.
  virtual std::unique_ptr<DumpFile> clone() const = 0;

  virtual const model::DumpInfo& info() const = 0;

  /// The value of a VMCOREINFO line ("NUMBER(phys_base)"), from the note or found in memory.
  virtual std::optional<std::string> vmcoreinfo(std::string_view key) const = 0;

  /// Copies physical memory. Same rules as read().
  virtual ReadResult<void> read_physical(uint64_t address, std::span<std::byte> out) = 0;

  /// Physical memory where it lies, for those who look at all of it: empty when there is no
  /// mapping of it in one piece, and read_physical() has to do.
  virtual std::span<const std::byte> mapped_physical(uint64_t /*address*/,
                                                     uint64_t /*length*/) const {
    return {};
  }

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

  // What a dump does not tell itself, those who have the kernel's symbols find out and put right
  // here, before anything is read through it or cloned from it.

  /// Where the kernel's image lies; `found_by` says how that is known.
  virtual void place_kernel(uint64_t /*kaslr_offset*/, uint64_t /*phys_base*/,
                            const std::string& /*found_by*/) {}

  /// Uses the page tables below the top table at physical `root` (`whose` it is goes into info())
  /// if they lead, with four levels or five, to all that is `known`; else changes nothing.
  virtual bool use_page_tables(uint64_t /*root*/, const std::string& /*whose*/,
                               std::span<const KnownMapping> /*known*/) {
    return false;
  }

  /// The direct map's beginning (page_offset_base): stands in for page tables that are lost.
  virtual void use_direct_map(uint64_t /*page_offset*/) {}

  /// Registers from the dump's notes, one entry a CPU note; empty when it has none.
  virtual std::span<const CpuRegisters> registers() const { return {}; }
};

}  // namespace kmortem::dump
