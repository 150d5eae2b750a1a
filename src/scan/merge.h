// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace kmortem::scan {

/// Puts what the databases `from` hold into the one at `into`, which is made if it is not there.
/// Where two know the same dump, the later state of its file counts, then the result that got
/// further, then the later one. So neither the order of the inputs matters nor whether one is
/// merged twice. An input that cannot be used ends it with one line; those before it are merged.
Result<void> merge_databases(const std::string& into, const std::vector<std::string>& from);

}  // namespace kmortem::scan
