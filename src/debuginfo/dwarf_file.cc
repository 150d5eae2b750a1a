// SPDX-License-Identifier: GPL-3.0-or-later
#include "debuginfo/dwarf_file.h"

#include <utility>

namespace kmortem::debuginfo {

Result<DwarfFile::Handle> DwarfFile::open_handle(const ElfFile& file) {
  if (!file.has_debug_section(".debug_info")) return fail(file.path() + ": has no DWARF");
  const auto elf = file.dwarf_handle();
  if (!elf) return std::unexpected(elf.error());
  Handle dwarf(dwarf_begin_elf(*elf, DWARF_C_READ, nullptr));
  if (dwarf == nullptr) {
    return fail(file.path() + ": its DWARF cannot be read: " + dwarf_errmsg(-1));
  }
  return dwarf;
}

Result<DwarfFile> DwarfFile::open(const ImageFiles& files) {
  auto dwarf = open_handle(*files.debug);
  if (!dwarf) return std::unexpected(dwarf.error());
  DwarfFile opened;
  opened.files_ = files;
  opened.dwarf_ = std::move(*dwarf);
  if (files.alternate == nullptr) return opened;
  // libdw would look beside the file, too, but not for a packed one, of which it sees a copy.
  auto alternate = open_handle(*files.alternate);
  if (!alternate) return std::unexpected(alternate.error());
  opened.alternate_ = std::move(*alternate);
  dwarf_setalt(opened.dwarf_.get(), opened.alternate_.get());
  return opened;
}

}  // namespace kmortem::debuginfo
