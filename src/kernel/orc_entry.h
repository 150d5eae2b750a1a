// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "debuginfo/type_table.h"

namespace kmortem::kernel {

/// One struct orc_entry (arch/x86/include/asm/orc_types.h), whatever the kernel's bits for it: how
/// to get from a place in the code to its caller's stack.
struct OrcEntry {
  /// ORC_REG_*, whose numbers have been the same since 4.14.
  enum class Base : uint8_t {
    undefined,
    prev_sp,
    dx,
    di,
    bp,
    sp,
    r10,
    r13,
    bp_indirect,
    sp_indirect,
    unknown,
  };
  enum class Kind : uint8_t {
    undefined,     ///< objtool did not look at this code
    end_of_stack,  ///< a thread's first frame
    call,          ///< a return address below the previous sp
    regs,          ///< a whole pt_regs at the previous sp
    regs_partial,  ///< what iret takes: the end of a pt_regs
    unknown,
  };
  Kind kind = Kind::undefined;
  Base sp_base = Base::undefined;
  Base bp_base = Base::undefined;
  int32_t sp_offset = 0;
  int32_t bp_offset = 0;
  bool signal = false;  ///< what it leads to was interrupted there: no call lies before it
};

/// Where struct orc_entry keeps what, from DWARF. Its generations are told apart by their bits:
/// `type:2` (4.14) with an `end` (4.18) and a `signal` bit (6.3), `type:3` without `end` (6.4).
class OrcLayout {
 public:
  OrcLayout() = default;  ///< of a kernel without ORC
  explicit OrcLayout(const debuginfo::TypeTable& types);

  bool usable() const { return size_ != 0; }
  uint64_t size() const { return size_; }  ///< bytes of one entry: 6

  OrcEntry decode(std::span<const std::byte> bytes) const;

 private:
  using Field = debuginfo::Field;
  OrcEntry::Kind kind_of(uint64_t type, bool end, OrcEntry::Base sp_base) const;

  std::optional<Field> sp_offset_, bp_offset_, sp_reg_, bp_reg_, type_, end_, signal_;
  uint64_t size_ = 0;
};

}  // namespace kmortem::kernel
