// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/timer.h"
#include "debuginfo/kernel_debuginfo.h"
#include "dump/dump_file.h"
#include "model/dump_info.h"
#include "model/problems.h"

namespace kmortem::postmortem {

/// What to open, as the command line says it.
struct OpenRequest {
  std::vector<std::string> vmcores;  ///< one; of a split dump all parts, in any order
  std::string vmlinux;               ///< empty: found by build-id and release
  std::string profile;               ///< stands in for vmlinux
  std::vector<std::string> debug_dirs;
  bool use_cache = true;
  bool cache_once = false;  ///< see debuginfo::OpenOptions
  PhaseTimes* times = nullptr;
};

/// A dump with the debuginfo of the kernel that made it, checked against each other.
struct OpenedDump {
  std::unique_ptr<dump::DumpFile> dump;
  std::unique_ptr<debuginfo::KernelDebuginfo> debuginfo;
  std::vector<std::string> debug_dirs;  ///< as requested
  model::DebuginfoInfo debuginfo_info;
  model::Problems problems;  ///< met while opening
};

/// Where the kernel lies, from somebody who has found it out already.
struct KernelPlace {
  uint64_t kaslr_offset = 0;
  uint64_t phys_base = 0;
  std::string found_by;
};

/// Opens both. Fails with one line that says what is wrong and what to do.
Result<OpenedDump> open_dump(const OpenRequest& request);

/// The same over a dump that is open, whose files `request` need not name. With `place` nothing is
/// searched for.
Result<OpenedDump> open_over(std::unique_ptr<dump::DumpFile> dump, const OpenRequest& request,
                             const std::optional<KernelPlace>& place = {});

/// Puts a later state of the same kernel's memory in the dump's place: nothing that was read
/// through the old one is known of the new one. The debuginfo stays.
Result<void> replace_dump(OpenedDump& opened, std::unique_ptr<dump::DumpFile> dump,
                          const std::optional<KernelPlace>& place = {});

}  // namespace kmortem::postmortem
