// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "cli/options.h"

namespace kmortem::cli {

/// `kmortem analyze --log FILE`: the post-mortem that a text log allows. Returns the exit code.
int analyze_log(const std::string& path, const DumpOptions& options);

/// `kmortem log --splats FILE` of a text log.
int print_log_splats(const std::string& path, const DumpOptions& options);

}  // namespace kmortem::cli
