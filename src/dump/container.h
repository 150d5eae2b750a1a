// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "dump/file_view.h"
#include "dump/physical_memory.h"

namespace kmortem::dump {

/// Page frames [begin, end).
struct FrameRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// What a file of `makedumpfile --split` says of the whole that it is a part of.
struct SplitPart {
  FrameRange frames;        ///< whose pages this file has
  uint64_t max_frame = 0;   ///< of the machine
  uint64_t ram_frames = 0;  ///< of the machine; 0 when not recorded
  std::string identity;     ///< alike in all parts of one dump, different in another's
  /// How many of some frames were dumped, into whichever part; all parts have the whole bitmap.
  std::function<uint64_t(FrameRange)> dumped;
};

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
  std::optional<SplitPart> part;
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
