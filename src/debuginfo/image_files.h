// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/error.h"
#include "debuginfo/elf_file.h"
#include "debuginfo/linked_file.h"

namespace kmortem::debuginfo {

/// A kernel image's file or, where distributions split it, its two files.
struct ImageFiles {
  std::shared_ptr<const ElfFile> image;  ///< has the contents: linux_banner, ORC tables
  std::shared_ptr<const ElfFile> debug;  ///< has the DWARF; the same where there is one file
  /// Has the part of the DWARF that dwz found in several files; null where it moved none.
  std::shared_ptr<const ElfFile> alternate;

  /// The one that has .symtab; `debug` when none has.
  const std::shared_ptr<const ElfFile>& with_symbols() const;
  /// False when the contents are in neither: a debug file without the vmlinux it belongs to.
  bool has_contents() const;
};

/// `file` and what belongs to it.
/// Fails with one line when there is no DWARF anywhere, or when dwz moved a part of it, without
/// which most types have no name, to a file that is not found.
Result<ImageFiles> complete_image(std::shared_ptr<const ElfFile> file, DebugPlaces places);

/// False for a file whose sections' contents were split off from its DWARF (objcopy
/// --only-keep-debug, eu-strip -f): its text is NOBITS.
bool has_contents(const ElfFile& file);

}  // namespace kmortem::debuginfo
