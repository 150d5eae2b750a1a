// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

namespace kmortem::debuginfo {

/// The debug file with `build_id` in debuginfod's local cache, fetched if need be. Nothing unless
/// DEBUGINFOD_URLS is set, libdebuginfod is installed and a server has the file.
std::optional<std::string> fetch_from_debuginfod(const std::string& build_id);

}  // namespace kmortem::debuginfo
