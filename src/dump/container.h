// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "dump/file_view.h"
#include "dump/physical_memory.h"

namespace kmortem::dump {

/// What a dump's file format gives, before anything is known about the kernel in it.
struct Container {
  std::unique_ptr<PhysicalMemory> memory;
  std::vector<std::byte> notes;       ///< the PT_NOTE segment's bytes; may be empty
  std::string vmcoreinfo;             ///< the note's text; empty when there is none
  std::optional<uint64_t> phys_base;  ///< as the container tells, for kernels that do not
  std::string format;                 ///< "elf", "kdump"
  std::string compression = "none";
  bool truncated = false;
  uint64_t present_bytes = 0;
  uint64_t excluded_pages = 0;
  int dump_level = -1;
  int64_t timestamp = 0;  ///< seconds since 1970, 0 when the header has none
};

/// Opens whatever `file` is; the signature decides. `cut` says that the end of the file is known
/// to be missing.
Result<Container> open_container(std::shared_ptr<const FileView> file, bool cut);

Result<Container> open_elf(std::shared_ptr<const FileView> file);
Result<Container> open_kdump(const std::shared_ptr<const FileView>& file, bool cut);

/// The text of the VMCOREINFO note among `notes`; empty without one.
std::string vmcoreinfo_note(std::span<const std::byte> notes);

}  // namespace kmortem::dump
