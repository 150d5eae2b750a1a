// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// What the dump is, what kernel died in it, how well the debuginfo fits, and what is missing.
std::string info_text(const model::Snapshot& snapshot, const TextOptions& options = {});
std::string info_json(const model::Snapshot& snapshot);

}  // namespace kmortem::report
