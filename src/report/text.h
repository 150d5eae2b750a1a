// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"
#include "report/style.h"

namespace kmortem::report {

/// The whole report for a person: header, findings with story, fix and evidence, problems.
std::string report_text(const model::Report& report, const TextOptions& options = {});

/// What could not be read, a line each; one line that says so when there is nothing.
std::string problems_text(const model::Problems& problems, const TextOptions& options = {});

}  // namespace kmortem::report
