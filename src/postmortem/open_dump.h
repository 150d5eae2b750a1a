// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
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

/// Opens both. Fails with one line that says what is wrong and what to do.
Result<OpenedDump> open_dump(const OpenRequest& request);

}  // namespace kmortem::postmortem
