// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "debuginfo/elf_file.h"

namespace kmortem::debuginfo {

/// Another file that an ELF file says belongs to it.
struct LinkedFile {
  std::string name;      ///< may be empty, absolute, or relative to the file that names it
  std::string build_id;  ///< lower-case hexadecimal; may be empty
  std::optional<uint32_t> checksum;  ///< CRC-32 of the whole file
};

/// Where else than beside a file to look for what was split off from it.
struct DebugPlaces {
  std::vector<std::string> folders;  ///< besides /usr/lib/debug
  bool servers = false;              ///< debuginfod's, if DEBUGINFOD_URLS is set
};

/// Where the DWARF and symbols stripped from `file` are: .gnu_debuglink (objcopy
/// --add-gnu-debuglink, eu-strip -f) and the file's own build-id.
LinkedFile debug_link(const ElfFile& file);

/// The file that dwz moved common DWARF to (.gnu_debugaltlink); nothing when there is none.
std::optional<LinkedFile> alternate_link(const ElfFile& file);

/// Looks for `wanted` as gdb does: by name beside `from`, in its .debug/, and under each of
/// places.folders; by build-id in the .build-id/ of those and, if asked to, from debuginfod. The
/// file must have DWARF and that build-id, or, where one has none, that checksum. Fails with what
/// was tried, as one line without `from`'s path.
Result<std::shared_ptr<const ElfFile>> find_linked_file(const ElfFile& from,
                                                        const LinkedFile& wanted,
                                                        const DebugPlaces& places);

/// A file's name without what it is packed in: "vmlinux.debug" of "vmlinux.debug.xz".
std::string name_unpacked(const std::string& name);

/// Where the debug file with `build_id` may lie under `root`: as gdb, distributions and debuginfod
/// have it. Empty when the build-id is too short to have a place.
std::vector<std::string> build_id_places(const std::string& root, const std::string& build_id);

}  // namespace kmortem::debuginfo
