// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace kmortem::debuginfo {

/// The vmlinux of the kernel with `build_id` (hexadecimal; may be empty) and `release` (may be
/// empty): beside the dump, in `debug_dirs`, in the system's places, and from debuginfod if
/// DEBUGINFOD_URLS is set. A candidate with another build-id is passed over; without a build-id
/// to compare, so is one whose release differs. Fails with one line that lists what was tried.
Result<std::string> find_vmlinux(const std::string& build_id, const std::string& release,
                                 const std::string& dump_path,
                                 const std::vector<std::string>& debug_dirs);

}  // namespace kmortem::debuginfo
