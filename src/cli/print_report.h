// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "cli/options.h"
#include "model/report.h"

namespace kmortem::cli {

/// The whole report in the format that was asked for, redacted if that was asked for too.
std::string print_report(model::Report report, const DumpOptions& options);

}  // namespace kmortem::cli
