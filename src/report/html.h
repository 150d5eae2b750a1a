// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"
#include "report/rule_text.h"

namespace kmortem::report {

/// The whole report as one self-contained HTML file for people: it loads nothing, is readable
/// without its script, and follows the reader's light or dark setting. `rules` adds to each finding
/// what its rule means.
std::string report_html(const model::Report& report, const RuleTexts& rules);

}  // namespace kmortem::report
