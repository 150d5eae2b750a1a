// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/frame.h"

namespace kmortem::report {

/// The words of docs/json.md for `found_by` and `context`.
const char* found_by_text(model::FoundBy found_by);
const char* context_text(model::Context context);

}  // namespace kmortem::report
