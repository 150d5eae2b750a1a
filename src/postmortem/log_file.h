// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"

namespace kmortem::postmortem {

/// The text of a log file, "-" for standard input; packed files (gzip, xz, zstd, bzip2, lz4) are
/// unpacked. Fails with one line: missing, empty, a dump, or more than a log can be.
Result<std::string> read_log_file(const std::string& path);

/// True when `path` can be opened and holds text, packed or not: a log, not a dump. Never true for
/// what can be read only once.
bool is_log_file(const std::string& path);

}  // namespace kmortem::postmortem
