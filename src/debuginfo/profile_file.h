// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"
#include "debuginfo/image_contents.h"

namespace kmortem::debuginfo {

/// Reads a profile. Its types are decoded; symbols and unwind tables stay in the mapped file if
/// they are not compressed. Fails when the file is damaged anywhere, cut off, of another version,
/// or no profile.
Result<ImageContents> read_profile_file(const std::string& path);

/// Writes `contents` to a new file beside `path` and renames it: readers see the old one or the
/// new one. `compact` compresses every section, else only those that are decoded anyway.
Result<void> write_profile_file(const ImageContents& contents, const std::string& path,
                                bool compact);

}  // namespace kmortem::debuginfo
