// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kmortem::debuginfo {

struct Symbol {
  std::string_view name;  ///< lives as long as the table
  uint64_t address = 0;   ///< at run time, KASLR slide applied (per-cpu offsets are never slid)
  uint64_t size = 0;      ///< bytes; the distance to the next symbol where ELF says 0
};

/// The kernel image's symbols (vmlinux's .symtab, or a profile's copy of it). Modules' symbols
/// are the dump's own business (kernel/modules).
class SymbolTable {
 public:
  virtual ~SymbolTable() = default;

  /// The run-time address of `name`; of several local symbols of one name, the first.
  virtual std::optional<uint64_t> find(std::string_view name) const = 0;

  /// The symbol that `address` (run time) falls into: functions and objects of the kernel image,
  /// preferring a global or a function where several start at one address, as kallsyms does.
  virtual std::optional<Symbol> containing(uint64_t address) const = 0;

  /// The per-cpu variable at `offset` in each CPU's area, for kernels whose per-cpu symbols are
  /// zero-based (x86-64 up to 6.14). Elsewhere such symbols are the business of containing().
  virtual std::optional<Symbol> per_cpu_containing(uint64_t /*offset*/) const {
    return std::nullopt;
  }

  /// Sets KASLR's displacement: run-time minus link-time address of the kernel image.
  virtual void set_slide(uint64_t slide) = 0;
  virtual uint64_t slide() const = 0;
};

}  // namespace kmortem::debuginfo
