// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/confinement.h"
#include "cli/options.h"
#include "postmortem/open_dump.h"

namespace kmortem::cli {

/// What a command still opens by name once dump and debuginfo are open: modules' files and split
/// DWARF beside what was opened or in the folders named, the output, the layout cache. Makes the
/// cache's folder if there is none: later it cannot.
ConfinementPaths paths_needed(const DumpOptions& options, const postmortem::OpenedDump& opened);

}  // namespace kmortem::cli
