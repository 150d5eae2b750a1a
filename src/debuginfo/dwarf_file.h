// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <elfutils/libdw.h>

#include <memory>

#include "base/error.h"
#include "debuginfo/elf_file.h"
#include "debuginfo/image_files.h"

namespace kmortem::debuginfo {

/// libdw's view of a file's DWARF, and of the file that dwz moved the common part to.
class DwarfFile {
 public:
  /// Fails with one line: no DWARF, or none that libdw can use.
  static Result<DwarfFile> open(const ImageFiles& files);

  Dwarf* handle() const { return dwarf_.get(); }
  /// The file that has the contents, which may be another one; null when libelf cannot use it.
  Elf* image_handle() const { return files_.image->dwarf_handle().value_or(nullptr); }

 private:
  struct DwarfEnd {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  using Handle = std::unique_ptr<Dwarf, DwarfEnd>;

  static Result<Handle> open_handle(const ElfFile& file);

  // In the order in which they may be closed, last first.
  ImageFiles files_;
  Handle alternate_;
  Handle dwarf_;
};

}  // namespace kmortem::debuginfo
