// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"
#include "report/rule_text.h"

namespace kmortem::report {

/// The findings as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), for tools that
/// collect findings of many analysers. Functions and lock classes are logical locations, source
/// lines physical ones; a finding without source lines is located in the dump. Never fails.
std::string report_sarif(const model::Report& report, const RuleTexts& rules);

}  // namespace kmortem::report
