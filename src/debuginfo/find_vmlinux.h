// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"
#include "debuginfo/kernel_debuginfo.h"

namespace kmortem::debuginfo {

/// The vmlinux of the kernel with `build_id` (hexadecimal; may be empty) and `release` (may be
/// empty), also packed or split: beside the dump, in options.debug_dirs, in the system's places,
/// and from debuginfod if DEBUGINFOD_URLS is set. A candidate with another build-id is passed over;
/// without a build-id to compare, so is one whose release differs. Fails with one line that lists
/// what was tried.
Result<std::string> find_vmlinux(const std::string& build_id, const std::string& release,
                                 const std::string& dump_path, const OpenOptions& options = {});

}  // namespace kmortem::debuginfo
