// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "cli/options.h"
#include "model/report.h"
#include "report/rule_text.h"

namespace kmortem::cli {

/// What every rule means, for the formats that have it beside the findings.
report::RuleTexts rule_texts();

/// The whole report in the format that was asked for, redacted if that was asked for too.
std::string print_report(model::Report report, const DumpOptions& options);

}  // namespace kmortem::cli
