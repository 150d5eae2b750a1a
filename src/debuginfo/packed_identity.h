// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "base/error.h"

namespace kmortem::debuginfo {

/// The build-id of the packed vmlinux at `path` (.xz, .zst, .gz), if it was remembered in
/// `cache_dir` and the file is the same still: by device, inode, size and times of content and
/// inode. So a second run need not unpack it. Nothing for a file that is not packed.
std::optional<std::string> remembered_build_id(const std::string& path,
                                               const std::string& cache_dir);

/// Does nothing for a file that is not packed, and where the cache cannot be written.
void remember_build_id(const std::string& path, const std::string& cache_dir,
                       const std::string& build_id);

}  // namespace kmortem::debuginfo
