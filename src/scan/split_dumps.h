// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace kmortem::scan {

/// The files of one split dump (makedumpfile --split), by what they hold.
using SplitFiles = std::vector<std::string>;

/// The split dumps whose parts lie in `folder`, whoever's share of a scan they are. Of files that
/// hold the same part only the first by name counts.
std::vector<SplitFiles> split_dumps_in(const std::string& folder);

}  // namespace kmortem::scan
