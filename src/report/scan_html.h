// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/scan_index.h"

namespace kmortem::report {

/// The index page of a scan: which bugs, how often, on which kernels and hosts, since when, what is
/// new, and what became of each dump. One self-contained file; links only to the dumps' own
/// reports.
std::string scan_html(const model::ScanIndex& index);

}  // namespace kmortem::report
