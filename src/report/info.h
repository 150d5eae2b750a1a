// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/confinement.h"
#include "model/snapshot.h"
#include "report/style.h"

namespace kmortem::report {

/// What the dump is, what kernel died in it, how well the debuginfo fits, what is missing, and how
/// the process that read it was confined.
std::string info_text(const model::Snapshot& snapshot, const ConfinementState& confinement,
                      const TextOptions& options = {});
std::string info_json(const model::Snapshot& snapshot, const ConfinementState& confinement);

}  // namespace kmortem::report
