// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.h"
#include "model/scan_index.h"

namespace kmortem::scan {

/// What the database of a scan holds, as its HTML page shows it: bugs with what is worst and most
/// frequent first, and every dump by path. Fails with one line.
Result<model::ScanIndex> read_scan_index(const std::string& path);

}  // namespace kmortem::scan
