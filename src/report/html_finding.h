// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "model/report.h"
#include "report/rule_text.h"

namespace kmortem::report {

/// One finding of the report as a part of the page that opens and closes, with the id "finding-N",
/// N from 1. `open` shows it opened.
std::string html_finding(const model::Report& report, size_t index, const RuleTexts& rules,
                         bool open);

}  // namespace kmortem::report
