// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "model/report.h"

namespace kmortem::report {

/// "error", "warning", "note": also the name of the CSS class.
std::string_view severity_word(model::Severity severity);

/// A small label that says how bad a finding is.
std::string severity_badge(model::Severity severity);

/// A small label that says how sure a conclusion is, with what the grade means as its tooltip.
std::string grade_badge(model::Grade grade);

/// One figure of a page's head: a number and what it counts, marked with a CSS class when `kind` is
/// not empty.
std::string headline_figure(uint64_t number, std::string_view what, std::string_view kind = {});

}  // namespace kmortem::report
