// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "model/report.h"

namespace kmortem::report {

/// The grade as every format writes it: "proven", "inferred", "stale", "unknown".
std::string_view grade_text(model::Grade grade);

}  // namespace kmortem::report
