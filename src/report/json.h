// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/report.h"

namespace kmortem::report {

/// The name of the JSON contract; docs/json.md is its text.
inline constexpr const char* kJsonSchema = "kmortem-report/1";

/// The whole report as JSON. Bytes that are not UTF-8 become U+FFFD; never fails.
std::string report_json(const model::Report& report);

}  // namespace kmortem::report
