// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <memory>

#include "debuginfo/call_frames.h"

namespace kmortem::debuginfo {

/// CallFrames over libdw, which interprets the tables.
class DwarfCallFrames : public CallFrames {
 public:
  /// `dwarf`: may have .debug_frame; `image`: may have .eh_frame. Borrows both; null when neither
  /// has anything.
  static std::unique_ptr<DwarfCallFrames> open(Dwarf* dwarf, Elf* image);

  std::expected<CallerFrame, NoCaller> caller(uint64_t address, FrameValues& frame) override;

 private:
  struct CfiEnd {
    void operator()(Dwarf_CFI* cfi) const { dwarf_cfi_end(cfi); }
  };
  DwarfCallFrames() = default;

  Dwarf_CFI* debug_frame_ = nullptr;  ///< libdw's
  std::unique_ptr<Dwarf_CFI, CfiEnd> eh_frame_;
};

}  // namespace kmortem::debuginfo
